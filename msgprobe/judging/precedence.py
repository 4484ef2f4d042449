"""What speaks first: the ordered table by which findings about a pool become its one word.

The first row that finds anything gives the word. A row finds nothing where its `when` does not
hold, so that rows can be read one by one: what works, what was not measured, what the connection
explains, what is impaired, and what fails.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cached_property

from msgprobe.evidence.misdirection import misdirected
from msgprobe.evidence.pool import PoolFacts, pool_facts
from msgprobe.hypotheses.calls.rules import CALL_LOSS, UDP_RULES
from msgprobe.hypotheses.dns_tampering.rules import DNS_RULES, LIE_BESIDE, NAME_HALF
from msgprobe.hypotheses.dns_tampering.rules_page import PAGE_RULES
from msgprobe.hypotheses.dns_tampering.rules_resolvers import RESOLVER_RULES
from msgprobe.hypotheses.ip_blocking.rules import CONNECT_RULES, UNCLEAR_RULES
from msgprobe.hypotheses.protocol_blocking.rules import PROTOCOL_RULES
from msgprobe.hypotheses.residual.rules import EARLY_RULES, SAME_TUPLE, SOME_DIE
from msgprobe.hypotheses.rule import Finding, PoolRule, apply
from msgprobe.hypotheses.second_vantage.rules import may_be_outage, second_vantage
from msgprobe.hypotheses.service_outage.rules import DOWN_RULES
from msgprobe.hypotheses.throttling.rules import CONVERSATION_LOSS
from msgprobe.hypotheses.tls_fingerprint.rules import CONN_COUNT, COUNT_RULES, HELLO_RULES
from msgprobe.hypotheses.tls_fingerprint.rules_modern import MODERN_RULES, some_die
from msgprobe.hypotheses.tls_interception.rules import FORGER_RULES, HALF_RULES, STORE_AGE
from msgprobe.hypotheses.tls_sni.rules import TLS_RULES
from msgprobe.hypotheses.tls_sni.rules_post_handshake import AFTER_RULES
from msgprobe.hypotheses.tls_sni.rules_shares import (
    FOLLOWING_RULES,
    SHARE_DOUBT,
    SHARE_RULES,
    spares_enough,
    strikes,
)
from msgprobe.judging.rules_halves import HALF_FAILS, half_hit
from msgprobe.judging.rules_members import DEGRADED_RULES, MEMBER_HIT, ONE_MEMBER, explained
from msgprobe.judging.rules_outcome import (
    BY_CONNECTION,
    CONTROLS_FAILED,
    CUT_SHORT,
    INCONCLUSIVE_RULES,
    INSPECTED,
    OK_RULES,
    UNTESTED,
)
from msgprobe.model.dataclass import dataclass
from msgprobe.model.target import Service
from msgprobe.model.verdict import ConnectionVerdict, Outcome, State

ACCUSING: tuple[PoolRule, ...] = (
    *DNS_RULES,
    *RESOLVER_RULES,
    *FORGER_RULES,
    *TLS_RULES,
    *HELLO_RULES,
    *CONNECT_RULES,
    *PROTOCOL_RULES,
    *UNCLEAR_RULES,
    *EARLY_RULES,
    *UDP_RULES,
    *AFTER_RULES,
)

ADDING: tuple[PoolRule, ...] = (LIE_BESIDE, *PAGE_RULES, SAME_TUPLE)
"""Rules that say more about a blocking that others have licensed."""

REASONS = (
    "pool.gone",
    "dns.in_a_tunnel",
    "dns.led_inside",
    "tls.inspection",
    "tls.clock",
    "controls.none",
    "controls.failed",
    "tls.store_age",
)
"""Rules that say why a failure accuses nobody; they come before those that leave it open."""

Found = tuple[Finding, ...]


@dataclass(frozen=True)
class Case:
    """A pool on its connection, with what several rows ask about."""

    pool: PoolFacts
    said: ConnectionVerdict

    def by(self, *rules: PoolRule) -> Found:
        """Those of the rules that hold."""
        return apply(rules, self.pool)

    @cached_property
    def fine(self) -> Found:
        """Enough of the pool works."""
        return self.by(*OK_RULES)

    @cached_property
    def measured(self) -> bool:
        """Some member answered or failed."""
        return any(m.tested for m in self.pool.members)

    @cached_property
    def shown(self) -> Found:
        """What the rules about interference say of members that do not answer, sure or unsure;
        nothing where names of theirs are led astray, as all names are."""
        if misdirected(self.pool.facts) and any(e.name for e in self.pool.failing):
            return ()
        return self.by(*ACCUSING)

    @cached_property
    def accused(self) -> Found:
        """What shows interference; silence shows none while the line itself is in trouble."""
        sure = [f for f in self.shown if f.info.outcome is Outcome.BLOCKED]
        if self.pool.connection.failing_now:
            sure = [f for f in sure if not _is_silence(f.info.mechanism or "")]
        return tuple(sure)

    @cached_property
    def down(self) -> Found:
        """The service's own failure, by its own word."""
        return self.by(*DOWN_RULES)

    @cached_property
    def second(self) -> Found:
        """What a second vantage says."""
        return second_vantage(self.pool)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """``found`` is asked where ``when`` holds. ``partial`` marks the verdict as one of a part;
    ``caveat``: it says that something answers, which a pool's caveat takes back."""

    title: str
    when: Callable[[Case], bool]
    found: Callable[[Case], Found]
    partial: bool = False
    caveat: bool = False


def _is_silence(mechanism: str) -> bool:
    """The fault is that nothing came, which a line in trouble brings about by itself."""
    quiet = ("protocol.", "tls.post_handshake", "udp.")
    return ".timeout" in mechanism or mechanism.startswith(quiet)


def _works(c: Case) -> bool:
    return bool(c.fine)


def _untested(c: Case) -> bool:
    return not c.measured


def _dead_line(c: Case) -> bool:
    """Nothing was tested, and the connection is the reason."""
    unusable = not c.said.state.usable or c.said.state is State.INTERMITTENT
    return not c.measured and unusable


def _fails(c: Case) -> bool:
    return c.measured


def _by_connection(c: Case) -> Found:
    return (Finding(info=BY_CONNECTION, evidence=c.said.evidence),)


def _nothing_known(_: Case) -> Found:
    return (Finding(info=UNTESTED, evidence=()),)


def _member_hit(c: Case) -> Found:
    """One way that works acquits nobody who is shown to cut another."""
    struck = c.accused if c.pool.ok and c.pool.failing else ()
    return (*c.by(MEMBER_HIT), *struck) if struck else ()


def _modern(c: Case) -> Found:
    """Who greets as a tool does gets through, and who greets as clients do does not."""
    return c.by(*MODERN_RULES)[:1] if some_die(c.pool) else ()


def _some_of_many(c: Case) -> Found:
    """Some of many is evidence, whether or not a member was answered by chance. A share that
    follows the name takes more to be our own doing than that some were answered alone."""
    if not strikes(c.pool):
        return ()
    following = c.by(*FOLLOWING_RULES)[:1]
    if following:
        part = (*c.by(*SHARE_RULES)[:1], *c.by(MEMBER_HIT))[:1] if spares_enough(c.pool) else ()
        return _unless_counted(c, (*part, *following), (CONN_COUNT,))
    return _unless_counted(c, c.by(*SHARE_RULES)[:1])


def _unless_counted(c: Case, found: Found, rules: Sequence[PoolRule] = COUNT_RULES) -> Found:
    """Connections that come together freeze, whosever: what failed in part may have been ours. It
    failed all the same, and that is said in its place."""
    if not found:
        return ()
    others = (_counting(c, s, rules) for s in c.pool.facts.services)
    counted = _counting(c, c.pool.service, rules) or next((one for one in others if one), ())
    evidence = {t for one in (*counted, *found) for t in one.evidence}
    return tuple(replace(one, evidence=tuple(sorted(evidence))) for one in counted) or found


def _counting(c: Case, service: Service, rules: Sequence[PoolRule]) -> Found:
    """What first shows, in any of the service's pools, that its connections are counted."""
    p = c.pool
    every = (pool_facts(p.facts, p.connection, service, one) for one in service.pools)
    return next((told[:1] for one in every if (told := apply(rules, one))), ())


def _half(c: Case) -> Found:
    """One way that works does not acquit the other. Silence shows nothing while the line itself is
    in trouble."""
    if forged := c.by(*NAME_HALF):
        return forged
    if c.pool.connection.failing_now:
        return ()
    return _unless_counted(c, half_hit(c.pool) or c.by(*HALF_FAILS))


def _rest_inspected(c: Case) -> Found:
    """Some members answer, and all that fails does so by a certificate that is re-signed here."""
    failed = c.pool.failed
    hidden = all(t.symptom == "tls.certificate" for t in failed)
    return c.by(INSPECTED) if c.pool.ok and failed and hidden else ()


def _silent_line(c: Case) -> Found:
    """The members that do not answer are as silent as neutral sites, and nothing accuses."""
    some = c.by(*DEGRADED_RULES)
    return c.by(CONTROLS_FAILED) if some and not c.accused else ()


def _one_member(c: Case) -> Found:
    """Its name may be minded as well as its server gone, as long as nobody asked which."""
    some = c.by(*DEGRADED_RULES)
    alone = explained(c.pool, c.said)
    if not some or not alone or c.accused or _impaired(c):
        return ()
    one = c.by(ONE_MEMBER)
    return (*_unless_counted(c, c.by(SHARE_DOUBT)), *one) if one else ()


def _some_members(c: Case) -> Found:
    some = c.by(*DEGRADED_RULES)
    return (*some, *c.accused, *_impaired(c)) if some else ()


def _accusation(c: Case) -> Found:
    """What accuses, unless an outage explains it and a second vantage says that it is one."""
    accused, second = c.accused, () if c.down else c.second
    if not accused:
        return ()
    if second and may_be_outage(list(accused)):
        if second[0].info.outcome is Outcome.DOWN:
            return second
        accused = (*accused, *second)
    return (*accused, *c.by(*ADDING))


def _impaired(c: Case) -> Found:
    """What is known to be amiss, and may be nobody's doing; the connection's own troubles first."""
    hidden = any(f.info.rule_id in REASONS for f in c.by(*INCONCLUSIVE_RULES))
    return () if hidden else tuple(f for f in c.shown if f.info.outcome is Outcome.DEGRADED)


def _unclear(c: Case) -> Found:
    """Why nothing can be said, the plainest reason first; one rule speaks."""
    open_ones = [f for f in c.shown if f.info.outcome is Outcome.INCONCLUSIVE]
    rest = c.by(*INCONCLUSIVE_RULES, STORE_AGE)
    reasons = [f for f in rest if f.info.rule_id in REASONS]
    return (*reasons, *open_ones, *rest)[:1]


PRECEDENCE: tuple[Row, ...] = (
    Row(
        title="it works, and connections are counted",
        when=_works,
        found=lambda c: c.by(CONN_COUNT),
        caveat=True,
    ),
    Row(
        title="it works, and ClientHellos of modern clients are cut off",
        when=_works,
        found=lambda c: tuple(f for f in _modern(c) if f.info.outcome is Outcome.BLOCKED),
        caveat=True,
    ),
    Row(
        title="it works, and a share of what names it fails",
        when=_works,
        found=_some_of_many,
        caveat=True,
    ),
    Row(
        title="it works, and some members are interfered with",
        when=_works,
        found=_member_hit,
        caveat=True,
    ),
    Row(
        title="it works, and at some addresses certificates are forged",
        when=_works,
        found=lambda c: c.by(*HALF_RULES)[:1],
        caveat=True,
    ),
    Row(
        title="it works, and at some addresses it is interfered with, or fails",
        when=_works,
        found=_half,
        caveat=True,
    ),
    Row(
        title="it works, and ClientHellos of modern clients die",
        when=_works,
        found=_modern,
        caveat=True,
    ),
    Row(
        title="it works, and loses far more than others",
        when=_works,
        found=lambda c: c.by(CALL_LOSS, SOME_DIE, CONVERSATION_LOSS),
        caveat=True,
    ),
    Row(
        title="it works, and of what names it too many fail to say so",
        when=_works,
        found=lambda c: _unless_counted(c, c.by(SHARE_DOUBT)),
        caveat=True,
    ),
    Row(title="it works", when=_works, found=lambda c: c.fine[:1], caveat=True),
    Row(title="not tested: the connection is dead", when=_dead_line, found=_by_connection),
    Row(title="not tested: lost", when=_untested, found=lambda c: c.by(CONTROLS_FAILED)),
    Row(title="not tested: cut short", when=_untested, found=lambda c: c.by(CUT_SHORT)),
    Row(
        title="not tested: a port is open, which the pool's caveat says is all it can show",
        when=lambda c: not c.measured and bool(c.pool.opened),
        found=_nothing_known,
        caveat=True,
    ),
    Row(title="not tested", when=_untested, found=_nothing_known),
    Row(
        title="the connection explains it",
        when=lambda c: not c.said.state.usable and not c.pool.ok,
        found=_by_connection,
    ),
    Row(title="connections are counted", when=_fails, found=lambda c: c.by(*COUNT_RULES)[:1]),
    Row(title="a share of what names it fails", when=_fails, found=_some_of_many),
    Row(title="the rest is re-signed", when=_fails, found=_rest_inspected, partial=True),
    Row(title="the line is as silent", when=_fails, found=_silent_line, partial=True),
    Row(title="one member may be retired", when=_fails, found=_one_member, partial=True),
    Row(title="some members answer", when=_fails, found=_some_members),
    Row(title="interference", when=_fails, found=_accusation),
    Row(title="the service's own failure", when=_fails, found=lambda c: c.down[:1] or c.second),
    Row(title="it fails in one way only", when=_fails, found=_impaired),
    Row(title="it fails, and nothing says why", when=_fails, found=_unclear),
    Row(title="nothing is known", when=_fails, found=_nothing_known),
)


def first(case: Case) -> tuple[Row, Found]:
    """The row that speaks, with what it found."""
    for row in PRECEDENCE:
        found = row.found(case) if row.when(case) else ()
        if found:
            return row, found
    raise AssertionError("the last row finds something always")
