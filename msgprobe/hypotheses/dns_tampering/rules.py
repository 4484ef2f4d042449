"""Rules about names: what licenses ``blocked`` at ``dns.*``."""

from collections.abc import Callable

from msgprobe.evidence import addresses as ips
from msgprobe.evidence.certificates import of_former_authority
from msgprobe.evidence.conversation import Conversation
from msgprobe.evidence.inside import astray
from msgprobe.evidence.local_filters import own_filter
from msgprobe.evidence.misdirection import misdirected
from msgprobe.evidence.names import NameFacts
from msgprobe.evidence.nowhere import forged
from msgprobe.evidence.pool import EndpointFacts, PoolFacts
from msgprobe.hypotheses.dns_tampering import predicates
from msgprobe.hypotheses.dns_tampering.predicates import (
    DENIALS,
    SILENT,
    acquitted,
    answered,
    lie,
    suspected,
)
from msgprobe.hypotheses.rule import BLOCKED, IMPAIRED, LIKELY_BLOCKED, REMARK, Cited, PoolRule
from msgprobe.model.target import Trust
from msgprobe.model.task import Arm
from msgprobe.model.verdict import Layer

_BLOCKED = BLOCKED.at(Layer.DNS)
_LIKELY_BLOCKED = LIKELY_BLOCKED.at(Layer.DNS)


_EVERYWHERE = ("dns.servfail", "dns.timeout")
"""Denials that other operators' resolvers have to give too, asked in the open: one alone may."""


def _denied(mechanism: str, *, proved: bool) -> Callable[[PoolFacts], Cited]:
    """The system's resolver fails this way while the name exists by encrypted DNS; ``proved``: and
    the service proves itself where another resolver leads."""
    failures, everywhere = DENIALS[mechanism], mechanism in _EVERYWHERE

    def holds(p: PoolFacts) -> Cited:
        return predicates.denial(
            (e, name)
            for e, name in predicates.denied(p, failures)
            if name.exists
            and bool(e.genuine_elsewhere) is proved
            and (not everywhere or predicates.fails_everywhere(p, name, failures))
            and (proved or acquitted(p, e, name))
        )

    return holds


def _unheard(p: PoolFacts) -> Cited:
    """The connection's own resolver says nothing to anybody, and those of others, in the open, are
    silent to questions for these names alone, too many of them for the pool to work by the rest."""
    if not predicates.unheard_elsewhere(p):
        return ()
    named = [(e, name) for e, name in answered(p) if name.exists]
    unheard = [
        (e, name)
        for e, name in named
        if name.denied in SILENT
        and predicates.fails_everywhere(p, name, SILENT)
        and (e.genuine_elsewhere or acquitted(p, e, name))
    ]
    hidden = {e.endpoint.member for e, _ in unheard}
    rest = {e.endpoint.member for e, _ in named if e.genuine_elsewhere} - hidden
    return predicates.denial(unheard) if len(rest) < p.need else ()


def _bogon(p: PoolFacts) -> Cited:
    """An impossible address that encrypted DNS and neutral names never get."""
    if p.connection.fake_addresses:
        return
    for e, name in answered(p):
        beacon = p.service.beacon
        if beacon is not None and beacon.host == name.name:
            continue
        if name.bogons and not any(ips.is_bogon(a) for a in name.encrypted_addresses):
            # Whoever nobody else was asked about may have given that address himself.
            asked = name.encrypted and e.genuine_elsewhere
            if name.exists or name.other_addresses or asked:
                yield from name.bogons
                yield from name.exists


def _working_names(p: PoolFacts) -> list[NameFacts]:
    """The names of members that answer."""
    named = (e.name for m in p.ok for e in m.endpoints if e.genuine and e.name)
    return list({name.name: name for name in named}.values())


def _half_bogon(p: PoolFacts) -> Cited:
    """An impossible address beside those at which the service answers: one family of an answer, or
    one of several, is forged. What a filter gives for advertising names as well is its own."""
    if p.connection.fake_addresses or not p.connection.resolver_works:
        return
    advert = p.facts.controls.advert_host
    own = set() if advert is None else set(p.facts.name(advert).system_addresses)
    for name in _working_names(p):
        lies = set(astray(p.connection, name)) - own
        if lies and name.exists and not any(ips.is_bogon(a) for a in name.encrypted_addresses):
            yield from (o for o in name.system if lies & set(o.addresses))
            yield from name.exists


def _late_forgery(p: PoolFacts) -> Cited:
    """Hosts without DNS answer for names at which the service works, and not for neutral ones: who
    forges those answers came too late this time, or the system asked again."""
    if misdirected(p.facts):
        return
    for name in _working_names(p):
        if own_filter(p.facts, name) is None:
            yield from forged(p.facts, p.connection.neutral_names, name)


NAME_HALF: tuple[PoolRule, ...] = (
    IMPAIRED.at(Layer.DNS).rule("dns.injection.half", "dns.injection.bogon", holds=_half_bogon),
    IMPAIRED.at(Layer.DNS).rule("dns.injection.late", "dns.injection", holds=_late_forgery),
)
"""One way that works does not acquit who forges the other."""


def _conflict(p: PoolFacts) -> Cited:
    """Two contradicting answers, of which one is the truth and one is nobody's.

    Two answers that merely differ may both be true: CDNs rotate, and a late answer to a question
    that was sent twice comes twice.
    """
    for e, name in answered(p):
        truth = {*name.encrypted_addresses, *(t.address for t in e.genuine_elsewhere)}
        nets = {ips.network(a) for a in truth}
        for seen in name.conflicts:
            said = [a.addresses for a in seen.answers if a.addresses]
            true = any(nets & {ips.network(a) for a in addresses} for addresses in said)
            lies = any(
                not any(ips.network(a) in nets or ips.within(a, p.service.prefixes) for a in found)
                for found in said
            )
            if true and lies:
                yield seen


def _phantom(p: PoolFacts) -> Cited:
    """Hosts without DNS answer for this name, and not for neutral ones."""
    for _, name in answered(p):
        yield from forged(p.facts, p.connection.neutral_names, name)


def _misdirected(e: EndpointFacts, name: NameFacts) -> bool:
    """The system's public answer is nobody's truth and nothing there could prove itself."""
    mine = name.checked_addresses
    if not mine or not name.exists:
        return False
    if not any(name.leads_out(a) for a in mine) or ips.same(mine, name.encrypted_addresses):
        return False
    truth = {ips.network(a) for a in name.encrypted_addresses}
    return not any(ips.network(a) in truth for a in mine) and not e.genuine


def _validated_elsewhere(p: PoolFacts) -> Cited:
    """The wrong address shows what it is, or several names lead to the same one.

    Without that it may be a dead cache of the service's own in this network.
    """
    shared = _shared_addresses(p)
    for e, name in suspected(p):
        if not _misdirected(e, name):
            continue
        exposed = any(_exposed(t) for t in e.failed)
        if (exposed or shared & set(name.system_addresses)) and e.genuine_elsewhere:
            yield from lie(name)
            yield from name.exists
            yield from e.failed
            yield from e.genuine_elsewhere


def _pages(p: PoolFacts, name: NameFacts) -> list[Conversation]:
    """Pages that addresses which the system gives, and others may contradict, show for the
    messenger's name."""
    return [
        t
        for t in p.facts.arm(Arm.PLAIN_PAGE, subject=p.service.name)
        if t.address in name.checked_addresses and t.http is not None and t.http.status is not None
    ]


def _misdirected_too(p: PoolFacts) -> Cited:
    """The wrong address is known for one, and nothing proves itself at the true one, for something
    else interferes there: whoever cuts a service in two ways leaves no genuine answer to find."""
    shared = _shared_addresses(p)
    for e, name in suspected(p):
        if not _misdirected(e, name) or e.genuine_elsewhere or not acquitted(p, e, name):
            continue
        pages = _pages(p, name)
        exposed = [t for t in e.failed if _exposed(t)]
        if pages or exposed or shared & set(name.system_addresses):
            yield from (*lie(name), *name.exists)
            yield from (*pages, *exposed)


LIE_BESIDE: PoolRule = REMARK.at(Layer.DNS).rule(
    "dns.injection.beside", "dns.injection", holds=_misdirected_too
)
"""They add to a blocking that others have licensed."""


def _exposed(conversation: Conversation) -> bool:
    """The peer has shown that it is somebody else, which a new certificate where only the old one
    is known does not show, nor one of an authority that this tool's list is too new for."""
    if conversation.symptom == "tls.certificate":
        return (
            conversation.flow.trust is not Trust.HASH and of_former_authority(conversation) is None
        )
    return conversation.symptom == "tls.garbage"


def _shared_addresses(p: PoolFacts) -> set[str]:
    """Addresses that the system gives for several names which elsewhere share none."""
    hosts = {e.host for e in p.service.endpoints if e.host is not None}
    names = [n for n in map(p.facts.name, sorted(hosts)) if n.exists]
    seen: dict[str, list[set[str]]] = {}
    for name in names:
        for address in name.checked_addresses:
            seen.setdefault(address, []).append(set(name.encrypted_addresses))
    return {
        address
        for address, truths in seen.items()
        if len(truths) >= 2
        and not set.intersection(*truths)
        and address not in set().union(*truths)
    }


def _blockpage(p: PoolFacts) -> Cited:
    """The wrong address serves a page over plain HTTP for the messenger's name."""
    for e, name in suspected(p):
        if not _misdirected(e, name) or not e.genuine_elsewhere:
            continue
        if pages := _pages(p, name):
            yield from pages
            yield from e.genuine_elsewhere


def _validated(mechanism: str) -> PoolRule:
    """The name is denied, and the service proves itself where another resolver leads."""
    holds = _denied(mechanism, proved=True)
    return _BLOCKED.rule(f"{mechanism}.validated", mechanism, holds=holds)


def _acquitted(mechanism: str) -> PoolRule:
    """The name is denied, and encrypted resolvers know it at least."""
    holds = _denied(mechanism, proved=False)
    return _LIKELY_BLOCKED.rule(f"{mechanism}.acquitted", mechanism, holds=holds)


def _artefact(
    kind: str, holds: Callable[[PoolFacts], Cited], mechanism: str = "dns.injection"
) -> PoolRule:
    """The name is answered as no honest network answers."""
    return _BLOCKED.rule(f"dns.injection.{kind}", mechanism, holds=holds)


DNS_RULES: tuple[PoolRule, ...] = (
    _validated("dns.nxdomain"),
    _acquitted("dns.nxdomain"),
    *(_validated(mechanism) for mechanism in ("dns.refused", "dns.servfail", "dns.timeout")),
    *(_acquitted(mechanism) for mechanism in ("dns.timeout", "dns.refused", "dns.servfail")),
    _LIKELY_BLOCKED.rule("dns.timeout.others", "dns.timeout", holds=_unheard),
    _artefact("bogon", _bogon, mechanism="dns.injection.bogon"),
    _artefact("race", _conflict),
    _artefact("phantom", _phantom),
    _artefact("blockpage", _blockpage, mechanism="dns.injection.blockpage"),
    _BLOCKED.rule("dns.injection.validated", "dns.injection", holds=_validated_elsewhere),
)
