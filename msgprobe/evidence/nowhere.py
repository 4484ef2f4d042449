"""Answers in the place of hosts that run no DNS: does somebody forge some names, or take all
questions? Neutral names that are asked there tell, where their silence is no loss of the line's."""

from collections.abc import Collection, Iterable

from msgprobe.evidence.facts import Facts, grouped
from msgprobe.evidence.names import NameFacts
from msgprobe.model.control import Controls
from msgprobe.model.observation import DnsObservation
from msgprobe.model.task import Arm, ResolverKind

SILENT_HOSTS = 2
"""Hosts without DNS that must answer before somebody counts as answering in their place."""

LUCK = 1e-3
"""The chance, at most, that all questions for neutral names were lost on the way."""

OPEN = (ResolverKind.SYSTEM, ResolverKind.DIRECT, ResolverKind.UDP)
"""Kinds of resolver that are asked over UDP, as those hosts are."""


def taking_all(facts: Facts, neutral: Iterable[str]) -> tuple[DnsObservation, ...]:
    """Answers about ``neutral`` names in the place of such hosts: somebody takes all DNS."""
    return _phantoms(facts.controls, (o for name in neutral for o in facts.name(name).phantom))


def forged(facts: Facts, neutral: Collection[str], name: NameFacts) -> tuple[DnsObservation, ...]:
    """Answers about a service's name in the place of such hosts, of which none answers neutral
    names: who takes all questions may well answer them truly."""
    alike = {o.resolver_name for o in _neutral(facts, neutral) if o.rcode is not None}
    alone = (o for o in name.phantom if o.resolver_name not in alike)
    found = _phantoms(facts.controls, alone)
    return found if found and silence_told(facts, neutral) else ()


def silence_told(facts: Facts, neutral: Iterable[str]) -> bool:
    """So many questions for neutral names were met with silence there that the line cannot have
    lost all of them. What it loses is the share of the other questions of the run, to resolvers
    that answer, that got no answer in the time that these were given (by Laplace's rule of
    succession, for there may be few)."""
    asked = _neutral(facts, neutral)
    silent = [o for o in asked if o.failure is not None and o.failure.is_silence]
    patience = min((o.window.seconds for o in silent), default=0.0)
    others = _to_living(facts)
    lost = sum(_unanswered(o) or o.window.seconds > patience for o in others)
    return ((lost + 1) / (len(others) + 2)) ** len(silent) <= LUCK


def _neutral(facts: Facts, names: Iterable[str]) -> list[DnsObservation]:
    """What came of the questions for these names to hosts that run no DNS."""
    seen = (pair for name in names for pair in facts.name(name).seen)
    return [o for arm, o in seen if arm is Arm.NON_RESOLVER]


def _to_living(facts: Facts) -> list[DnsObservation]:
    """Questions to resolvers that answered some; those that hide from the program are one."""
    by_resolver = grouped(facts.lookups(*OPEN), lambda o: (o.resolver, o.resolver_name))
    return [o for asked in by_resolver.values() if not all(map(_unanswered, asked)) for o in asked]


def _unanswered(question: DnsObservation) -> bool:
    return question.failure is not None and question.failure.is_silence


def _phantoms(controls: Controls, answers: Iterable[DnsObservation]) -> tuple[DnsObservation, ...]:
    """These; none unless two hosts gave some, if as many are known: a single one may have got a
    name server since it was listed."""
    found = tuple(answers)
    hosts = {o.resolver_name for o in found}
    return found if len(hosts) >= min(SILENT_HOSTS, len(controls.silent)) else ()
