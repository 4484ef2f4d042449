"""What a resolver said becomes a DnsObservation, however it was asked."""

from dataclasses import field

from msgprobe.model.dataclass import dataclass
from msgprobe.model.failure import Failure
from msgprobe.model.observation import DnsAnswer, DnsObservation
from msgprobe.model.task import Lookup
from msgprobe.steps.context import StepContext
from msgprobe.wire.dns_message import Reply

_BY_RCODE = {
    "NXDOMAIN": Failure.DNS_NXDOMAIN,
    "SERVFAIL": Failure.DNS_SERVFAIL,
    "REFUSED": Failure.DNS_REFUSED,
}


def reply_failure(reply: Reply) -> Failure | None:
    """The failure word for one answer. A truncated one is useless: ours are small."""
    if reply.truncated:
        return Failure.DNS_MISBEHAVING
    if reply.rcode != "NOERROR":
        return _BY_RCODE.get(reply.rcode, Failure.DNS_MISBEHAVING)
    return None if reply.addresses else Failure.DNS_NO_ANSWER


@dataclass(slots=True, kw_only=True)
class Question:
    """One question under way, and what has been heard so far; ``record`` it exactly once."""

    ctx: StepContext
    lookup: Lookup
    family: int
    address: str | None
    """Who is asked; None where only the system knows."""
    start: float
    failure: Failure | None = Failure.INTERRUPTED
    listened: float = 0.0
    answers: list[DnsAnswer] = field(default_factory=list)

    def hear(self, reply: Reply, after: float, source: str = "") -> None:
        """Take one answer; the first decides ``failure``."""
        if not self.answers:
            self.failure = reply_failure(reply)
        self.answers.append(
            DnsAnswer(
                after=after,
                rcode=reply.rcode,
                addresses=reply.addresses,
                aliases=reply.aliases,
                ttl=reply.ttl,
                source=source,
            )
        )

    def record(self) -> None:
        """Record the observation. The first answer's content stands for the whole."""
        first = self.answers[0] if self.answers else None
        self.ctx.record(
            DnsObservation(
                transaction=self.ctx.transaction,
                window=self.ctx.window(self.start),
                failure=self.failure,
                name=self.lookup.name,
                family=self.family,
                resolver=self.lookup.resolver.kind,
                resolver_name=self.lookup.resolver.name,
                resolver_address=self.address,
                rcode=first.rcode if first else None,
                addresses=first.addresses if first else (),
                inside=self.ctx.inside(first.addresses) if first else (),
                aliases=first.aliases if first else (),
                answers=tuple(self.answers),
                listened=self.listened,
            )
        )
