"""``resolve``: one name, one resolver."""

from msgprobe.checks.base import lookup_of
from msgprobe.model.task import ResolverKind, Task
from msgprobe.model.traits import Traits, Transport
from msgprobe.steps.accounting import lookup_bytes, tcp_bound, udp_bytes
from msgprobe.steps.context import StepContext
from msgprobe.steps.http import REQUEST_BOUND
from msgprobe.steps.http_limits import TOTAL_CAP
from msgprobe.steps.resolve import resolve
from msgprobe.steps.tls import HANDSHAKE_CAP, HELLO_BOUND
from msgprobe.wire.dns_message import MAX_MESSAGE, UDP_PAYLOAD

_QUESTION_BOUND = 300
"""A name has at most 255 bytes."""

_SYSTEM_RETRIES = 4
"""resolv.conf(5): 2 attempts at each of up to 3 servers; rarely more than 4 questions in all."""

_DATAGRAMS = 4
"""Answers to one question that are likely to come at all: ours twice, and an injector's."""


class ResolveCheck:
    """Asks for the addresses of one name and records every answer."""

    name = "resolve"
    version = "1"
    title = "The addresses that a resolver gives for a name"
    traits = Traits(transport=Transport.UDP, usual_bytes=1_500)

    def max_bytes(self, task: Task) -> int:
        """By how the name is asked for."""
        lookup = lookup_of(task)
        families = len(lookup.families)
        address = lookup.resolver.address or "::"
        match lookup.resolver.kind:
            case ResolverKind.SYSTEM:
                return _SYSTEM_RETRIES * sum(lookup_bytes(lookup.name, families))
            case ResolverKind.DIRECT | ResolverKind.UDP:
                asked = 2 * udp_bytes(address, len(lookup.name) + 32)
                return families * (asked + _DATAGRAMS * udp_bytes(address, UDP_PAYLOAD))
            case ResolverKind.TCP:
                return tcp_bound(
                    address, sent=families * _QUESTION_BOUND, received=families * MAX_MESSAGE
                )
            case ResolverKind.DOH:
                sent = HELLO_BOUND + families * (REQUEST_BOUND + _QUESTION_BOUND)
                return tcp_bound(
                    address, sent=sent, received=HANDSHAKE_CAP + families * TOTAL_CAP
                ) + sum(lookup_bytes(lookup.resolver.host or "", 2))

    async def run(self, ctx: StepContext, task: Task) -> None:
        """Record one DnsObservation per family, and what carried the question."""
        await resolve(ctx, lookup_of(task))
