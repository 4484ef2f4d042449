"""Resolving: one lookup becomes one DnsObservation per family (one in all for the system's)."""

import asyncio

from msgprobe.model.failure import Failure
from msgprobe.model.observation import DnsObservation
from msgprobe.model.task import Lookup, ResolverKind
from msgprobe.steps.context import StepContext
from msgprobe.steps.dns_stream import ask_https, ask_tcp
from msgprobe.steps.dns_system import ask_system
from msgprobe.steps.dns_udp import ask_udp


async def resolve(ctx: StepContext, lookup: Lookup) -> None:
    """Ask the lookup's resolver. Raises ValueError when the resolver lacks what its kind needs."""
    resolver = lookup.resolver
    match resolver.kind:
        case ResolverKind.SYSTEM:
            await ask_system(ctx, lookup)
        case ResolverKind.DIRECT:
            named = (resolver.address, *ctx.world.system_resolvers())
            address = next(filter(None, named), None)
            if address is None:
                _record_unasked(ctx, lookup)
            else:
                await _ask_by_datagram(ctx, lookup, address)
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


def _record_unasked(ctx: StepContext, lookup: Lookup) -> None:
    """The system hides whom it asks: nobody was asked, and nothing is known."""
    for family in lookup.families:
        ctx.record(
            DnsObservation(
                transaction=ctx.transaction,
                window=ctx.window(ctx.now()),
                failure=Failure.NOT_ALLOWED,
                name=lookup.name,
                family=family,
                resolver=lookup.resolver.kind,
                resolver_name=lookup.resolver.name,
            )
        )


async def _ask_by_datagram(ctx: StepContext, lookup: Lookup, address: str) -> None:
    async with asyncio.TaskGroup() as group:
        for family in lookup.families:
            group.create_task(ask_udp(ctx, lookup, family, address))
