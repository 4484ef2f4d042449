"""A word is told once, when it can no longer change: a service's, and its functions' before it."""

from collections.abc import Collection
from dataclasses import replace

import pytest

from msgprobe.agenda import settling
from msgprobe.agenda.settling import Settling, at_rest
from msgprobe.model.event import Decided, Settled
from msgprobe.model.run import Evidence
from msgprobe.model.target import Asset, Function, Pool
from msgprobe.model.task import Task
from msgprobe.model.verdict import Outcome, ServiceVerdict, Verdict
from tests.evidence.story import HERE, SERVICE
from tests.report import sample

FILES = replace(SERVICE.endpoints[0], name="files", pool="files")
OBJECT = Asset(
    name="object", function=Function.MEDIA, host="files.example", provenance=HERE, path="/o"
)
ACME = replace(
    SERVICE,
    pools=(*SERVICE.pools, Pool(name="files", function=Function.MEDIA)),
    endpoints=(*SERVICE.endpoints, FILES),
    assets=(OBJECT,),
)
MOVED = sample.moved(subject="acme", asset="object")
SURVEY = replace(MOVED, task=replace(MOVED.task, endpoint=None))
MOVING = SURVEY.task
TEXT = replace(sample.measurements()[2].task, subject="acme", endpoint=SERVICE.endpoints[0].name)
BOTH = frozenset((Function.TEXT, Function.MEDIA))
PENDING = frozenset(("acme",))


@pytest.mark.parametrize(
    ("under_way", "pending", "rest"),
    [
        ((), False, BOTH),
        ((), True, {Function.TEXT}),
        ((MOVING,), False, {Function.TEXT}),
        ((TEXT,), False, {Function.MEDIA}),
        ((replace(TEXT, endpoint=None),), False, frozenset()),
    ],
    ids=["nothing runs", "speeds are to come", "a transfer", "a conversation", "a lookup"],
)
def test_a_function_rests_when_nothing_that_bears_on_it_is_to_come(
    under_way: tuple[Task, ...], pending: bool, rest: frozenset[Function]
) -> None:
    assert at_rest(ACME, under_way, pending=pending) == rest


def verdict(text: Outcome, media: Outcome = Outcome.OK) -> ServiceVerdict:
    functions = (sample.function(Function.TEXT, text), sample.function(Function.MEDIA, media))
    return sample.service_verdict(name="Acme", functions=functions)


class Course:
    """One run, judged as it is told to."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, text: Outcome) -> None:
        self.seen = [replace(SURVEY, task=TEXT), SURVEY]
        self.judged = 0
        self.run = sample.run(verdict(text), seen=())
        self.settling = Settling()
        monkeypatch.setattr(settling, "judge", self.judge)

    def judge(self, evidence: Evidence, only: Collection[str]) -> Verdict:
        assert set(only) == {ACME.name}
        self.judged += 1
        return self.run.verdict

    def look(self, *under_way: Task, pending: frozenset[str] = PENDING) -> list[object]:
        evidence = replace(self.run.evidence, services=(ACME,), measurements=tuple(self.seen))
        found = self.settling.events(replace(self.run, evidence=evidence), under_way, pending)
        return [e.function.function if isinstance(e, Settled) else Decided for e in found]


def test_functions_settle_one_by_one_and_then_the_service(monkeypatch: pytest.MonkeyPatch) -> None:
    course = Course(monkeypatch, Outcome.OK)
    whole, course.seen = course.seen, course.seen[:1]
    assert course.look() == [], "before speeds are compared, more may be asked"
    course.seen = whole
    assert course.look(MOVING) == [Function.TEXT]
    assert course.look(MOVING) == []
    assert course.look(pending=frozenset()) == [Decided]
    assert course.look(pending=frozenset()) == []
    assert course.judged == 2
    assert list(course.settling.rest(course.run)) == []


def test_a_word_that_more_may_change_is_told_at_the_end_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    course = Course(monkeypatch, Outcome.INCONCLUSIVE)
    assert course.look(MOVING) == []
    assert course.look(pending=frozenset()) == [Function.MEDIA]
    assert course.look(pending=frozenset()) == []
    assert course.judged == 2, "nothing new was seen of it since"
    (event,) = course.settling.rest(course.run)
    assert event.verdict.service == "acme"
