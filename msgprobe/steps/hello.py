"""The ClientHello in other shapes (RFC 8446 §4.1.2): cut, large, or with another fingerprint."""

import ssl

from msgprobe.model.hello import Hello

PADDING = 0x10
"""OpenSSL ``SSL_OP_TLSEXT_PADDING``: pads the hello to 512 bytes (517 with the record header)."""

PAUSE = 0.05
"""Seconds between the two halves of a ClientHello, so that no kernel joins them again."""

LARGE_BOUND = 2048
"""More than a large ClientHello takes beyond a usual one."""

_PADDING = tuple(f"x-{'padding-' * 25}{n}" for n in range(8))
"""Names of application protocols that nobody speaks; a server ignores what it does not know
(RFC 7301 §3.2). Together 1.7 kB: more than one segment of any Ethernet path."""

_SHARE = 1260
"""Bytes that a post-quantum share takes, and more: as many of application protocols are offered, by
naming the same ones many times over, for a ClientHello as long as one that has it."""

_OTHER_CIPHERS = "ECDHE+CHACHA20:ECDHE+AESGCM:ECDHE+AES:!SHA1"
_OTHER_CURVE = "prime256v1"
"""The curve that RFC 8446 §9.1 obliges every server to know."""

_NO_ENCRYPT_THEN_MAC = 0x80000
"""OpenSSL ``SSL_OP_NO_ENCRYPT_THEN_MAC``: leaves out that extension; Python does not name it."""


def disguise(context: ssl.SSLContext) -> None:
    """Make ``context`` greet as another program would: its fingerprint (JA3) is another one."""
    context.set_ciphers(_OTHER_CIPHERS)
    context.set_ecdh_curve(_OTHER_CURVE)
    context.options |= ssl.OP_NO_TICKET | _NO_ENCRYPT_THEN_MAC
    context.options &= ~PADDING  # which Python's own defaults contain


def post_quantum() -> bool:
    """This OpenSSL's usual groups bring a post-quantum share (X25519MLKEM768, since 3.5)."""
    return ssl.OPENSSL_VERSION_INFO[:2] >= (3, 5)


def offered(alpn: tuple[str, ...], hello: Hello) -> tuple[str, ...]:
    """The application protocols to offer in a ClientHello of that shape."""
    if hello is Hello.MODERN and not post_quantum():
        # No server minds, and it names nothing strange.
        usual = alpn or ("http/1.1",)
        return usual * (_SHARE // sum(1 + len(one) for one in usual))
    return (*alpn, *_PADDING) if hello is Hello.LARGE else alpn


def pieces(data: bytes, server_name: str | None, hello: Hello) -> tuple[bytes, ...]:
    """What is handed to the kernel at a time: all at once, or cut in the middle of the name.

    A ClientHello that names nobody, or in another spelling, is cut in the middle.
    """
    if hello is not Hello.SPLIT or len(data) < 2:
        return (data,)
    name = (server_name or "").encode("ascii", "replace")
    at = data.find(name) if name else -1
    cut = len(data) // 2 if at < 0 else at + max(1, len(name) // 2)
    return data[:cut], data[cut:]
