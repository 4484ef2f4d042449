"""What is worked out while evidence grows is what is worked out of all of it at once."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any
from zlib import crc32

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from msgprobe.agenda.planner import agenda
from msgprobe.evidence.connection import ConnectionFacts
from msgprobe.evidence.facts import Facts
from msgprobe.evidence.ledger import Ledger, derived
from msgprobe.model.measurement import Measurement
from msgprobe.model.task import Arm, ResolverKind, Task
from msgprobe.planning.moment import Agenda, Moment
from tests.agenda.test_experiments import CUT, RESET, SHUT, WELL, Trouble, ask, day, own
from tests.evidence.test_resigning import inspected

SLOW = settings(deadline=None, suppress_health_check=list(HealthCheck))

ENDS = (WELL, RESET, CUT, SHUT, "tls hangs", "connect hangs", "answer hangs")


@dataclass
class Compared(Trouble):
    """Some looks of one planner beside that of a planner which looks for the first time."""

    looks: int = 0

    def look(self, moment: Moment) -> Agenda:
        moment = replace(
            moment,
            opened=frozenset(i for i in moment.running if crc32(i.encode()) % 3),
            secured=frozenset(i for i in moment.running if crc32(i.encode()) % 3 == 1),
            spent=9_000 * len(self.begun),
        )
        again = super().look(moment)
        if self.looks % 4 == self.request.seed % 4:
            assert again == agenda(self.evidence, moment), f"look {self.looks}"
        self.looks += 1
        return again


def by_chance(seed: int, well: int) -> Callable[[Task], str]:
    """Neutral sites go well; of a service's conversations ``well`` in ten do."""

    def ends(task: Task) -> str:
        drawn = crc32(f"{seed}/{task.id}".encode())
        return WELL if not own(task) or drawn % 10 < well else ENDS[drawn % len(ENDS)]

    return ends


@settings(SLOW, max_examples=4)
@given(st.integers(0, 999), st.sampled_from((0, 3, 7, 10)), st.booleans())
def test_a_later_look_wants_what_a_first_one_would(seed: int, well: int, proxy: bool) -> None:
    request = replace(ask(via="socks5" if proxy else None), seed=seed)
    there = Compared(request=request, ends=by_chance(seed, well), only=("signal",))
    assert there.run().looks > 5


def told(facts: Facts) -> dict[str, Any]:
    """All that facts and connection say."""
    connection = ConnectionFacts(facts)
    found: dict[str, Any] = {}
    for of in (facts, connection):
        for name in dir(type(of)):
            kind = getattr(type(of), name)
            if isinstance(kind, derived | property) and name not in ("calls", "outages"):
                found[f"{type(of).__name__}.{name}"] = getattr(of, name)
    for part in (connection.outages, connection.calls):
        for name, kind in vars(type(part)).items():
            if isinstance(kind, derived):
                found[f"{type(part).__name__}.{name}"] = getattr(part, name)
    for arm in Arm:
        found[f"arm {arm}"] = facts.arm(arm), facts.site_conversations(arm), facts.measured(arm)
    for resolver in ResolverKind:
        found[f"lookups {resolver}"] = facts.lookups(resolver)
    hosts = {e.host for s in facts.services for e in s.endpoints if e.host is not None}
    found |= {f"name {host}": facts.name(host) for host in sorted(hosts)}
    found |= {f"of {e.name}": facts.of(s, e) for s in facts.services for e in s.endpoints}
    return found


@settings(SLOW, max_examples=4)
@given(st.data())
def test_the_order_in_which_evidence_comes_does_not_matter(data: st.DataObject) -> None:
    what = data.draw(st.sampled_from(("names are reset now and then", "resolvers lie")))
    whole = day(what).evidence
    left = list(data.draw(st.permutations(whole.measurements)))
    facts = Facts(replace(whole, measurements=()), Ledger())
    seen: list[Measurement] = []
    while left:
        some = data.draw(st.integers(1, 60))
        facts.add(left[:some])
        seen, left = [*seen, *left[:some]], left[some:]
        assert told(facts) == told(Facts(replace(whole, measurements=tuple(seen))))


def test_whoever_re_signs_is_found_out_late() -> None:
    """A company's root is known once three owners' sites are under it: what came before that is
    read otherwise from then on."""
    whole = inspected().evidence()
    facts = Facts(replace(whole, measurements=()), Ledger())
    read: set[int] = set()
    for number, measurement in enumerate(whole.measurements, start=1):
        facts.add([measurement])
        part = replace(whole, measurements=whole.measurements[:number])
        assert told(facts) == told(Facts(part))
        read.add(sum(t.authenticated for t in facts.conversations))
    assert max(read) > 1, "before it was known they counted"
    assert not any(t.authenticated for t in facts.conversations)
