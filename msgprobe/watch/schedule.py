"""The order of the days: a state and the time say what is looked at next; what came of it makes the
next state. Pure and deterministic, chance included (``State.seed``)."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import field, replace
from random import Random

from msgprobe.model.dataclass import dataclass
from msgprobe.model.history import CONNECTION, TickKind
from msgprobe.watch import budget, surprises
from msgprobe.watch.reason import Reason
from msgprobe.watch.state import Line, Look, Seen, State, Surprise, Words
from msgprobe.watch.timetable import Timetable

LEAST, MOST = 2 / 3, 4 / 3
"""Times the mean wait that a wait is, at least and at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """Says what comes next for ``services``, by name, each with its primary subject."""

    services: Mapping[str, str]
    moving: int = 1
    """Groups of services that small transfers go through."""
    timetable: Timetable = field(default_factory=Timetable)

    # -- what comes next -------------------------------------------------------------------------

    def next(self, state: State, now: float) -> Look:
        """The look that is due first; of those that are due, the most urgent one."""
        wanted = [one for one in self._wanted(state, now) if self._has_bytes(state, one, now)]
        due = [one for one in wanted if one.at <= now]
        return due[0] if due else min(wanted, key=lambda one: one.at)

    def _has_bytes(self, state: State, look: Look, now: float) -> bool:
        pulse = look.kind is TickKind.PULSE
        return pulse or budget.allowed(state, self.timetable, look, max(now, look.at))

    def _wanted(self, state: State, now: float) -> list[Look]:
        """Every look that is or will be wanted, the most urgent first; the last is a pulse."""
        line = state.here
        every = tuple(self.services)
        if not line.words:
            first = self._look(state, TickKind.RUN, Reason.FIRST, now, every, quick=False)
            smaller = self._look(state, TickKind.QUICK, Reason.FIRST, now, every)
            return [first, smaller, self._pulse(state, now)]
        found = [
            *self._second_looks(state, line, now),
            *self._run(state, line, now),
            *self._still(state, line),
            *self._transfer(state, line),
        ]
        return [*found, self._pulse(state, now)]

    def _look(
        self,
        state: State,
        kind: TickKind,
        reason: Reason,
        at: float,
        services: Sequence[str],
        *,
        quick: bool = True,
    ) -> Look:
        dead = not surprises.usable(state.here.words)
        turn = state.turns.get(kind.value, 0)
        return Look(
            kind=kind,
            reason=reason,
            at=at,
            services=tuple(services),
            turn=turn,
            dead=dead,
            quick=quick,
        )

    def _second_looks(self, state: State, line: Line, now: float) -> list[Look]:
        found = line.surprise
        if found is None:
            return []
        services = self._concerned(found.words)
        quick = not found.speed
        if found.looked is None:
            kind = TickKind.QUICK if quick else TickKind.RUN
            return [self._look(state, kind, Reason.SURPRISE, now, services, quick=quick)]
        at = found.looked + self.timetable.apart
        return [self._look(state, TickKind.CONFIRM, Reason.CONFIRM, at, services, quick=quick)]

    def _concerned(self, subjects: Collection[str]) -> tuple[str, ...]:
        """The services of these subjects; all of them where the connection is concerned alone."""
        names = {s.partition(".")[0] for s in subjects} - {CONNECTION}
        return tuple(s for s in self.services if s in names) or tuple(self.services)

    def _third_look(self, state: State, line: Line) -> Look:
        """Once more at what changed, where there are no bytes for a whole run."""
        kind = TickKind.CONFIRM
        at = line.last.get(kind.value, 0.0) + self.timetable.apart
        speed = surprises.speed_alone({s: line.words.get(s, "") for s in line.concerned})
        services = self._concerned(line.concerned)
        return self._look(state, kind, Reason.CONFIRM, at, services, quick=not speed)

    def _run(self, state: State, line: Line, now: float) -> list[Look]:
        last = line.last.get(TickKind.RUN.value)
        every = tuple(self.services)
        if last is None:
            return [self._look(state, TickKind.RUN, Reason.FIRST, now, every, quick=False)]
        daily = last + self._wait(
            state, "run", budget.between_runs(state, self.timetable, len(every))
        )
        found = [self._look(state, TickKind.RUN, Reason.DAILY, daily, every, quick=False)]
        if line.changed:
            at = last + self.timetable.runs_apart
            whole = self._look(state, TickKind.RUN, Reason.CHANGED, at, every, quick=False)
            found.insert(0, whole)
            if line.concerned and not self._has_bytes(state, whole, now):
                found.insert(1, self._third_look(state, line))
        return found if surprises.usable(line.words) else found[:-1]

    def _still(self, state: State, line: Line) -> list[Look]:
        """Services that were found blocked, each by itself and rarely."""
        if not surprises.usable(line.words):
            return []
        found = []
        shunned = self._shunned(line)
        mean = budget.between_stills(state, self.timetable, len(shunned))
        for service in shunned:
            asked = line.asked.get(service, 0.0)
            changed = asked - line.last.get(TickKind.CONFIRM.value, 0.0)
            soon = max(self.timetable.first_again, 2 * changed)
            at = asked + self._wait(state, service, min(mean, soon))
            found.append(self._look(state, TickKind.QUICK, Reason.STILL, at, (service,)))
        return found

    def _transfer(self, state: State, line: Line) -> list[Look]:
        if not self.moving or not surprises.usable(line.words):
            return []
        last = line.last.get(TickKind.TRANSFER.value, line.last.get(TickKind.RUN.value, 0.0))
        at = last + self._wait(state, "transfer", budget.between_transfers(state, self.timetable))
        services = tuple(s for s in self.services if s not in self._shunned(line))
        if not services:
            return []
        return [self._look(state, TickKind.TRANSFER, Reason.SPEED, at, services, quick=False)]

    def _pulse(self, state: State, now: float) -> Look:
        line = state.here
        shunned = self._shunned(line) if surprises.usable(line.words) else ()
        services = tuple(s for s in self.services if s not in shunned)
        mean = budget.between_pulses(
            state, self.timetable, max(1, len(services)), now, len(shunned)
        )
        last = max(line.last.values(), default=None)
        at = now if last is None else max(now, last + self._wait(state, "pulse", mean))
        look = self._look(state, TickKind.PULSE, Reason.PULSE, at, services)
        return replace(look, at=budget.affordable_at(state, self.timetable, look))

    def _shunned(self, line: Line) -> tuple[str, ...]:
        """Services that do not work, and are no longer asked with every pulse."""
        return tuple(
            name
            for name, subject in self.services.items()
            if line.words.get(subject) in surprises.SHUNNED
        )

    def _wait(self, state: State, what: str, mean: float) -> float:
        """A wait of that mean, the same however often it is asked for."""
        turns = sum(state.turns.values())
        turn = state.turns.get(what, turns) if what in ("run", "transfer") else turns
        if what in self.services:
            turn = state.turns.get(TickKind.QUICK.value, 0)
        chance = Random(f"{state.seed}/{what}/{turn}").random()
        return mean * (LEAST + (MOST - LEAST) * chance)

    def quiet(self, state: State, seen: Seen) -> bool:
        """A look in which nothing differs from what is established, and nothing is in doubt."""
        line = state.here
        calm = seen.look.kind is TickKind.PULSE and line.surprise is None and not line.changed
        return calm and not surprises.differing(line.words, seen.words, seen.look.kind)

    # -- what came of it -------------------------------------------------------------------------

    def took(self, state: State, seen: Seen) -> State:
        """The state after a look."""
        look = seen.look
        kind = look.kind.value
        state = budget.booked(
            state, self.timetable, look.kind, len(look.services), seen.ended, seen.bytes
        )
        line = state.here
        line = replace(
            line,
            last={**line.last, kind: seen.began},
            asked={**line.asked, **dict.fromkeys(look.services, seen.ended)},
        )
        line = self._judged(line, seen)
        turns = {**state.turns, kind: state.turns.get(kind, 0) + 1}
        return replace(state, turns=turns, lines={**state.lines, state.line: line})

    def _judged(self, line: Line, seen: Seen) -> Line:
        look = seen.look
        if look.reason is Reason.CONFIRM:
            return self._confirmed(line, seen)
        if look.reason is Reason.FIRST:
            return replace(line, words=surprises.learned(line.words, seen.words))
        found = surprises.differing(line.words, seen.words, look.kind)
        if look.reason is Reason.SURPRISE:
            return self._looked_into(line, seen, found)
        if look.reason is Reason.CHANGED:
            known = surprises.learned(line.words, seen.words)
            return replace(line, words=known, changed=False, concerned=())
        found = {s: w for s, w in found.items() if not self._let_alone(line, s, seen.ended)}
        if not found:
            return self._unsurprised(line, seen)
        looked = None if look.kind in surprises.PARTIAL else seen.ended
        speed = look.kind.sees_speed and surprises.speed_alone(found)
        words = {**found, **({} if line.surprise is None else line.surprise.words)}
        if line.surprise is not None:
            return line  # one after the other
        return replace(
            line, surprise=Surprise(words=words, since=seen.began, looked=looked, speed=speed)
        )

    @staticmethod
    def _unsurprised(line: Line, seen: Seen) -> Line:
        """A whole run on which all is as it was tells of what was not known yet."""
        if seen.look.kind is not TickKind.RUN:
            return line
        new = {s: w for s, w in seen.words.items() if s not in line.words}
        return replace(line, words={**new, **line.words})

    def _looked_into(self, line: Line, seen: Seen, found: Words) -> Line:
        assert line.surprise is not None
        if not found:
            return self._nothing(line, line.surprise, seen.ended)
        speed = line.surprise.speed or surprises.speed_alone(found)
        return replace(
            line,
            surprise=Surprise(
                words=found, since=line.surprise.since, looked=seen.ended, speed=speed
            ),
        )

    def _confirmed(self, line: Line, seen: Seen) -> Line:
        surprise = line.surprise
        if surprise is None:  # the third look
            return replace(line, concerned=())
        both = surprises.agreed(surprise.words, seen.words)
        if not both:
            return self._nothing(line, surprise, seen.ended)
        doubted = {s: d for s, d in line.doubted.items() if s not in both}
        words = {**line.words, **both}
        return replace(
            line, words=words, surprise=None, changed=True, concerned=tuple(both), doubted=doubted
        )

    def _nothing(self, line: Line, surprise: Surprise, now: float) -> Line:
        """It came to nothing: the same subjects are let alone for a while."""
        doubted = dict(line.doubted)
        for subject in surprise.words:
            _, before = doubted.get(subject, (0.0, self.timetable.patience / 2))
            patience = min(2 * before, self.timetable.longest_patience)
            doubted[subject] = (now + patience, patience)
        return replace(line, surprise=None, doubted=doubted)

    @staticmethod
    def _let_alone(line: Line, subject: str, now: float) -> bool:
        until, _ = line.doubted.get(subject, (0.0, 0.0))
        return now < until


def moved(state: State, line: str) -> State:
    """The device hangs on another network: what is known of that one counts."""
    return replace(state, line=line)
