"""What the other messengers' web servers say to strangers, as far as their descriptions tell."""

import base64
import json
from typing import Final

from tests.lab.world.http import Request, Response

_JSON: Final = "application/json"


def _json(status: int, value: object, *headers: tuple[str, str]) -> Response:
    body = json.dumps(value, separators=(",", ":")).encode()
    return Response(status=status, body=body, content_type=_JSON, headers=headers)


def _missing() -> Response:
    return Response(status=404, body=b"Not Found", content_type="text/plain")


def discord(request: Request, now_ms: int) -> Response:
    """Get Gateway needs no token; everything else of the API does."""
    if request.path == "/api/v10/gateway":
        return _json(200, {"url": "wss://gateway.discord.gg"})
    if request.path.startswith("/api/"):
        return _json(401, {"message": "401: Unauthorized", "code": 0})
    return Response(body=b"<!DOCTYPE html><html><head><title>Discord</title></head></html>")


def discord_media(request: Request, now_ms: int) -> Response:
    """Avatars are public."""
    if request.path.startswith("/embed/avatars/"):
        return Response(body=b"\x89PNG\r\n\x1a\n" + bytes(2000), content_type="image/png")
    return _missing()


def matrix(request: Request, now_ms: int) -> Response:
    """data/api/client-server/versions.yaml; without a token all else is M_MISSING_TOKEN."""
    if request.path == "/_matrix/client/versions":
        features = {"org.matrix.label_based_filtering": True}
        return _json(200, {"versions": ["r0.6.1", "v1.1", "v1.11"], "unstable_features": features})
    return _json(401, {"errcode": "M_MISSING_TOKEN", "error": "Missing access token"})


def matrix_org(request: Request, now_ms: int) -> Response:
    """Discovery (matrix-spec, "Server discovery")."""
    if request.path == "/.well-known/matrix/client":
        server = {"base_url": "https://matrix-client.matrix.org"}
        return _json(200, {"m.homeserver": server, "m.identity_server": {"base_url": ""}})
    return Response(body=b"<html><head><title>Matrix.org</title></head></html>")


def wire(request: Request, now_ms: int) -> Response:
    """docs/src/developer/developer/api-versioning.md; without a token 401."""
    if request.path == "/api-version":
        told = {"development": [9], "domain": "wire.com", "federation": False, "supported": [0, 8]}
        return _json(200, told)
    return _json(401, {"code": 401, "label": "missing-auth", "message": "Missing auth"})


def zalo_servers(request: Request, now_ms: int) -> Response:
    """Without a session an error number."""
    return _json(200, {"error_code": 102, "error_message": "Session invalid", "data": None})


def zalo_login(request: Request, now_ms: int) -> Response:
    """The login page, and what its script asks by POST."""
    if request.path == "/account/logininfo":
        if request.method != "POST":
            return Response(status=405, body=b"Method Not Allowed", content_type="text/plain")
        return _json(200, {"error_code": 0, "error_message": "Success", "data": {"logged": False}})
    return Response(body=b'<html><script src="https://stc-zlogin.zdn.vn/main-2.js"></script>')


def vk(request: Request, now_ms: int) -> Response:
    """Without a token error 5 (api.vk.ru, and api.vk.com as long as it lasts)."""
    why = "User authorization failed: no access_token passed."
    return _json(200, {"error": {"error_code": 5, "error_msg": why, "request_params": []}})


def mastodon(request: Request, now_ms: int) -> Response:
    """content/en/methods/instance.md."""
    if request.path == "/api/v2/instance":
        return _json(200, {"domain": "mastodon.social", "title": "Mastodon", "version": "4.5.0"})
    return Response(body=b"<html><head><title>Mastodon</title></head></html>")


def zoom(request: Request, now_ms: int) -> Response:
    """Every answer can be found again by its tracking id."""
    track = ("x-zm-trackingid", f"v=2.0;clid=aw1;rid=WEB_{now_ms:x}")
    if request.host == "api.zoom.us":
        return _json(401, {"code": 124, "message": "Invalid access token."}, track)
    return Response(body=b"<html><head><title>Zoom</title></head></html>", headers=(track,))


def apple_bag(request: Request, now_ms: int) -> Response:
    """A property list whose "bag" is another one, in base64."""
    inner = (
        "<plist version='1.0'><dict><key>APNSCourierHostname</key><string>courier.push.apple.com"
        "</string><key>APNSVerifiedCourierHostname</key><string>courier.push.apple.com"
        "</string><key>APNSCourierHostcount</key><integer>50</integer></dict></plist>"
    )
    packed = base64.b64encode(inner.encode()).decode()
    text = f"<plist version='1.0'><dict><key>bag</key><data>{packed}</data></dict></plist>"
    if request.path != "/bag":
        return _missing()
    return Response(body=text.encode(), content_type="application/x-apple-plist")


def x_api(request: Request, now_ms: int) -> Response:
    """Strangers are refused by the front (vladkens/twscrape issue 272)."""
    page = (
        b"<!DOCTYPE html><html><head><title>Attention Required! | Cloudflare</title></head></html>"
    )
    return Response(status=403, body=page, headers=(("Server", "cloudflare"),))


def snapchat_duplex(request: Request, now_ms: int) -> Response:
    """No WebSocket without a token among its subprotocols."""
    return Response(status=401, body=b"", content_type="text/plain")


def line_talk(request: Request, now_ms: int) -> Response:
    """The front of LINE's Thrift services does not serve browsers."""
    return Response(status=403, body=b"", content_type="text/plain", headers=(("x-lc", "400"),))
