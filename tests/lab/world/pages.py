"""What the real services answer over HTTP, as far as the facts say it."""

import functools
import hashlib
import json
from collections.abc import Callable, Iterable
from typing import Final

from tests.lab.content import covers
from tests.lab.world import answers
from tests.lab.world.hosts import Directory, Host, Place
from tests.lab.world.http import Request, Response, filler
from tests.lab.world.transfers import (
    CHANNEL_IMAGES,
    FACEBOOK_BUNDLES,
    INSTALLER,
    PAGE_BYTES,
    WEB_SCRIPTS,
    WHATSAPP_BUNDLES,
    Transfers,
)

ROBOTS: Final = b"User-agent: *\nDisallow: /\n"
_JSON: Final = "application/json"
_NGINX: Final = (("Server", "nginx/1.18.0"),)

Page = Callable[[Request, int], Response]
"""A page, given the request and the world's time in ms since 1970."""


def secure(
    directory: Directory, place: Place, transfers: Transfers, page_bytes: int
) -> Callable[[Request, int], Response]:
    """What the HTTPS server at ``place`` answers."""

    def answer(request: Request, now_ms: int) -> Response:
        host = place.host(request.host)
        if host is None:
            return Response(status=404, body=b"Not Found", headers=_NGINX)
        moved = transfers.answer(host, request)
        if moved is not None:
            return moved
        size = transfers.page_bytes(host, page_bytes)
        return _page(directory, host, request, now_ms, size)

    return answer


def plain(directory: Directory, place: Place) -> Callable[[Request, int], Response]:
    """What the plain HTTP server at ``place`` answers: sentinels theirs, others a redirect."""
    sentinels = {
        (sentinel.host, sentinel.path): sentinel
        for sentinel in directory.catalogue.controls.sentinels
    }

    def answer(request: Request, now_ms: int) -> Response:
        host = place.host(request.host)
        if host is None:
            return Response(status=404, body=b"Not Found", headers=_NGINX)
        sentinel = sentinels.get((host.name, request.target))
        if sentinel is not None:
            newline = b"\n" if sentinel.owner in ("Apple", "Mozilla") else b""
            body = sentinel.body.encode() + newline if sentinel.body else b""
            kind = "text/html" if sentinel.body.startswith("<") else "text/plain"
            return Response(status=sentinel.status, body=body, content_type=kind)
        there = f"https://{host.name}{request.target}"
        return Response(status=301, headers=(("Location", there), *_NGINX))

    return answer


def block_page(host: str | None, status: int = 403) -> Response:
    """The page of a provider that blocks."""
    body = (
        "<html><head><title>Access restricted</title></head><body><h1>Access to the requested "
        f"resource {host or ''} is restricted</h1><p>Access to this resource is restricted by "
        "decision of the authorised state body.</p></body></html>"
    )
    return Response(status=status, body=body.encode())


def login_page() -> Response:
    """The page of a captive portal."""
    return Response(
        body=b"<html><head><title>Guest Wi-Fi login</title></head><body><form method=post>"
        b"Room number <input name=room> <input type=submit value='Connect'></form></body></html>"
    )


def redirect(location: str) -> Response:
    """302 to ``location``."""
    return Response(status=302, headers=(("Location", location),))


def _page(
    directory: Directory, host: Host, request: Request, now_ms: int, page_bytes: int
) -> Response:
    for names, page in _PAGES:
        if covers(names, host.name):
            return page(request, now_ms)
    if request.path == "/robots.txt":
        return Response(body=ROBOTS, content_type="text/plain")
    if request.path == "/":
        return _html(host.name, page_bytes)
    if (host.name, request.path) == ("web.telegram.org", "/k/"):
        return _telegram_web()
    for service in directory.catalogue.services:  # paths of target files that we know nothing of
        for endpoint in service.endpoints:
            if endpoint.host == host.name and endpoint.path == request.target:
                status = endpoint.expect_status[0] if endpoint.expect_status else 200
                return Response(status=status, body=(endpoint.expect_text or "ok").encode())
    return Response(status=404, body=b"Not Found", headers=_NGINX)


@functools.lru_cache(maxsize=64)
def _html(name: str, size: int, marker: str = "") -> Response:
    """A page of about ``size`` bytes with ``marker`` among the first 10,000."""
    start = f"<!DOCTYPE html><html><head><title>{name}</title></head><body>\n"
    text = filler(name, max(0, size - len(start)))
    at = min(len(text) // 2, 9_900)
    body = start.encode() + text[:at] + marker.encode() + text[at:] + b"</body></html>"
    return Response(body=body, headers=(("Strict-Transport-Security", "max-age=31536000"),))


def _json(status: int, value: object, *headers: tuple[str, str]) -> Response:
    return Response(
        status=status, body=json.dumps(value).encode(), content_type=_JSON, headers=headers
    )


def _telegram_api(request: Request, now_ms: int) -> Response:
    if request.path.startswith("/bot"):
        why = {"error_code": 401, "description": "Unauthorized: invalid token specified"}
        body = json.dumps({"ok": False, **why}, separators=(",", ":"))
        return Response(status=401, body=body.encode(), content_type=_JSON, headers=_NGINX)
    body = '{"ok":false,"error_code":404,"description":"Not Found"}'
    return Response(status=404, body=body.encode(), content_type=_JSON, headers=_NGINX)


def _telegram_updates(request: Request, now_ms: int) -> Response:
    if not request.path.startswith("/current"):
        return Response(status=404, body=b"Not Found", headers=_NGINX)
    builds = {
        system: {"stable": {"released": "6007005", "link": f"/t{system}/t{system}upd{{version}}"}}
        for system in ("win64", "linux", "mac")
    }
    return _json(200, builds, *_NGINX)


def _telegram_web() -> Response:
    """A web client is a page that loads a small script and a big one (morethanwords/tweb)."""
    scripts = (f'<script type="module" crossorigin src="{one}"></script>' for one in WEB_SCRIPTS)
    return _html("Telegram Web", 13_000, "".join(scripts))


def _telegram_channel(request: Request, now_ms: int) -> Response:
    """The preview of a public channel: 128 kB in which posts name pictures on two CDN hosts."""
    if not request.path.startswith("/s/"):
        return Response(body=ROBOTS, content_type="text/plain", headers=_NGINX)
    avatar, *photos = CHANNEL_IMAGES
    shown = [f"https://cdn1.telesco.pe{avatar}", *(f"https://cdn4.telesco.pe{p}" for p in photos)]
    style = "<a class=photo_wrap style=\"width:800px;background-image:url('{}')\"></a>"
    face = f'<i class=page_photo><img src="https://cdn4.telesco.pe{avatar}"></i>'
    return _html("Telegram News", 127_691, face + "".join(style.format(one) for one in shown))


def _from_browser(request: Request) -> bool:
    """Meta's pages are for browsers: others get 400 (recorded in 2022, seen again in 2026)."""
    return {"sec-fetch-mode", "sec-fetch-site", "sec-fetch-dest"} <= request.headers.keys()


def _meta_page(request: Request, title: str, marker: str) -> Response:
    if request.path == "/robots.txt":
        return Response(body=ROBOTS, content_type="text/plain")
    if not _from_browser(request):
        vary = (("Vary", "Sec-Fetch-Site, Sec-Fetch-Mode"),)
        start = b"<!DOCTYPE html><html><head><title>Error</title></head><body>"
        return Response(status=400, body=start + filler(title, 1_482), headers=vary)
    return _html(title, PAGE_BYTES, marker)


def _bundles(host: str, paths: Iterable[str]) -> str:
    """As a page loads them: tags, and in scripts with escaped strokes."""
    first, *others = (f"https://{host}/rsrc.php{path}?_nc_x=Ij3" for path in paths)
    said = json.dumps(others).replace("/", "\\/")
    return f'<link rel="preload" href="{first}" as="script"><script>{{"src":{said}}}</script>'


def _whatsapp_web(request: Request, now_ms: int) -> Response:
    marker = '<script>{"client_revision":1029384756,"x":1}</script>'
    marker += _bundles("static.whatsapp.net", WHATSAPP_BUNDLES)
    return _meta_page(request, "WhatsApp Web", marker)


def _facebook(request: Request, now_ms: int) -> Response:
    marker = _bundles("static.xx.fbcdn.net", FACEBOOK_BUNDLES)
    return _meta_page(request, "Facebook", marker)


def _instagram(request: Request, now_ms: int) -> Response:
    return _meta_page(request, "Instagram", "")


def _whatsapp_register(request: Request, now_ms: int) -> Response:
    return _json(200, {"param": "authkey", "reason": "missing_param", "status": "fail"})


def _sfu(request: Request, now_ms: int) -> Response:
    """Strangers are refused where calls are, and everything else is 503 by design (api.rs)."""
    via = (("Via", "1.1 google"),)
    if request.path.startswith("/v2/conference/participants"):
        return Response(status=401, content_type="text/plain", headers=via)
    if request.path == "/health":
        return Response(status=200, content_type="text/plain", headers=via)
    return Response(status=503, content_type="text/plain", headers=via)


def _signal(request: Request, now_ms: int) -> Response:
    """Every answer of the chat service carries the header (TimestampResponseFilter.java)."""
    return _json(404, {"code": 404, "message": "HTTP 404 Not Found"}, _stamp(now_ms))


def _stamp(now_ms: int) -> tuple[str, str]:
    return ("X-Signal-Timestamp", str(now_ms))


def _signal_updates(request: Request, now_ms: int) -> Response:
    if not request.path.endswith(".yml"):
        return Response(status=403, body=b"AccessDenied", content_type="application/xml")
    digest = hashlib.sha512(b"lab").hexdigest()
    text = (
        f"version: 8.28.0\nfiles:\n  - url: {INSTALLER}\n"
        f"    sha512: {digest}\n    size: 141981864\n"
    )
    return Response(body=text.encode(), content_type="text/yaml")


def _storage(request: Request, now_ms: int) -> Response:
    return Response(
        status=403,
        body=b"<?xml version='1.0'?><Error><Code>AccessDenied</Code></Error>",
        content_type="application/xml",
        headers=(("Server", "AmazonS3"),),
    )


def _graph(request: Request, now_ms: int) -> Response:
    error = {
        "message": "An active access token must be used to query information.",
        "type": "OAuthException",
        "code": 2500,
        "fbtrace_id": "AbCdEfGhIjKlMnOpQrStUvW",
    }
    extra = (("x-fb-trace-id", "FbLabTrace1"), ("x-fb-rev", "1029384756"), ("x-fb-debug", "bGFi"))
    return _json(400, {"error": error}, *extra)


def _media(request: Request, now_ms: int) -> Response:
    """Meta's object stores answer robots.txt and nothing that is not signed."""
    if request.path == "/robots.txt":
        return Response(body=ROBOTS, content_type="text/plain")
    return Response(status=404, body=b"Not Found", content_type="text/plain")


_PAGES: Final[tuple[tuple[tuple[str, ...], Page], ...]] = (
    (("=discord.com",), answers.discord),
    (("=cdn.discordapp.com", "=media.discordapp.net"), answers.discord_media),
    (("=matrix-client.matrix.org",), answers.matrix),
    (("=matrix.org",), answers.matrix_org),
    (("=prod-nginz-https.wire.com", "=prod-nginz-ssl.wire.com"), answers.wire),
    (("=wpa.chat.zalo.me",), answers.zalo_servers),
    (("=id.zalo.me",), answers.zalo_login),
    (("=api.vk.ru", "=api.vk.com"), answers.vk),
    (("=mastodon.social",), answers.mastodon),
    (("=zoom.us", "=api.zoom.us"), answers.zoom),
    (("=init.push.apple.com",), answers.apple_bag),
    (("=api.x.com",), answers.x_api),
    (("=aws.duplex.snapchat.com",), answers.snapchat_duplex),
    (("line.naver.jp", "=legy.line-apps.com"), answers.line_talk),
    (("=api.telegram.org",), _telegram_api),
    (("=td.telegram.org",), _telegram_updates),
    (("=t.me",), _telegram_channel),
    (("=web.whatsapp.com",), _whatsapp_web),
    (("=www.facebook.com",), _facebook),
    (("=www.instagram.com",), _instagram),
    (("=sfu.voip.signal.org",), _sfu),
    (("=v.whatsapp.net",), _whatsapp_register),
    (
        (
            "mmg.whatsapp.net",
            "pps.whatsapp.net",
            "static.whatsapp.net",
            "fbcdn.net",
            "cdninstagram.com",
        ),
        _media,
    ),
    (("=chat.signal.org", "=grpc.chat.signal.org", "=cdsi.signal.org"), _signal),
    (("=updates.signal.org", "=updates2.signal.org"), _signal_updates),
    (("cdn.signal.org", "cdn2.signal.org", "cdn3.signal.org", "storage.signal.org"), _storage),
    (("=graph.facebook.com", "=b-graph.facebook.com"), _graph),
)
