"""Public keys and hashes in a check's options."""

from msgprobe.model.task import Flow


def octets(flow: Flow, option: str, *sizes: int) -> tuple[bytes, ...]:
    """The values of ``option``, hexadecimal with commas in between, each of one of ``sizes`` bytes.

    Raises ValueError when there are none or one is something else.
    """
    text = flow.option(option) or ""
    found = []
    for part in text.split(","):
        try:
            value = bytes.fromhex(part)
        except ValueError:
            value = b""
        if len(value) not in sizes:
            wanted = " or ".join(map(str, sizes))
            raise ValueError(
                f"option {option} = {text!r}: give {wanted} bytes in hexadecimal,"
                " several of them with commas"
            )
        found.append(value)
    return tuple(found)
