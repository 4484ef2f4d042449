"""What the planner sees: the evidence so far, what is running, and the clock's reading."""

from collections.abc import Iterable
from math import inf

from msgprobe.evidence.black_hole import only_small
from msgprobe.evidence.crowding import crowded_out, let_in
from msgprobe.evidence.facts import OWN_ARMS
from msgprobe.evidence.ledger import derived
from msgprobe.evidence.names import PASSING
from msgprobe.model.failure import Failure
from msgprobe.model.hello import OPTION, Hello
from msgprobe.model.measurement import Measurement
from msgprobe.model.observation import DnsObservation
from msgprobe.model.reach import is_special, may_be_neighbour
from msgprobe.model.target import Endpoint
from msgprobe.model.task import Arm, Flow, Task
from msgprobe.model.traits import Transport
from msgprobe.planning.lost_questions import lost_with_others
from msgprobe.planning.tempo import Tempo
from msgprobe.planning.timetable import (
    AS_LONG,
    BRISK_LOSS,
    CHOKING,
    ENOUGH,
    FAR_RTT,
    FEW_UNANSWERED,
    FOUR_TIMES,
    HEARD,
    LEAST_AGAIN,
    LONGEST,
    MANY_UNANSWERED,
    OVERDUE,
    PATIENCE,
    SETTLING,
    SILENT_UNTIL,
    SLOW_RTT,
    SLUGGISH,
    SOON,
    SPACING,
    SPAN,
    TELLING_SEGMENTS,
    knocking,
)

STUMBLED = (*PASSING, Failure.DNS_NO_ANSWER)
"""How a question fails that a resolver in trouble may answer well the next time. getaddrinfo says
"no answer" when one family failed and the other has no record."""

SMALL_SEGMENTS = 1000
"""Bytes per segment when big ones vanish on the way (RFC 8899 black hole)."""


class PlanningContext(Tempo):
    """A look with the questions that planners ask about the line, about time and about places."""

    def timeout(self) -> float:
        """Seconds for one conversation on this path."""
        return self._timeout

    @derived
    def _timeout(self) -> float:
        rtt = self.facts.rtt or 0.0
        left = max(PATIENCE, ENOUGH - self.moment.now)
        return min(LONGEST, left, max(PATIENCE, 7.0 + 10.0 * rtt, 8.0 * self.typical))

    def hello_timeout(self) -> float:
        """Seconds for a ClientHello at an address that is known to connect: a lost SYN or two, and
        four retransmissions of the ClientHello (RFC 6298: 0.2 s and its doubles on a short path,
        from a second on a long one). On a brisk line three of them are enough: what says most is
        that others are answered in the same seconds."""
        rtt = self.facts.rtt or 0.0
        if self.brisk:
            return max(FOUR_TIMES + 10.0 * rtt, 8.0 * self.typical)
        return min(self.timeout(), max(5.0 + 10.0 * rtt, 8.0 * self.typical))

    @derived
    def brisk(self) -> bool:
        """A short way, on which next to nothing is lost and nothing is slow: what is silent there
        for longer than a few retransmissions was not lost by the line, nor does it wait for our own
        bytes."""
        rtt = self.facts.rtt
        return (
            rtt is not None
            and rtt < FAR_RTT
            and self.unanswered <= FEW_UNANSWERED
            and self._usual < OVERDUE / 2
            and self.facts.repeated[1] >= TELLING_SEGMENTS
            and self.sent_again <= BRISK_LOSS
            and self.between_starts <= 0.0
        )

    @derived
    def _usual(self) -> float:
        """Seconds that three of four conversations which went well took at most, with neutral sites
        and with the services themselves: all that we say at once shows there."""
        took = sorted(
            m.window.seconds
            for arm in (Arm.CONNECTION, Arm.BASE)
            for m in self.facts.measured(arm)
            if isinstance(m.task.probe, Flow) and self.good(m.task.id)
        )
        return took[len(took) * 3 // 4] if took else inf

    @derived
    def sparing(self) -> bool:
        """Spare the line: the user asked for it, or it is slow, or chokes. That this device is
        slow to look says nothing about the line."""
        slow = self.pace > 0.0 or self.thin >= SLOW_RTT
        return self.request.quick or slow or self.choking or self.crowded

    @derived
    def unanswered(self) -> float:
        """Share of the first conversations with neutral sites abroad that got no good answer, or
        none yet; 0 where all hang over one address family, for then it is the family's fault."""
        begun = lacking = 0
        for prefix in ("g.site.", "g.site6."):
            wanted = [prefix + s.name for s in self.controls.abroad]
            ids = [i for i in wanted if self.started(i) is not None]
            missing = [i for i in ids if not self.answered(i)]
            if len(missing) < len(ids):
                begun += len(ids)
                lacking += len(missing)
        return lacking / begun if begun else 0.0

    @derived
    def sent_again(self) -> float:
        """Share of our segments that were lost (0 to 1); 0 while too few tell."""
        lost, sent = self.facts.repeated
        return lost / sent if sent >= TELLING_SEGMENTS else 0.0

    @derived
    def line_loses(self) -> float:
        """The same of the line alone, without what is lost on the way to one service."""
        lost, sent = self.facts.repeated_by_the_line
        return lost / sent if sent >= TELLING_SEGMENTS else 0.0

    @derived
    def _lacking(self) -> bool:
        """Neutral sites answer, and most of those that were asked do not, or not yet."""
        odd_path = self.mss or self.facts.other_shape  # ClientHellos of our size or shape vanish
        return self.connection.open and not odd_path and self.unanswered >= MANY_UNANSWERED

    @derived
    def choking(self) -> bool:
        """Neutral sites do not answer so many at a time, and lose much where they answer: a policed
        line drops what is too much at once, and its round trips stay short."""
        lost, sent = self.facts.repeated_by_the_line
        return self._lacking and lost >= CHOKING * sent > 0

    def settling(self) -> bool:
        """The controls have only just opened, and most of what was asked there may still be
        answered."""
        return self._lacking and self.just_opened()

    def just_opened(self) -> bool:
        """The second neutral site has answered not long ago."""
        ends = sorted(
            m.window.end
            for m in self.facts.measured(Arm.CONNECTION)
            if m.task.check == "https" and self.answered(m.task.id)
        )
        return bool(ends) and not self.due(ends[:2][-1], SETTLING)

    @derived
    def roomy(self) -> bool:
        """Neither the user nor the path asks to be spared experiments that only refine."""
        rtt = self.facts.rtt or 0.0
        slow = self.typical - 5.0 * rtt >= 2 * SLUGGISH
        return not self.request.quick and self.thin < SLOW_RTT and not slow

    def stalled(self, task: Task) -> bool:
        """Running for longer than an honest answer takes, and not kept out by our own crowd."""
        if self.ended(task.id) is not None or self._kept_out(task):
            return False
        opened = task.id in self.moment.opened
        if self.brisk and self.traits.of(task.check).transport is Transport.TCP:
            wait = HEARD if opened and task.id not in self.moment.secured else OVERDUE
        else:  # it may have waited to be let in
            wait = gap(task) * (2 if self.crowded and opened else 1)
            if self.moment.filled:  # it waits for our own bytes, as the neutral ones did
                wait = max(wait, AS_LONG * self.whole)
        return self.due(self.since(task.id), wait)

    def _kept_out(self, task: Task) -> bool:
        """Nothing was answered, and that may be our own crowd's doing."""
        if not self.crowded or task.id in self.moment.opened:
            return False
        done, since = self.conversation(task.id), self.started(task.id)
        if since is None or (done is not None and not crowded_out(done)):
            return False
        until = self.moment.now if done is None else self.facts.window(done).end
        return not let_in(self.facts.conversations, since, until)

    def suspicious(self, task: Task) -> bool:
        """The conversation failed, or hangs."""
        kept_out = self.ended(task.id) is not None and self._kept_out(task)
        if kept_out or self.oversized(task.id):
            # It is asked again first, in a way that the line can take: that one counts.
            second = self.conversation(task.attempts()[1])
            return second is not None and second.symptom is not None
        return self._failing(task)

    def _failing(self, task: Task) -> bool:
        conversation = self.conversation(task.id)
        symptom = conversation.symptom if conversation is not None else None
        if symptom == "tls.certificate" and self.connection.inspector:
            return False  # everything is re-signed here: the reason is known
        return self.stalled(task) or symptom is not None

    def dead(self, task_id: str) -> bool:
        """The conversation failed, or has hung for longer than any honest answer of a neutral
        site takes; False while it may still be answered or has not begun."""
        conversation = self.conversation(task_id)
        if conversation is None:
            return self.due(self.since(task_id))
        return conversation.failure is not None and not self.connection.reaches(conversation)

    def tries(
        self,
        base: Task,
        arm: Arm | None = None,
        times: int = 3,
        *,
        apart: float | None = None,
        last_at: float | None = None,
        since: float | None = None,
    ) -> list[Task]:
        """The task, and its repeats as they fall due while no attempt has succeeded, ``apart``
        seconds after one another or as long as is usual for its patience. With ``last_at`` all of
        them are to last (see `evidence.lasting`), and the last one does not begin before that
        second of the run. Who fails alike has done so ``since`` that second, if not since this one
        began."""
        wanted = [base]
        begun, ids = self.started(base.id), base.attempts(times)
        for number in range(2, times + 1):
            if begun is None or self._settled(base, ids):
                break
            last = number == times and last_at is not None
            after = (apart or self._gap(base)) * (number - 1)
            if last:
                after = max(after, (last_at or 0.0) - begun)
            if not self.due(begun, after) or self._awaits_turn(base, ids[number - 2]):
                break
            reason = f"once more, to be sure: {base.reason}"
            lasted = begun + after - min(since or begun, begun)
            timeout = self._again_timeout(base, begun + after, lasted if last else None)
            wanted.append(base.again(number, arm=arm or base.arm, reason=reason, timeout=timeout))
        return wanted

    def _settled(self, base: Task, ids: tuple[str, ...]) -> bool:
        """One of the attempts went well, or the first one ended, and not badly."""
        ended = self.ended(base.id) is not None
        return any(self.good(i) for i in ids) or (ended and not self._failing(base))

    def _gap(self, base: Task) -> float:
        """Seconds between attempts: who shows another's certificate does so in a moment as well."""
        first = self.conversation(base.id)
        shown = first is not None and first.symptom == "tls.certificate" and self.brisk
        return SOON if shown else gap(base)

    def _awaits_turn(self, base: Task, before: str) -> bool:
        """Where our own crowd is lost, the attempt before has its turn first, and repeats its first
        packet by itself."""
        knocks = self.ended(before) is None and self._kept_out(base)
        return self.crowded and (knocks or self.started(before) is None)

    def _again_timeout(self, base: Task, begins: float, lasted: float | None) -> float:
        """Seconds for one more attempt, which ``begins`` at that second of the run. The last one,
        by when all of them will have ``lasted`` so long, goes on until they span the time in which
        a server that is begun again is back. On a brisk line others need not go on for longer than
        those that begin with the run; on one that nothing was heard on, not for longer than the
        first ones and their repeats."""
        if self.facts.rtt is None:
            return min(base.timeout, max(LEAST_AGAIN, SILENT_UNTIL - begins))
        if lasted is not None:
            whole = lasted >= SPAN and not self.brisk
            least = base.timeout if whole else knocking(self.facts.rtt, brisk=self.brisk)
            return max(least, SPAN - lasted)
        if self.brisk:
            return min(base.timeout, max(LEAST_AGAIN, SPAN - begins))
        return base.timeout

    def asked_again(self, first: Task, last_at: float = 0.0) -> list[Task]:
        """A question that vanishes is asked three times, the last one not before second ``last_at``
        of the run: one lost datagram accuses nobody. Where a crowd of them is too much, each when
        the one before has been given up; what was lost with all others again at once."""
        wanted: list[Task] = []
        last = first
        for number in (2, 3):
            if not self._stumbled(last if self.crowd is not None else first):
                break
            begun, after = self.started(first.id), SPACING * (number - 1)
            if number == 2 and lost_with_others(self, first):
                after = 0.0
            late = number == 3 and begun is not None and self._stumbled(last)
            if late:
                after = max(after, last_at - (begun or 0.0))
            if not self.due(begun, after):
                break
            timeout = first.timeout / 2 if late and last_at else first.timeout
            last = first.again(number, timeout=timeout)
            wanted.append(last)
        return wanted

    def _stumbled(self, question: Task) -> bool:
        """It got no answer that could be the last word, or none yet."""
        done = self.ended(question.id)
        if done is None:
            return self.crowd is None
        refused = (Failure.DNS_REFUSED,) if self.connection.resolver_stumbles else ()
        return stumbled(done, *refused)

    @derived
    def mss(self) -> int:
        """Segment size to ask for: small when only small segments reach neutral hosts."""
        return SMALL_SEGMENTS if only_small(self.facts) else 0

    def flow(self, address: str, port: int, host: str | None, **more: object) -> Flow:
        """A flow with what this path needs (segment size, dates unchecked under a wrong clock,
        another program's ClientHello where ours is dropped for everybody)."""
        fitting = {"mss": self.mss, "check_dates": not self.connection.clock_wrong, **more}
        if self.facts.other_shape:
            own = fitting.get("options", ())
            assert isinstance(own, tuple)
            fitting["options"] = tuple({OPTION: Hello.OTHER.value, **dict(own)}.items())
        return Flow(address=address, port=port, host=host, **fitting)  # type: ignore[arg-type]

    def https(self, address: str, host: str, **more: object) -> Flow:
        """A flow to port 443 whose ClientHello names ``host``."""
        return self.flow(address, 443, host, **{"server_name": host, **more})

    def known(self, host: str, hints: Iterable[str] = ()) -> list[str]:
        """Addresses of ``host`` where a public service can live and whose family works here:
        ``hints`` first, then the system's own."""
        every = (*hints, *self.facts.name(host).system_addresses)
        return [a for a in every if self.facts.usable(a) and self.facts.leads_out(a)]

    @derived
    def six_works(self) -> bool:
        """A neutral host answered over IPv6; a connection alone does not show that it carries what
        is long."""
        return any(self.connection.reaches(t) for t in self.connection.six)

    def leads(self, endpoint: Endpoint, address: str) -> bool:
        """An answer that names ``address`` leads the endpoint's check there.

        To a special address only a check in which the peer proves itself before anything else is
        said. Where neutral names lead to such as well, which a tunnel does, every one; else, for
        tunnels may carry some names alone, to an address where no neighbour lives those of the
        first host that is led there, and the others once it has proved itself.
        """
        if self.facts.leads_out(address) or address in endpoint.addresses:
            return True
        if self.facts.never(address) or not self.traits.asks_proof(endpoint):
            return False
        first = self._first_led.get(address) == endpoint.host
        return first or self.connection.fake_addresses or address in self._proved_inside

    @derived
    def _first_led(self) -> dict[str, str]:
        """The first host of the services that is led to each special address."""
        found: dict[str, str] = {}
        for service in self.services:
            for e in service.endpoints:
                if e.host is None or not self.traits.asks_proof(e):
                    continue
                for address in self.facts.name(e.host).system_addresses:
                    if is_special(address) and not may_be_neighbour(address):
                        found.setdefault(address, e.host)
        return found

    @derived
    def _proved_inside(self) -> frozenset[str]:
        """Special addresses at which a service has proved itself."""
        own = self.facts.arm(*OWN_ARMS)
        return frozenset(
            t.address for t in own if t.genuine and not self.facts.leads_out(t.address)
        )

    def dialable(self, addresses: Iterable[str], four: int, six: int) -> list[str]:
        """The first addresses of each family that may be dialled here."""
        usable = [a for a in dict.fromkeys(addresses) if self.facts.usable(a)]
        v4 = [a for a in usable if ":" not in a][:four]
        local = self.facts.local
        only_six = 4 not in self.request.families or (local is not None and not local.route4)
        v6 = [a for a in usable if ":" in a] if self.six_works or only_six else []
        return [*v4, *v6[: max(six, four if only_six else 0)]]


def stumbled(question: Measurement, *more: Failure) -> bool:
    """It got no answer that could be the last word, ``more`` included."""
    seen = (o for o in question.observations if isinstance(o, DnsObservation))
    return any(o.failure in (*STUMBLED, *more) for o in seen)


def gap(task: Task) -> float:
    """Seconds between the starts of repeated attempts of a task."""
    return max(SPACING, task.timeout * 3 / 8)
