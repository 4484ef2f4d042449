"""The connection as the neutral controls show it: who answers, who lies, how fast."""

from collections.abc import Iterable

from msgprobe.evidence import addresses as ips
from msgprobe.evidence import clock
from msgprobe.evidence.call_servers import Calls
from msgprobe.evidence.controls import (
    Neutral,
    SiteView,
    addresses_of,
    fair,
    inspector,
    other_names,
    reached,
)
from msgprobe.evidence.conversation import Conversation, Stage
from msgprobe.evidence.crowding import crowded_out
from msgprobe.evidence.facts import Facts, grouped
from msgprobe.evidence.forgers import Forger, forgers
from msgprobe.evidence.ledger import derived
from msgprobe.evidence.line_losses import repeated_share
from msgprobe.evidence.misdirection import misdirected
from msgprobe.evidence.nowhere import taking_all
from msgprobe.evidence.outages import Outages
from msgprobe.evidence.portals import portal
from msgprobe.model.control import Sentinel, Site
from msgprobe.model.failure import Failure
from msgprobe.model.hello import OPTION
from msgprobe.model.observation import DnsObservation, Proof
from msgprobe.model.task import Arm, ResolverKind

_VANISHED = ("tls.timeout", "tls.reset", "tls.eof")
"""How a ClientHello ends that was too big for somebody on the way."""


class ConnectionFacts:
    """Round 0 of the evidence, read as a whole."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self.ledger = facts.ledger

    # -- clock and inspection first: they decide what "reached" means

    @derived
    def clock_offset(self) -> float | None:
        """What web servers say minus our clock, in seconds (see `clock.offset`)."""
        return clock.offset(self.facts)

    @derived
    def clock_wrong(self) -> bool:
        """It is off by more than a day, so certificate dates mean nothing: by what web servers say,
        or by these dates where none could be asked."""
        if self.clock_offset is None:
            return bool(clock.denied(self.facts))
        return abs(self.clock_offset) > clock.BREAKS_TLS

    @derived
    def portal(self) -> tuple[Conversation, ...]:
        """What shows a login page before the Internet; empty: none (see `portals.portal`)."""
        return portal(self.facts, self.tampered, self.exact)

    @derived
    def inspector(self) -> str | None:
        """The authority that re-signs neutral sites (`controls.inspector`), None: nobody does."""
        return None if self.portal else inspector(self.facts)

    @derived
    def forgers(self) -> tuple[Forger, ...]:
        """Hands that forge certificates of services; none where everything is re-signed."""
        return () if self.portal or self.inspector else forgers(self.facts)

    def reaches(self, conversation: Conversation) -> bool:
        """A neutral site answered there (see `controls.reached`), though it may be re-signed."""
        return reached(self.facts, conversation, self.inspector, clock_wrong=self.clock_wrong)

    # -- sites

    def _views(
        self, sites: tuple[Site, ...], *arms: Arm, version: int = 4, void: bool = False
    ) -> tuple[SiteView, ...]:
        """Those that were asked; ``void``: or would have been, had this device not failed."""
        views = []
        for site in sites:
            conversations = tuple(
                t
                for s, t in self.facts.site_conversations(*arms)
                if s.name == site.name and (version == 0 or _version(t) == version)
                if void or t.failure is not Failure.INTERRUPTED
            )
            if conversations:
                reached = tuple(t for t in conversations if self.reaches(t))
                views.append(SiteView(site=site, conversations=conversations, reached=reached))
        return tuple(views)

    @derived
    def abroad(self) -> tuple[SiteView, ...]:
        """Neutral sites abroad, over IPv4 or whatever the link has."""
        arms = (Arm.CONNECTION, Arm.AGAIN, Arm.MONITOR)
        return self._views(self.facts.controls.abroad, *arms, version=0)

    @derived
    def domestic(self) -> tuple[SiteView, ...]:
        """Sites of the user's own country."""
        return self._views(self.facts.controls.domestic, Arm.CONNECTION, Arm.AGAIN, version=0)

    @derived
    def later(self) -> tuple[SiteView, ...]:
        """Neutral sites abroad once more, after a target had failed."""
        return self._views(self.facts.controls.abroad, Arm.AGAIN, version=0, void=True)

    @derived
    def names_needed(self) -> dict[str, tuple[Conversation, ...]]:
        """Domestic sites that answer to their own name and stay silent to a foreign one, with the
        conversations under that name (asked for at TLS level), by network."""
        own = {v.site.name: v.site.network for v in self.domestic if v.reached}
        found: dict[str, tuple[Conversation, ...]] = {}
        conversations = self.facts.arm(Arm.NEUTRAL_SNI_ELSEWHERE)
        for name, network in own.items():
            mine = tuple(t for t in conversations if t.task.subject == name)
            if len(mine) >= 2 and all(t.symptom in ("tls.timeout", "tls.reset") for t in mine):
                found[network] = mine
        return found

    def fair(self, rows: Iterable[Neutral]) -> bool:
        """Whether what these neutral servers show may accuse (see `controls.fair`)."""
        return fair(self.facts.request.country, rows)

    def servers(self, conversations: Iterable[Conversation]) -> tuple[Neutral, ...]:
        """The neutral servers that these conversations dialled, whatever name they bore."""
        dialled = {ips.parse(t.address) for t in conversations}
        return tuple(row for row, known in self._addresses if dialled & known)

    @derived
    def _addresses(self) -> tuple[tuple[Neutral, frozenset[object]], ...]:
        return addresses_of(self.facts)

    @derived
    def targeted(self) -> tuple[SiteView, ...]:
        """Sites abroad that are targets here, no controls: under its own name each dies at the
        ClientHello, another name at the same address is answered in the same seconds."""
        return tuple(v for v in self.abroad if v.hello_dies and self.other_names(v))

    def other_names(self, view: SiteView) -> tuple[Conversation, ...]:
        """ClientHellos with another name that a site answered while it failed under its own."""
        return other_names(self.facts, view)

    @staticmethod
    def networks(views: tuple[SiteView, ...]) -> set[str]:
        """Networks of the sites that were reached."""
        return {v.site.network for v in views if v.reached}

    @derived
    def controls_hold(self) -> bool:
        """Neutral sites in at least three networks work, before and after the target's failure."""
        return len(self.networks(self.abroad)) >= 3 and (
            not self.later or len(self.networks(self.later)) >= 2
        )

    @derived
    def several(self) -> bool:
        """Neutral sites abroad in two networks or more answer under their own names."""
        return len(self.networks(self.abroad)) >= 2

    @derived
    def open(self) -> bool:
        """Enough abroad answers to go on to the services: several networks, or one while a server
        elsewhere answers to another name than its own."""
        reached = self.networks(self.abroad)
        others = {v.site.network for v in self.targeted} - reached
        return self.several or bool(reached and others)

    # -- sentinels

    @derived
    def sentinels(self) -> tuple[tuple[Sentinel, Conversation], ...]:
        """Sentinel pages that gave any HTTP answer, or failed without this device's doing."""
        by_name = {s.name: s for s in self.facts.controls.sentinels}
        return tuple(
            (by_name[t.task.subject], t)
            for t in self.facts.arm(Arm.CONNECTION)
            if t.task.subject in by_name and t.failure is not Failure.INTERRUPTED
        )

    @derived
    def exact(self) -> tuple[Conversation, ...]:
        """Sentinels whose answer is exactly the expected one."""
        return tuple(t for _, t in self.sentinels if t.http is not None and t.http.matched)

    @derived
    def tampered(self) -> tuple[tuple[Sentinel, Conversation], ...]:
        """Sentinels answered by somebody else: a redirect or another page."""
        return tuple(
            (s, t)
            for s, t in self.sentinels
            if t.http is not None and t.http.status is not None and t.http.matched is False
        )

    # -- resolver

    @derived
    def neutral_names(self) -> frozenset[str]:
        """Names that no censor of messengers has a reason to touch."""
        controls = self.facts.controls
        return frozenset({s.host for s in controls.sites} | {s.host for s in controls.sentinels})

    def neutral_answers(self, *kinds: ResolverKind) -> tuple[DnsObservation, ...]:
        """Answers about neutral names, IPv4 questions only (a name may have no AAAA), and none that
        this device itself ended."""
        return tuple(
            o
            for o in self.facts.lookups(*kinds)
            if o.name in self.neutral_names and o.family in (0, 4)
            if o.failure is not Failure.INTERRUPTED
        )

    @derived
    def resolver_failures(self) -> tuple[DnsObservation, ...]:
        """Neutral names that the system's resolver could not give, however often it was asked."""
        asked = self.neutral_answers(ResolverKind.SYSTEM)
        given = {o.name for o in asked if o.failure is None}
        return tuple(o for o in asked if o.name not in given)

    @derived
    def resolver_dead(self) -> bool:
        """The system's resolver fails for four in five neutral names, three at least."""
        asked = self.neutral_answers(ResolverKind.SYSTEM)
        return len(asked) >= 3 and len(self.resolver_failures) >= 0.8 * len(asked)

    @derived
    def resolver_stumbles(self) -> bool:
        """The connection's own resolver refused a neutral name, or could not tell it, when it was
        asked once: it may have been asked too much, and refuse anybody."""
        asked = self.neutral_answers(ResolverKind.SYSTEM, ResolverKind.DIRECT)
        return any(o.failure in (Failure.DNS_REFUSED, Failure.DNS_TEMPORARY) for o in asked)

    @derived
    def resolver_answers(self) -> bool:
        """The system's resolver gave at least one neutral name."""
        return any(o.failure is None for o in self.neutral_answers(ResolverKind.SYSTEM))

    @derived
    def resolver_works(self) -> bool:
        """The system's resolver answers most neutral names, and not with wrong addresses."""
        asked = self.neutral_answers(ResolverKind.SYSTEM)
        answers = bool(asked) and len(self.resolver_failures) < 0.5 * len(asked)
        return answers and not misdirected(self.facts)

    @derived
    def fake_addresses(self) -> bool:
        """Neutral names too get addresses where no public service can live, as of tunnels that
        answer every name from 198.18.0.0/15, and of portals; such an answer then accuses nobody."""
        answered = [o for o in self.neutral_answers(ResolverKind.SYSTEM) if o.addresses]
        fake = [o for o in answered if not any(self.facts.leads_out(a) for a in o.addresses)]
        return len(fake) >= 2 and len(fake) * 2 > len(answered)

    @derived
    def quiet_share(self) -> float:
        """Share of neutral questions over UDP that vanished (0 to 1): what chance alone does."""
        kinds = (ResolverKind.SYSTEM, ResolverKind.DIRECT, ResolverKind.UDP)
        asked = self.neutral_answers(*kinds)
        silent = sum(o.failure in (Failure.TIMED_OUT, Failure.DNS_TEMPORARY) for o in asked)
        return silent / len(asked) if asked else 0.0

    @derived
    def doh_failures(self) -> tuple[DnsObservation, ...]:
        """Encrypted questions that got no answer at all (not: a negative one)."""
        told = (Failure.DNS_NXDOMAIN, Failure.DNS_NO_ANSWER, Failure.DNS_SERVFAIL)
        none = (None, *told, Failure.NOT_ALLOWED, Failure.INTERRUPTED)
        return tuple(o for o in self.facts.lookups(ResolverKind.DOH) if o.failure not in none)

    @derived
    def doh_blocked(self) -> bool:
        """Two operators' encrypted resolvers failed or more, and thrice as many as answered."""
        seen = self.facts.lookups(ResolverKind.DOH)
        asked = {o.resolver_name for o in seen if o.failure is not Failure.INTERRUPTED}
        failed = {o.resolver_name for o in self.doh_failures}
        return len(failed) >= 2 and len(failed) >= 3 * len(asked - failed)

    @derived
    def foreign_dns(self) -> tuple[DnsObservation, ...]:
        """Genuine-looking answers of public resolvers over plain UDP to neutral names."""
        answers = (o for o in self.neutral_answers(ResolverKind.UDP) if o.failure is None)
        return tuple(o for o in answers if not all(ips.is_bogon(a) for a in o.addresses))

    # -- holes

    @derived
    def holes(self) -> tuple[Conversation, ...]:
        """Ports that routers need, or ICMP, which still pass."""
        return tuple(t for t in self.facts.arm(Arm.HOLE) if t.connected or t.proof is Proof.NONCE)

    # -- calls

    @derived
    def calls(self) -> Calls:
        """Neutral call servers."""
        return Calls(self.facts)

    # -- time

    @derived
    def outages(self) -> Outages:
        """When neutral hosts answered, and when all of them were silent."""
        return Outages(self.facts)

    @derived
    def big_hello_dies(self) -> tuple[Conversation, ...]:
        """ClientHellos in two segments to neutral sites in two networks or more that all vanished,
        while the same sites answered to a small one; empty as soon as one was answered."""
        tried = [t for _, t in self.facts.site_conversations(Arm.BIG_HELLO) if t.connected]
        ended = [t for t in tried if t.failure is not Failure.INTERRUPTED]
        by_site = grouped(ended, lambda t: t.task.subject)
        reached = {v.site.name: v.site.network for v in self.abroad if v.reached}
        died = all(
            name in reached
            and len(conversations) >= 2
            and all(t.symptom in _VANISHED for t in conversations)
            for name, conversations in by_site.items()
        )
        apart = died and len({reached[name] for name in by_site}) >= 2
        return tuple(ended) if apart else ()

    # -- quality

    @derived
    def neutral_conversations(self) -> tuple[Conversation, ...]:
        """Every neutral conversation of either family, sentinels included."""
        sites = [t for _, t in self.facts.site_conversations(Arm.CONNECTION, Arm.AGAIN)]
        return (*sites, *(t for _, t in self.sentinels))

    @derived
    def control_conversations(self) -> tuple[Conversation, ...]:
        """Every neutral IPv4 conversation, sentinels included; but ClientHellos of a shape that is
        dropped for everybody tell nothing about the line."""
        asked = self.facts.site_conversations(Arm.CONNECTION, Arm.AGAIN)
        sites = [t for _, t in asked if _version(t) == 4]
        if self.facts.other_shape:
            sites = [t for t in sites if t.flow.option(OPTION) or t.failure is None]
        return (*sites, *(t for _, t in self.sentinels))

    @derived
    def failure_share(self) -> float:
        """Share of neutral conversations that failed (0 to 1), of hosts that answered at some time.

        A host that never answers while others always do is closed to us, or dead; that says
        nothing about the line. Nor does what our own crowd kept from opening.
        """
        every = [t for t in self.control_conversations if not (t.failure and t.failure.is_ours)]
        every = [t for t in every if not (self.facts.crowded and crowded_out(t))]
        conversations = [t for t in every if t.task.subject in self._alive]
        if not conversations:
            return 0.0
        failed = [t for t in conversations if t.failure is not None and not self.reaches(t)]
        return len(failed) / len(conversations)

    @derived
    def _alive(self) -> set[str]:
        """Neutral hosts that answered at some time."""
        conversations = self.control_conversations
        return {t.task.subject for t in conversations if t.failure is None or self.reaches(t)}

    @derived
    def retransmitted(self) -> float:
        """Share of our own segments to neutral hosts that answer, at least at times, which had to
        be sent again (0 to 1); first packets that our own crowd lost left out."""
        alive = [t for t in self.control_conversations if t.task.subject in self._alive]
        return repeated_share(alive, without_first=self.facts.crowded)

    @derived
    def failing_now(self) -> bool:
        """While the targets failed most neutral sites failed as well: silence proves nothing."""
        conversations = [t for _, t in self.facts.site_conversations(Arm.AGAIN)]
        failed = [t for t in conversations if t.symptom is not None and not self.reaches(t)]
        return len(conversations) >= 3 and 2 * len(failed) > len(conversations)

    @derived
    def six(self) -> tuple[Conversation, ...]:
        """Neutral conversations over IPv6."""
        conversations = [t for _, t in self.facts.site_conversations(Arm.CONNECTION, Arm.AGAIN)]
        return tuple(t for t in conversations if _version(t) == 6)

    @derived
    def six_broken(self) -> bool:
        """IPv6 has a route and two neutral hosts or more are silent over it, none answers."""
        silent = (t.symptom is not None and t.stage is Stage.CONNECT for t in self.six)
        return len(self.six) >= 2 and all(silent)

    @derived
    def transparent_dns(self) -> tuple[DnsObservation, ...]:
        """Neutral names answered by hosts that run no DNS: somebody takes all DNS."""
        return taking_all(self.facts, self.neutral_names)


def _version(conversation: Conversation) -> int:
    return 6 if ":" in conversation.address else 4
