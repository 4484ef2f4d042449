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
_SCRIPT: Final = "application/javascript"
WEB_SCRIPTS: Final = {"polyfill-D1w8yZ3e.js": 4_200, "index-Bq7xPz2L.js": 612_000}
INSTALLER: Final = "signal-desktop-win-x64-8.28.0.exe"
_PHOTOS: Final = {"avatar": 9_700, "one": 118_000, "two": 51_000, "three": 83_000, "four": 64_000}
CHANNEL_IMAGES: Final = {
    f"/file/{name}{'Qh5_-xT' * 46}.jpg": size for name, size in _PHOTOS.items()
}
WHATSAPP_BUNDLES: Final = {
    f"/v4/y1/r/{name}.js": size
    for name, size in (("aT3", 7_100), ("9bZ-2", 233_000), ("c_8", 54_000), ("x", 1_900))
}
FACEBOOK_BUNDLES: Final = {
    f"/v4i7M54/yq/l/en_US/{name}.js": size
    for name, size in (("sm", 2_400), ("53q", 148_000), ("Ku7", 39_000), ("_9", 310_000))
}
_STICKERS: Final = {  # the second pack has been taken down
    "/stickers/fb535407d2f6497ec074df8b9c51dd1d/full/0": 96_000,
    "/stickers/e61fa0867031597467ccc036cc65d403/full/0": 21_000,
    "/stickers/ccc89a05dc077856b57351e90697976c/full/1": 64_000,
}
# What the pages of the catalogue's assets with ``find`` name (see `pages`), and other objects whose
# sizes matter: type and bytes.
_LINKED: Final[dict[tuple[str, str], tuple[str, int]]] = {
    ("updates.signal.org", f"/desktop/{INSTALLER}"): (_BINARY, OBJECT_BYTES),
    **{("web.telegram.org", f"/k/{name}"): (_SCRIPT, size) for name, size in WEB_SCRIPTS.items()},
    **{("cdn4.telesco.pe", p): ("image/jpeg", size) for p, size in CHANNEL_IMAGES.items()},
    **{("static.whatsapp.net", f"/rsrc.php{p}"): (_SCRIPT, s) for p, s in WHATSAPP_BUNDLES.items()},
    **{("static.xx.fbcdn.net", f"/rsrc.php{p}"): (_SCRIPT, s) for p, s in FACEBOOK_BUNDLES.items()},
    **{("cdn.signal.org", path): (_BINARY, size) for path, size in _STICKERS.items()},
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
        plain = {(a.host, a.path) for a in alone if not a.path.endswith("/")}
        objects = dict.fromkeys(plain, (_BINARY, OBJECT_BYTES))
        self._uploads = {(a.host, a.path) for a in assets if a.direction is Direction.UP}
        self._neutral: set[tuple[str, str]] = set()
        self._sized: set[tuple[str, str]] = set()
        for source in catalogue.controls.sources:
            path, _, query = source.path.partition("?")
            if query == "bytes={bytes}":
                self._sized.add((source.host, path))
            else:
                objects[source.host, source.path] = (_BINARY, OBJECT_BYTES)
            if source.upload_path is not None:
                self._neutral.add((source.host, source.upload_path))
        self._objects = {**objects, **_LINKED}

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
        found = self._objects.get(where) or self._objects.get((host.name, request.target))
        if found is None:
            return None
        kind, size = found
        return _part(blob(host.name, OBJECT_BYTES)[:size], request.headers.get("range"), kind)


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
