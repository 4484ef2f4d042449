"""One look at a run: the evidence so far, what is running, and the clock's reading."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from math import inf, nextafter

from msgprobe.evidence.black_hole import only_small, too_large
from msgprobe.evidence.connection import ConnectionFacts
from msgprobe.evidence.conversation import Conversation
from msgprobe.evidence.facts import Facts
from msgprobe.evidence.ledger import NEVER, Ledger, derived
from msgprobe.model.measurement import Measurement
from msgprobe.model.run import Evidence
from msgprobe.model.task import Flow, Task
from msgprobe.planning.moment import Moment
from msgprobe.planning.timetable import SPACING
from msgprobe.planning.watched import Promises, WatchedMoment


class Look:
    """Evidence with its indexes, and the questions that planners ask about time."""

    def __init__(self, evidence: Evidence, moment: Moment) -> None:
        self.ledger = Ledger()
        self.facts = Facts(evidence, self.ledger)
        self.connection = ConnectionFacts(self.facts)
        self.request = evidence.request
        self.controls = evidence.controls
        self.services = evidence.services
        self.traits = self.facts.traits
        self.moment = WatchedMoment(self.ledger, moment)
        self.promised = Promises(self.ledger)

    def may_go_on(self, evidence: Evidence, moment: Moment) -> bool:
        """Whether that can be a later look at the same run."""
        ours = self.facts.evidence
        later = moment.now >= self.ledger.now
        return later and replace(evidence, measurements=ours.measurements) == ours

    def go_on(self, measurements: Iterable[Measurement], moment: Moment) -> None:
        """These measurements have come, and it is a later ``moment``: another look begins."""
        self.ledger.look_again()
        self.facts.add(measurements)
        self.moment.becomes(moment)
        self.promised = Promises(self.ledger)

    @property
    def wake_at(self) -> float | None:
        """When time alone may change what was asked in this look; None: never."""
        return None if self.ledger.wake_at == NEVER else self.ledger.wake_at

    def wake(self, at: float) -> None:
        """Ask to be called again at ``at``, unless something happens before."""
        self.ledger.past(at, wake=True)

    def due(self, begun: float | None, after: float = SPACING) -> bool:
        """Whether ``after`` seconds have passed since ``begun``; if not, the planner is called
        again when they have. Never where nothing has begun."""
        return begun is not None and self.ledger.past(begun + after, wake=True)

    def past(self, at: float) -> bool:
        """Whether it is later than ``at``, standstills not counted. Nobody is called for it."""
        return self.ledger.past(nextafter(at + self.moment.stood_still, inf))

    def past_by_the_clock(self, at: float) -> bool:
        """The same, standstills counted: what would go on and on is to end however long they
        were."""
        return self.ledger.past(nextafter(at, inf))

    def ended(self, task_id: str) -> Measurement | None:
        """The measurement of a finished task."""
        return self.facts.measurement(task_id)

    def conversation(self, task_id: str) -> Conversation | None:
        """The conversation of a finished Flow task."""
        return self.facts.conversation(task_id)

    def started(self, task_id: str) -> float | None:
        """When a task began, finished or not."""
        done = self.ended(task_id)
        return done.window.start if done is not None else self.since(task_id)

    def since(self, task_id: str) -> float | None:
        """When a task that is under way began."""
        running = self.moment.running.get(task_id)
        return None if running is None else running.since

    def oversized(self, task_id: str) -> bool:
        """It is held in larger segments than arrive here (see `too_large`), or was in vain: it says
        nothing about whoever is spoken to."""
        done, running = self.conversation(task_id), self.moment.running.get(task_id)
        if done is not None:
            return too_large(self.facts, done)
        if running is None or task_id not in self.moment.opened or not only_small(self.facts):
            return False
        return isinstance(running.task.probe, Flow) and not running.task.probe.mss

    @property
    def known_tasks(self) -> Iterator[Task]:
        """Every task that has begun."""
        yield from (m.task for m in self.facts.measurements)
        yield from (r.task for r in self.moment.running.values())

    @derived
    def dialled(self) -> frozenset[str]:
        """Addresses that something was said to, or is being said to."""
        return frozenset(t.flow.address for t in self.known_tasks if isinstance(t.probe, Flow))

    def good(self, task_id: str) -> bool:
        """The conversation ended well (genuine where that applies)."""
        conversation = self.conversation(task_id)
        return (
            conversation is not None and conversation.failure is None and not conversation.impostor
        )

    def answered(self, task_id: str) -> bool:
        """The conversation with a neutral site ended well, or as well as a box that re-signs
        certificates lets it."""
        conversation = self.conversation(task_id)
        return conversation is not None and (
            self.good(task_id) or self.connection.reaches(conversation)
        )
