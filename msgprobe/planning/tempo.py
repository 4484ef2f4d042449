"""How much at a time the line of a run can take, and how quickly it answers then."""

from msgprobe.evidence.crowding import Crowd, crowd, undecided
from msgprobe.evidence.ledger import derived
from msgprobe.evidence.line import round_trip
from msgprobe.model.task import Arm, Flow
from msgprobe.planning.look import Look
from msgprobe.planning.timetable import FAR_PACE, FAR_RTT, SLOW_RTT, SLUGGISH


class Tempo(Look):
    """A look with what decides how quickly one conversation may follow another."""

    @derived
    def typical(self) -> float:
        """Seconds of a quick neutral conversation that went well; 0 before there is any.

        The second quickest, not the median: a busy machine stretches most of them, a slow line
        stretches all.
        """
        took = sorted(seconds for seconds, _ in self._went_well)
        return took[:2][-1] if took else 0.0

    @derived
    def _went_well(self) -> tuple[tuple[float, float], ...]:
        """Of each neutral conversation that went well the seconds that it took, and those without
        the wait until a lost first packet was sent again."""
        good = [
            (m.window.seconds, t)
            for m in self.facts.measured(Arm.CONNECTION)
            if isinstance(m.task.probe, Flow)
            and self.good(m.task.id)
            and (t := self.facts.conversation(m.task.id)) is not None
        ]
        return tuple((seconds, seconds - t.knocked) for seconds, t in good)

    @derived
    def whole(self) -> float:
        """Seconds that a conversation with a neutral site took from end to end (the median)."""
        sites = self.facts.site_conversations(Arm.CONNECTION)
        took = sorted(self.facts.window(t).seconds for _, t in sites if t.genuine)
        return took[len(took) // 2] if took else 0.0

    @derived
    def crowd(self) -> Crowd | None:
        """What our own crowd loses on a line with a short way; None: nothing that shows."""
        told, seen = self.facts, self.moment
        if told.shortest_rtt >= SLOW_RTT:
            return None
        return crowd(told.questions, told.conversations, seen.running, seen.opened, seen.now)

    @derived
    def crowded(self) -> bool:
        """New flows are lost because we open so many."""
        return self.crowd is not None and self.crowd.flows and self.crowd.sure

    @derived
    def may_be_crowded(self) -> bool:
        """Many neutral ones wait that will have told in a moment whether our crowd is lost: more of
        it would only be lost as well."""
        told, seen = self.facts, self.moment
        if self.crowd is not None or told.shortest_rtt >= SLOW_RTT:
            return False
        until = undecided(told.questions, told.conversations, seen.running, seen.opened, seen.now)
        if until is not None:
            self.wake(until)
        return until is not None

    @derived
    def pace(self) -> float:
        """Seconds between starts: on a slow line about what a third of a conversation occupies.

        A conversation takes about five round trips; what it takes beyond that, the line was busy.
        Not so while a first packet that was lost waits to be sent again: then nothing moves.
        """
        took = sorted(moving for _, moving in self._went_well)[:2]
        busy = took[-1] - 5.0 * (self.facts.rtt or 0.0) if took else 0.0
        return min(0.3, busy / 3) if busy >= SLUGGISH else 0.0

    @derived
    def between_starts(self) -> float:
        """Seconds to leave between starts."""
        if self.crowd is not None and self.crowd.flows:
            return max(self.pace, self.crowd.pace)
        return self.pace or (FAR_PACE if (self.facts.rtt or 0.0) >= FAR_RTT else 0.0)

    @derived
    def thin(self) -> float:
        """Seconds of round trip on a line that few conversations fill; 0 where it is another."""
        rtt = round_trip(self.facts) or 0.0
        return rtt if rtt >= FAR_RTT else 0.0
