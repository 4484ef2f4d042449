"""What is fuzzed: every codec of the list that CI uses, the steps that hold a codec of others', and
the files that others may have written.

Each takes any bytes and returns, or raises one of ``REFUSALS``, whose text says why.
"""

from collections.abc import Callable
from importlib import import_module
from typing import Final

from msgprobe.catalog.error import CatalogError
from msgprobe.report.document import SavedRunError
from msgprobe.sealing.error import PackageError
from msgprobe.wire.error import WireError
from tests.fuzz import frames
from tests.fuzz.mutate import Mutator, json_document, toml_document
from tests.wire.codecs import CODECS

REFUSALS: Final = (WireError, CatalogError, SavedRunError, PackageError)
"""How bad input is refused; each reaches a user as one line."""

Target = Callable[[bytes], object]


def _in(module: str, name: str) -> Target:
    """Imported when it is first called: a fuzzer begins sooner without the others' libraries."""
    found: list[Target] = []

    def target(data: bytes) -> object:
        if not found:
            found.append(getattr(import_module(f"tests.fuzz.{module}"), name))
        return found[0](data)

    return target


TARGETS: Final[dict[str, Target]] = {
    **CODECS,
    "dns over TCP": _in("streams", "dns_tcp"),
    "http1": _in("streams", "http1"),
    "http2": _in("streams", "http2"),
    "http2 settled": _in("streams", "http2_settled"),
    "http2 headers": _in("streams", "http2_headers"),
    "package": _in("documents", "package"),
    "proxy socks5": _in("streams", "socks5"),
    "proxy http": _in("streams", "connect"),
    "quic handshake": _in("quic", "datagrams"),
    "quic handshake, initial": _in("quic", "initials"),
    "quic handshake, secured": _in("quic", "secured"),
    "saved run": _in("documents", "saved_run"),
    "saved run, judged": _in("documents", "judged_run"),
    "stamp reply": _in("documents", "stamp_reply"),
    "target file": _in("documents", "target_file"),
    "target file, planned": _in("documents", "planned_file"),
    "websocket answer": _in("streams", "answer"),
    "websocket frames": _in("streams", "frames"),
}

FIRST: Final = (b"", b"\0" * 99, b"HTTP/1.1 200 OK\r\n\r\n", b"{}")
"""What is tried before anything is watched, so that all is imported: an upgrade that is taken, a
page, an empty file."""

MUTATORS: Final[dict[str, Mutator]] = {
    "der": frames.der,
    "dns": frames.dns,
    "dns over TCP": frames.pieces,
    "http2": frames.http2,
    "http2 settled": frames.http2,
    "quic handshake": frames.pieces,
    "quic handshake, initial": frames.pieces,
    "quic handshake, secured": frames.pieces,
    "saved run": json_document,
    "saved run, judged": json_document,
    "stamp reply": frames.der,
    "target file": toml_document,
    "target file, planned": toml_document,
    "websocket frames": frames.websocket,
}

LARGEST: Final = dict.fromkeys(
    ("package", "saved run", "saved run, judged", "target file", "target file, planned"), 64 * 1024
)
"""Octets of an input, where a small one would not be whole."""

USUAL: Final = 4096
"""Octets of any other input, at most."""


_PARTS: Final = {
    "mtproto transport": ("abridged", "full", "intermediate", "obfuscated"),
    "mtproto proof": ("pq", "server"),
    "noise chain": ("chain",),
    "quic handshake": ("handshake",),
    "saved run": ("run",),
    "target file": ("file",),
}
"""Codecs whose name is not the first word of their targets' names, by their second word."""


def codec(target: str) -> str:
    """What the counts of several targets add up to: "dns" for "dns body"."""
    first, _, rest = target.replace(",", "").partition(" ")
    second = rest.partition(" ")[0]
    for name, words in _PARTS.items():
        if name.startswith(first) and second in words:
            return name
    return first
