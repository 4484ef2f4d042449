"""Big objects and uploads: what the catalogue's assets and sources give and take."""

import functools
import hashlib
import re
from dataclasses import replace
from typing import Final
from urllib.parse import parse_qs

from msgprobe.catalog.loader import Catalogue
from msgprobe.model.target import Direction
from tests.lab.world.hosts import Host
from tests.lab.world.http import Request, Response

PAGE_BYTES: Final = 300_000
"""Size of a web page that is an asset itself."""
OBJECT_BYTES: Final = 2_800_000
_LONGEST: Final = 4 << 20
_BINARY: Final = "application/octet-stream"
WEB_SCRIPT: Final = "index-Bq7xPz2L.js"
INSTALLER: Final = "signal-desktop-win-x64-8.28.0.exe"
# What the pages of the catalogue's assets with ``find`` name (see `pages`).
_LINKED: Final[dict[tuple[str, str], str]] = {
    ("web.telegram.org", f"/k/{WEB_SCRIPT}"): "application/javascript",
    ("updates.signal.org", f"/desktop/{INSTALLER}"): _BINARY,
}
_RANGE: Final = re.compile(r"bytes=(\d+)-(\d*)")


class Transfers:
    """Which requests are for big objects, and which bring one. Bodies are made when asked for."""

    def __init__(self, catalogue: Catalogue) -> None:
        every = [asset for service in catalogue.services for asset in service.assets]
        assets = [asset for asset in every if asset.pool is None]
        alone = [a for a in assets if a.direction is Direction.DOWN and a.find is None]
        pages = {(a.host, a.path) for a in alone if a.path.endswith("/")}
        self._pages = {host for host, path in pages if path == "/"}
        objects = {(a.host, a.path): _BINARY for a in alone if not a.path.endswith("/")}
        self._uploads = {(a.host, a.path) for a in assets if a.direction is Direction.UP}
        self._neutral: set[tuple[str, str]] = set()
        self._sized: set[tuple[str, str]] = set()
        for source in catalogue.controls.sources:
            path, _, query = source.path.partition("?")
            if query == "bytes={bytes}":
                self._sized.add((source.host, path))
            else:
                objects[source.host, source.path] = _BINARY
            if source.upload_path is not None:
                self._neutral.add((source.host, source.upload_path))
        self._objects = {**_LINKED, **objects}

    def page_bytes(self, host: Host, usual: int) -> int:
        """How long the page at ``/`` of ``host`` is."""
        return max(PAGE_BYTES, usual) if host.name in self._pages else usual

    def takes(self, request: Request) -> bool:
        """Whether ``request`` is an upload."""
        where = (request.host or "", request.path)
        return request.method == "POST" and (where in self._uploads or where in self._neutral)

    def answer(self, host: Host, request: Request) -> Response | None:
        """The answer of ``host``, None where ``request`` is none of its transfers."""
        where = (host.name, request.path)
        if request.method == "POST":
            if where not in self._neutral:
                return None
            if request.path == "/__up":  # made for it
                return Response(body=b"ok", content_type="text/plain")
            return Response(status=405, body=b"Not Allowed", headers=(("Allow", "GET, HEAD"),))
        if where in self._sized:
            query = parse_qs(request.target.partition("?")[2])
            return _sized(host.name, query.get("bytes", ["0"])[0])
        kind = self._objects.get(where) or self._objects.get((host.name, request.target))
        if kind is None:
            return None
        return _part(blob(host.name, OBJECT_BYTES), request.headers.get("range"), kind)


@functools.lru_cache(maxsize=16)
def blob(name: str, size: int) -> bytes:
    """``size`` random octets, the same ones for the same ``name``, made once."""
    return hashlib.shake_128(name.encode()).digest(size)


def _sized(name: str, wanted: str) -> Response:
    """As many octets as are asked for, whatever the Range: a computed answer has none."""
    size = int(wanted) if wanted.isascii() and wanted.isdigit() and len(wanted) < 12 else 0
    if size > _LONGEST:
        return Response(status=403, body=b"too much", content_type="text/plain")
    return Response(body=blob(name, _LONGEST)[:size], content_type=_BINARY)


def _part(whole: bytes, wanted: str | None, kind: str) -> Response:
    """``whole``, or the one range of it in ``wanted`` (RFC 9110 §14)."""
    full = Response(body=whole, content_type=kind, headers=(("Accept-Ranges", "bytes"),))
    asked = _RANGE.fullmatch(wanted or "")
    if asked is None:
        return full
    first = int(asked[1])
    last = min(int(asked[2]), len(whole) - 1) if asked[2] else len(whole) - 1
    if first >= len(whole):
        total = (("Content-Range", f"bytes */{len(whole)}"),)
        return replace(full, status=416, body=b"", headers=total)
    if first > last:
        return full
    where = (*full.headers, ("Content-Range", f"bytes {first}-{last}/{len(whole)}"))
    return replace(full, status=206, body=whole[first : last + 1], headers=where)
