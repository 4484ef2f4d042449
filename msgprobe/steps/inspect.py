"""This machine's own account of its connection. Sends nothing."""

import ipaddress
import ssl

from msgprobe.model.observation import LocalObservation
from msgprobe.steps.accounts.account import PUBLIC
from msgprobe.steps.classify import errno_name
from msgprobe.steps.context import StepContext

_UNIQUE_LOCAL = ipaddress.ip_network("fc00::/7")


def inspect(ctx: StepContext) -> None:
    """Record a LocalObservation: interfaces, routes, resolvers, proxies, OpenSSL.

    Resolvers are the real addresses; whoever reports redacts.
    """
    start = ctx.now()
    machine = ctx.world.machine
    (route4, errno4), (route6, errno6) = (_route(ctx, address) for address in PUBLIC)
    ctx.record(
        LocalObservation(
            transaction=ctx.transaction,
            window=ctx.window(start),
            failure=None,
            interfaces_up=machine.interfaces_up(),
            tunnel=machine.tunnel(),
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
