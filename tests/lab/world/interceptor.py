"""The boxes in the middle that speak themselves: the re-signer and the HTTP interceptor.

The middlebox sends connections to port 443 or 80 of any address to these ports of the same address;
which address was dialled is what the accepted socket calls its own.
"""

import socket
from collections.abc import Callable
from dataclasses import replace
from typing import Final

from tests.lab.content import Kind, covers
from tests.lab.world import pages
from tests.lab.world.config import HttpInterceptor, Mitm
from tests.lab.world.http import Request, Response
from tests.lab.world.servers import Servers
from tests.lab.world.talk import abort, peek, relay, streams

TLS_PORT: Final = 10443
HTTP_PORT: Final = 10080

Answer = Callable[[Request], Response | None]


async def tls(servers: Servers, sock: socket.socket, address: str) -> None:
    """Re-sign what `Mitm` names, relay the rest. Raises OSError."""
    mitm = servers.config.mitm
    seen = await _beginning(sock, mitm)
    if seen is None:
        return
    kind, name, taken = seen
    if mitm.page == "portal" and kind is not Kind.TLS:
        abort(sock)
        return
    if kind is not Kind.TLS or not taken:
        await relay(sock, address, 443)
        return
    place = servers.place(address)
    answer: Answer
    shown = name or (place.default.name if place else address)
    context = servers.pki.context(mitm.certificate or shown, mitm.issuer)
    if mitm.page == "portal":
        answer = _said(servers.to_login())
    elif mitm.page == "block":
        answer = _said(pages.block_page(name, 200))
    elif place is not None:
        answer = servers.secure(place)
    else:
        answer = _said(Response(status=502, body=b"Bad Gateway"))
    await servers.converse(await streams(sock, context), answer)


async def http(servers: Servers, sock: socket.socket, address: str) -> None:
    """Answer plain HTTP as `HttpInterceptor` says, relay the rest. Raises OSError."""
    rule = servers.config.http
    seen = await _beginning(sock, rule)
    if seen is None:
        return
    kind, name, taken = seen
    place = servers.place(address)
    if kind is not Kind.HTTP or not taken:
        await relay(sock, address, 80)
    elif rule.does == "reset":
        abort(sock)
    elif rule.does == "via":
        if place is None or place.ports.get(80) != "http":
            await relay(sock, address, 80)
            return
        plain = servers.plain(place)

        def cached(request: Request) -> Response | None:
            response = plain(request)
            return response and _with_via(response)

        await servers.converse(await streams(sock), cached)
    else:
        said = {
            "portal": servers.to_login(),
            "stub": pages.redirect(f"http://{servers.config.block_page}/?url={name or ''}"),
            "page": pages.block_page(name, rule.status),
        }[rule.does]
        await servers.converse(await streams(sock), _said(said))


async def _beginning(
    sock: socket.socket, rule: Mitm | HttpInterceptor
) -> tuple[Kind, str | None, bool] | None:
    """What is spoken, the name in it, and whether ``rule`` is about that; None: nothing came."""
    kind, name, first = await peek(sock)
    if not first:
        return None
    return kind, name, covers(rule.names, name) and not (name and covers(rule.exempt, name))


def _said(response: Response) -> Answer:
    return lambda request: response


def _with_via(response: Response) -> Response:
    via = ("Via", "1.1 cache.isp.example (squid/5.7)")
    return replace(response, headers=(*response.headers, via))
