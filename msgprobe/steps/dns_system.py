"""Asking the system: getaddrinfo, as programs on this machine see it."""

from msgprobe.model.failure import Failure
from msgprobe.model.observation import DnsObservation
from msgprobe.model.task import Lookup
from msgprobe.steps.accounting import lookup_bytes
from msgprobe.steps.classify import classify
from msgprobe.steps.context import StepContext

RESEND_AFTER = 5.0
"""Seconds without an answer until a stub resolver asks again: resolv.conf(5), ``timeout``."""

RESENDS = 1
"""How often it asks again: resolv.conf(5), ``attempts`` less the first."""


async def ask_system(ctx: StepContext, lookup: Lookup) -> tuple[str, ...]:
    """The addresses that getaddrinfo gives; records one DnsObservation with family 0.

    getaddrinfo cannot tell "no such name" from "no such record", nor silence from SERVFAIL.
    """
    start = ctx.now()
    failure: Failure | None = Failure.INTERRUPTED
    addresses: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    sent, received = lookup_bytes(lookup.name, len(lookup.families))
    try:
        addresses, aliases = await ctx.world.network.lookup(
            lookup.name, lookup.families, timeout=ctx.remaining()
        )
        failure = None if addresses else Failure.DNS_NO_ANSWER
    except OSError as exc:
        failure = classify(exc)
    except UnicodeError:
        # getaddrinfo refuses a label of more than 63 bytes before it asks anybody.
        failure, sent, received = Failure.DNS_NXDOMAIN, 0, 0
    finally:
        answered = failure not in (Failure.TIMED_OUT, Failure.INTERRUPTED)
        asked = 1 + min(RESENDS, int((ctx.now() - start) / RESEND_AFTER))
        ctx.recorder.count(sent=sent * asked, received=received if answered else 0)
        ctx.record(
            DnsObservation(
                transaction=ctx.transaction,
                window=ctx.window(start),
                failure=failure,
                name=lookup.name,
                family=0,
                resolver=lookup.resolver.kind,
                resolver_name=lookup.resolver.name,
                addresses=addresses,
                inside=ctx.inside(addresses),
                aliases=aliases,
            )
        )
    return addresses
