"""How a word is known, in three steps: as the app asks, with one thing changed, and neutral.

Nothing is concluded here. Of the conversations that the verdict cites those are chosen that show
best what its rule rests on.
"""

from collections.abc import Iterable, Sequence

from msgprobe.model.dataclass import dataclass
from msgprobe.model.measurement import Measurement, Status
from msgprobe.model.observation import (
    DnsObservation,
    HttpObservation,
    LocalObservation,
    Observation,
    Proof,
    ProtocolObservation,
    TlsObservation,
)
from msgprobe.model.run import Run
from msgprobe.model.task import Arm, Flow, Inspect, Lookup, Role
from msgprobe.model.verdict import FunctionVerdict, Outcome, ServiceVerdict
from msgprobe.report import narrate
from msgprobe.report.language import N_, _, ngettext
from msgprobe.report.narrate import came, failure_word
from msgprobe.report.page.mark import ELSEWHERE_ARMS, Mark, elsewhere, mark, moved, paced
from msgprobe.report.reproduce import command

PLAIN_ARMS = (Arm.BASE, Arm.REPEAT)
NEUTRAL_ARMS = (Arm.CONNECTION, Arm.AGAIN, Arm.MONITOR)

CHANGED: dict[Arm, str] = {
    Arm.OTHER_RESOLVER: N_("The same name, asked at another resolver"),
    Arm.OTHER_QUERY: N_("The same resolver, asked for another name"),
    Arm.NON_RESOLVER: N_("The name, asked at an address where no resolver is"),
    Arm.OTHER_ADDRESS: N_("The service, at an address that another resolver gives"),
    Arm.TARGET_SNI_ELSEWHERE: N_("The same name, at a neutral server"),
    Arm.NEUTRAL_SNI_ELSEWHERE: N_("That neutral server, with a neutral name"),
    Arm.OTHER_SNI: N_("The same server, with another name"),
    Arm.OTHER_HELLO: N_("The same server and name, with a first message of another shape"),
    Arm.MODERN: N_("The same server and name, with the first message of a modern app"),
    Arm.MODERN_ELSEWHERE: N_("The same name in such a message, at a neutral server"),
    Arm.MODERN_NEUTRAL: N_("A neutral name in such a message, at that neutral server"),
    Arm.OTHER_PAYLOAD: N_("The same server, asked in another form"),
    Arm.WORDS_ELSEWHERE: N_("The same first message, at a neutral server"),
    Arm.WORDS_NEUTRAL: N_("That neutral server, with its own name"),
    Arm.OTHER_PORT: N_("The same server, at another port"),
    Arm.OTHER_TRANSPORT: N_("The same server, by another transport"),
    Arm.SHARE: N_("The same server and name, many times"),
    Arm.SHARE_ELSEWHERE: N_("The same name at a neutral server, as often"),
    Arm.SHARE_NEUTRAL: N_("A neutral name at that server, as often"),
    Arm.SAME_TUPLE: N_("Again at once, on the same pair of ports"),
    Arm.ALONE: N_("The same, with no other connection at that time"),
    Arm.TOGETHER: N_("The same, several at the same time"),
    Arm.PLAIN_PAGE: N_("The same name, by plain HTTP"),
    Arm.TRANSFER_NEUTRAL_SNI: N_("The same object from the same server, with a neutral name"),
    Arm.TRANSFER_TARGET_SNI: N_("A neutral server's object, with the service's name"),
    Arm.TRANSFER_SIBLING: N_("The same object, from another address"),
    Arm.TRANSFER_SMALL: N_("The same object, in small packets"),
    Arm.TRANSFER_SOURCE: N_("A neutral server's object, under its own name"),
    Arm.NEUTRAL_TRAIN: N_("A neutral call server, at the same time"),
    Arm.NEUTRAL_CALL: N_("A neutral call server, asked the same"),
    Arm.NEUTRAL_FORM: N_("A neutral call server, asked in the older form"),
    Arm.QUIC_OTHER_SNI: N_("The same server by QUIC, with a neutral name"),
    Arm.QUIC_NEGOTIATION: N_("The same server by QUIC, with no name"),
    Arm.QUIC_ELSEWHERE: N_("The same name by QUIC, at a neutral server"),
    Arm.QUIC_NEUTRAL_ELSEWHERE: N_("A neutral name by QUIC, at that neutral server"),
    Arm.QUIC_NEUTRAL: N_("A neutral server by QUIC"),
    Arm.SECOND_PATH: N_("The same, through your proxy"),
    Arm.BIG_HELLO: N_("A neutral server, with a large first message"),
    Arm.HOLE: N_("A port that routers need"),
    Arm.CONNECTION: N_("A neutral server"),
    Arm.AGAIN: N_("A neutral server, at the same time"),
    Arm.MONITOR: N_("A neutral server, time and again"),
}
"""What is different from how the app asks, the most telling first."""

_PAIRS = (
    Arm.TARGET_SNI_ELSEWHERE,
    Arm.WORDS_ELSEWHERE,
    Arm.MODERN_ELSEWHERE,
    Arm.SHARE_ELSEWHERE,
    Arm.TRANSFER_TARGET_SNI,
)
"""What tells most where it ends as the app's own did."""

_OWN = (Arm.BASE, Arm.TRANSFER, Arm.TRAIN, Arm.TRANSFER_PAGE, Arm.REPEAT)
"""What is as the app asks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One conversation that stands for all of its kind.

    ``says`` is the name that it sends in the clear (empty: none), ``server`` whom it asks,
    ``result`` what came, ``tries`` how often, ``again`` the line that repeats it.
    """

    title: str
    server: str
    says: str
    mark: Mark
    result: str
    tries: str
    full: str
    again: str | None
    transaction: int


class Seen:
    """The measurements of a run, by the transactions that verdicts cite."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self._by: dict[int, Measurement] = {}
        self._hosts: dict[str, str] | None = None
        self.fair_kbit = 0.0
        """What neutral transfers moved beside the function that is told of; 0: not known."""
        for measurement in run.evidence.measurements:
            for seen in measurement.observations:
                self._by.setdefault(seen.transaction, measurement)

    def cited(self, evidence: Iterable[int]) -> list[Measurement]:
        """Those that the file still has, each once, in order."""
        found = {id(m): m for t in evidence if (m := self._by.get(t)) is not None}
        return list(found.values())

    def host_at(self, address: str) -> str | None:
        """The neutral host that lives at ``address``, where a conversation of this run shows it."""
        if self._hosts is None:
            flows = [m.task.probe for m in self.neutral()]
            self._hosts = {f.address: f.host for f in flows if isinstance(f, Flow) and f.host}
        return self._hosts.get(address)

    def neutral(self) -> list[Measurement]:
        """Conversations with neutral sites under their own names."""
        return [
            m
            for m in self.run.evidence.measurements
            if m.task.role is Role.CONTROL and m.task.arm in NEUTRAL_ARMS and m.observations
            if isinstance(m.task.probe, Flow) and m.status is Status.COMPLETED
        ]


def spoken(verdict: ServiceVerdict, seen: Seen) -> FunctionVerdict | None:
    """The function whose evidence shows best why the service has its word; None: no evidence."""
    mine = [f for f in verdict.functions if f.outcome is verdict.outcome] or [
        f for f in verdict.functions if f.outcome not in (Outcome.OK, Outcome.NOT_TESTED)
    ]
    told = [f for f in mine if f.evidence]

    def kinds(function: FunctionVerdict) -> int:
        return len({m.task.arm for m in seen.cited(function.evidence)} - {Arm.REPEAT})

    return max(told, key=lambda f: (f.strength == "confirmed", kinds(f)), default=None)


def steps(verdict: FunctionVerdict, seen: Seen) -> tuple[Step, ...]:
    """Three at most, each of another kind."""
    cited = seen.cited(verdict.evidence)
    seen.fair_kbit = max((s.control_kbit for s in verdict.speeds), default=0.0)
    own = [m for m in cited if m.task.arm in _OWN and m.task.role is Role.TARGET]
    found = [_step(_("As the app asks"), own, seen)] if own else []
    arms = _arms(cited, found[0].mark if found else None, seen)
    found += [_step(_(CHANGED[arm]), _of(arm, cited), seen) for arm in arms]
    if len(found) < 2 and (repeats := _of(Arm.REPEAT, own)):
        found.append(_step(_("The same once more, some seconds later"), repeats, seen))
    if len(found) < 3 and own:
        found += _neutral(own, seen)
    return tuple(found[:3])


def _of(arm: Arm, cited: Sequence[Measurement]) -> list[Measurement]:
    return [m for m in cited if m.task.arm is arm]


def _arms(cited: Sequence[Measurement], first: Mark | None, seen: Seen) -> list[Arm]:
    """What was changed, first where the change made a difference."""
    arms = [a for a in CHANGED if _of(a, cited)]

    def same(arm: Arm) -> bool:
        return paced(_typical(_of(arm, cited)), seen.fair_kbit) is first

    return sorted(arms, key=lambda a: a not in _PAIRS and same(a))


def _neutral(own: Sequence[Measurement], seen: Seen) -> list[Step]:
    """The neutral conversations that were nearest in time to the failures."""
    when = own[0].window.start
    near = sorted(seen.neutral(), key=lambda m: abs(m.window.start - when))[:4]
    return [_step(_("Neutral servers, at the same time"), near, seen)] if near else []


def of_connection(evidence: Iterable[int], seen: Seen) -> tuple[Step, ...]:
    """What shows the state of the connection: one of each kind of site and end, three at most."""
    kinds: dict[tuple[str, Mark], list[Measurement]] = {}
    for measurement in seen.cited(evidence):
        if isinstance(measurement.task.probe, Flow | Lookup):
            key = (_site_kind(measurement, seen.run), mark(measurement))
            kinds.setdefault(key, []).append(measurement)
    order = sorted(kinds.items(), key=lambda pair: -len(pair[1]))
    return tuple(_step(kind, found, seen) for (kind, _), found in order[:3])


def _site_kind(measurement: Measurement, run: Run) -> str:
    task = measurement.task
    if isinstance(task.probe, Lookup):
        return _("Names, asked at a resolver")
    if task.arm is Arm.HOLE:
        return _(CHANGED[Arm.HOLE])
    if task.check == "page":
        return _("Pages whose text is known (they find login pages)")
    country = next((s.country for s in run.evidence.controls.sites if s.name == task.subject), None)
    if country is not None:
        return _("Neutral sites in the country ({country})").format(country=country)
    return _("Neutral sites abroad") if task.role is Role.CONTROL else _("Servers of messengers")


def _typical(found: Sequence[Measurement]) -> Measurement:
    """The first of those that ended as most did."""
    ends: dict[str, list[Measurement]] = {}
    for one in found:
        ends.setdefault(f"{mark(one)} {_result(one)}", []).append(one)
    return max(ends.values(), key=len)[0]


def _step(title: str, found: Sequence[Measurement], seen: Seen) -> Step:
    one = _typical(found)
    ended = paced(one, seen.fair_kbit)
    alike = sum(paced(m, seen.fair_kbit) is ended for m in found)
    transfer = moved(one)
    return Step(
        title=title,
        server=_server(one, seen),
        says=_says(one),
        mark=ended,
        result=_result(one),
        tries=_tries(ended, alike, len(found)) if len(found) > 1 else "",
        full=_("; ").join(came(o) for o in one.observations if not isinstance(o, LocalObservation)),
        again=command(one.task, transfer.path if transfer is not None else None),
        transaction=one.observations[-1].transaction if one.observations else 0,
    )


def _tries(ended: Mark, alike: int, tries: int) -> str:
    """How many of them ended so."""
    text = {
        Mark.GOOD: ngettext(
            "{{alike}} of {count} try answered", "{{alike}} of {count} tries answered", tries
        ),
        Mark.BAD: ngettext(
            "{{alike}} of {count} try failed", "{{alike}} of {count} tries failed", tries
        ),
        Mark.SLOW: ngettext(
            "{{alike}} of {count} try was slow", "{{alike}} of {count} tries were slow", tries
        ),
        Mark.ODD: ngettext(
            "{{alike}} of {count} try was answered, unproven",
            "{{alike}} of {count} tries were answered, unproven",
            tries,
        ),
    }[ended]
    return text.format(alike=alike)


def _server(measurement: Measurement, seen: Seen) -> str:
    """Whom it asked, by a name where one is known."""
    task = measurement.task
    match task.probe:
        case Lookup(resolver=resolver):
            return resolver.name
        case Flow() as flow:
            where = (
                f"[{flow.address}]:{flow.port}"
                if ":" in flow.address
                else (f"{flow.address}:{flow.port}")
            )
            if task.arm in ELSEWHERE_ARMS:
                return seen.host_at(flow.address) or where
            return flow.host or where
        case Inspect():
            return _("this device")


def _says(measurement: Measurement) -> str:
    match measurement.task.probe:
        case Lookup(name=name):
            return name
        case Flow(server_name=name):
            return name or ""
        case Inspect():
            return ""


def _result(measurement: Measurement) -> str:
    """What came, in a few words."""
    if not measurement.observations:
        return _("nothing was seen")
    last = measurement.observations[-1]
    transfer = moved(measurement)
    if transfer is not None and transfer.failure is None:
        return narrate.moved(transfer)
    if last.failure is not None:
        return failure_word(last.failure)
    return _answer(measurement, last)


def _answer(measurement: Measurement, last: Observation) -> str:
    match last:
        case DnsObservation():
            return _(", ").join(last.addresses[:2]) or _("no address")
        case TlsObservation(chain=(leaf, *_)) if not last.verified:
            if elsewhere(measurement, last):
                return _("answered, with a certificate of its own")
            return _("a certificate issued by {issuer}, not verified").format(issuer=leaf.issuer)
        case HttpObservation() if last.matched is False:
            return _("another page than the known one (status {status})").format(status=last.status)
    proved = (
        isinstance(last, TlsObservation)
        or (isinstance(last, HttpObservation) and last.authenticated)
        or (isinstance(last, ProtocolObservation) and last.proof >= Proof.NONCE)
    )
    return _("answered, and proved who it is") if proved else _("answered")
