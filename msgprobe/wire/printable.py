"""Bytes from the network made safe to keep and to print."""


def printable(data: bytes, limit: int = 2048) -> str:
    """The first ``limit`` bytes as text: UTF-8 where it is, U+FFFD where not, no control bytes.

    Line feeds and tabs stay; every other C0, C1 or format control becomes U+FFFD, so that an
    answer can neither move a terminal's cursor nor hide text (bidirectional overrides).
    """
    text = data[:limit].decode("utf-8", "replace").replace("\r\n", "\n")
    return "".join(c if c in "\n\t" or c.isprintable() else "\ufffd" for c in text)
