"""Resolving: one lookup becomes one DnsObservation per family (one in all for the system's)."""

import asyncio

from msgprobe.model.task import Lookup, ResolverKind
from msgprobe.steps.context import StepContext
from msgprobe.steps.dns_stream import ask_https, ask_tcp
from msgprobe.steps.dns_system import ask_system
from msgprobe.steps.dns_udp import ask_udp

LOCAL_RESOLVER = "127.0.0.1"
"""Whom the system asks when no nameserver is configured (resolv.conf(5))."""


async def resolve(ctx: StepContext, lookup: Lookup) -> None:
    """Ask the lookup's resolver. Raises ValueError when the resolver lacks what its kind needs."""
    resolver = lookup.resolver
    match resolver.kind:
        case ResolverKind.SYSTEM:
            await ask_system(ctx, lookup)
        case ResolverKind.DIRECT:
            configured = ctx.world.system_resolvers() or (LOCAL_RESOLVER,)
            await _ask_by_datagram(ctx, lookup, resolver.address or configured[0])
        case ResolverKind.UDP:
            await _ask_by_datagram(ctx, lookup, _address(lookup))
        case ResolverKind.TCP:
            await ask_tcp(ctx, lookup, _address(lookup))
        case ResolverKind.DOH:
            await ask_https(ctx, lookup)


def _address(lookup: Lookup) -> str:
    if lookup.resolver.address is None:
        raise ValueError(f"resolver {lookup.resolver.name}: an address is needed")
    return lookup.resolver.address


async def _ask_by_datagram(ctx: StepContext, lookup: Lookup, address: str) -> None:
    async with asyncio.TaskGroup() as group:
        for family in lookup.families:
            group.create_task(ask_udp(ctx, lookup, family, address))
