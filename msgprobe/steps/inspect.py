"""This machine's own account of its connection. Sends nothing."""

import ipaddress
import ssl

from msgprobe.model.observation import LocalObservation
from msgprobe.steps.classify import errno_name
from msgprobe.steps.context import StepContext
from msgprobe.steps.machine import TUNNELS

# Public literals (a.root-servers.net) that the kernel is asked for a route to; nothing is sent.
_PUBLIC_4, _PUBLIC_6 = "198.41.0.4", "2001:503:ba3e::2:30"

_UNIQUE_LOCAL = ipaddress.ip_network("fc00::/7")


def inspect(ctx: StepContext) -> None:
    """Record a LocalObservation: interfaces, routes, resolvers, proxies, OpenSSL.

    Resolvers are the real addresses; whoever reports redacts.
    """
    start = ctx.now()
    machine = ctx.world.machine
    route4, errno4 = _route(ctx, _PUBLIC_4)
    route6, errno6 = _route(ctx, _PUBLIC_6)
    ctx.record(
        LocalObservation(
            transaction=ctx.transaction,
            window=ctx.window(start),
            failure=None,
            interfaces_up=machine.interfaces_up(),
            tunnel=any(d.startswith(TUNNELS) for d in machine.default_devices()),
            route4=route4,
            route6=route6,
            resolvers=machine.system_resolvers(),
            proxies=machine.proxy_variables(),
            own_roots=ctx.world.trust.own,
            openssl=ssl.OPENSSL_VERSION,
            errno4=errno4,
            errno6=errno6,
        )
    )


def _route(ctx: StepContext, address: str) -> tuple[bool, str | None]:
    """Whether the kernel would send to ``address`` from an address that can be answered."""
    try:
        source = ipaddress.ip_address(ctx.world.network.route(address).partition("%")[0])
    except PermissionError as exc:
        # A rule on this machine against the datagrams that ask: no word about other protocols.
        return True, errno_name(exc)
    except OSError as exc:
        return False, errno_name(exc)
    # Nobody outside can answer a link-local or unique local (RFC 4193) source.
    local = source.is_loopback or source.is_link_local or source.is_unspecified
    return not (local or (source.version == 6 and source in _UNIQUE_LOCAL)), None
