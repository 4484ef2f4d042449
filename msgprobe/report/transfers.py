"""The transfers of a run, put beside each other: each asset's own and the neutral ones."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from msgprobe.evidence.rate import moving_time, rate_kbit
from msgprobe.model.dataclass import dataclass
from msgprobe.model.measurement import Measurement, Status
from msgprobe.model.observation import TransferObservation
from msgprobe.model.run import Run
from msgprobe.model.target import Direction
from msgprobe.model.task import Arm, Flow
from msgprobe.report import wording
from msgprobe.report.language import _, ngettext

ARMS = (Arm.TRANSFER, Arm.TRANSFER_NEUTRAL_SNI, Arm.TRANSFER_TARGET_SNI, Arm.TRANSFER_SOURCE)
"""Those that a picture shows, in the order of its legend."""

_LONGEST = 3600.0
_LARGEST = 10**9
"""Neither lasts longer nor is larger in any run; a file from a stranger may claim it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One transfer. ``seen`` is None where it ended before there was anything to move."""

    measurement: Measurement
    seen: TransferObservation | None

    @property
    def arm(self) -> Arm:
        """What it was for."""
        return self.measurement.task.arm

    @property
    def points(self) -> tuple[tuple[float, int], ...]:
        """(seconds, bytes) from nothing at 0, to the end also where it stood still."""
        if self.seen is None:
            return ()
        curve = list(_honest(self.seen.curve))
        last = curve[-1][1] if curve else 0
        end = moving_time(self.seen)
        if (curve[-1][0] if curve else 0.0) < end <= _LONGEST:
            curve.append((end, last))
        return ((0.0, 0), *curve)

    @property
    def kbit(self) -> float | None:
        """Its rate in kbit/s, None where nothing moved."""
        if self.seen is None:
            return None
        # a file from a stranger may claim any curve
        return rate_kbit(replace(self.seen, curve=tuple(_honest(self.seen.curve))))


def _honest(curve: Iterable[tuple[float, int]]) -> Iterator[tuple[float, int]]:
    """The points that can be, in order of time, never falling."""
    moved = 0
    for then, so_far in sorted(p for p in curve if 0 <= p[0] <= _LONGEST):
        if 0 <= so_far <= _LARGEST:
            moved = max(moved, so_far)
            yield then, moved


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """The transfers of one asset and those that it is compared with. ``title`` is the service's."""

    service: str
    title: str
    asset: str
    direction: Direction
    lines: tuple[Line, ...]

    def of(self, arm: Arm) -> tuple[Line, ...]:
        """The transfers for one purpose."""
        return tuple(line for line in self.lines if line.arm is arm)

    @property
    def host(self) -> str:
        """Whom the asset belongs to, as the messenger asks for it."""
        for line in self.lines:
            probe = line.measurement.task.probe
            own = line.arm in (Arm.TRANSFER, Arm.TRANSFER_NEUTRAL_SNI)
            if own and isinstance(probe, Flow):
                return probe.host or probe.address
        return self.title

    def label(self, arm: Arm) -> str:
        """What a curve is, in plain words."""
        words = {
            Arm.TRANSFER: _("{host}, as the app asks"),
            Arm.TRANSFER_NEUTRAL_SNI: _("same server, neutral name"),
            Arm.TRANSFER_TARGET_SNI: _("neutral server, {service}'s name"),
        }
        text = words.get(arm, _("neutral server"))
        return text.format(host=self.host, service=self.title)

    def summary(self, arm: Arm) -> str:
        """``140 kbit/s (median of 2 transfers)``: the rate, and what came to nothing."""
        lines = self.of(arm)
        rates = sorted(line.kbit for line in lines if line.kbit is not None)
        failed = len(lines) - len(rates)
        if not rates:
            return ngettext(
                "nothing moved in {count} transfer", "nothing moved in {count} transfers", failed
            )
        middle = ngettext(
            "{{rate}} (median of {count} transfer)",
            "{{rate}} (median of {count} transfers)",
            len(rates),
        )
        text = _("{rate} (1 transfer)") if len(rates) == 1 else middle
        told = text.format(rate=wording.rate(median(rates)))
        if not failed:
            return told
        none = ngettext("{count} more moved nothing", "{count} more moved nothing", failed)
        return _("; ").join((told, none))

    def legend(self, arm: Arm) -> str:
        """What a curve is, and what it comes to."""
        return _("{name}: {word}").format(name=self.label(arm), word=self.summary(arm))


def median(ordered: Sequence[float]) -> float:
    """The middle of ascending values (at least one), the mean of the two middle ones if even."""
    half = len(ordered) // 2
    return ordered[half] if len(ordered) % 2 else (ordered[half - 1] + ordered[half]) / 2


def pictures(run: Run, service: str | None = None) -> tuple[Picture, ...]:
    """One per asset that was moved, in the order of the services (only ``service`` if given)."""
    lines = [line for m in run.evidence.measurements if (line := _line(m)) is not None]
    names = {s.name for s in run.evidence.services}
    titles = {s.service: s.name for s in run.verdict.services}
    titles |= {s.name: s.title for s in run.evidence.services}
    own = dict.fromkeys(_asset(line) for line in lines if line.arm is Arm.TRANSFER)
    order = list(titles)
    found = []
    for subject, asset, direction in own:
        if service not in (None, subject):
            continue
        mine = [n for n in lines if _belongs(n, subject, asset, direction, names)]
        found.append(
            Picture(
                service=subject,
                title=titles.get(subject, subject),
                asset=asset,
                direction=direction,
                lines=tuple(sorted(mine, key=lambda n: n.measurement.window.start)),
            )
        )
    return tuple(sorted(found, key=lambda p: order.index(p.service) if p.service in order else 99))


def _line(measurement: Measurement) -> Line | None:
    task = measurement.task
    if task.arm not in ARMS or not isinstance(task.probe, Flow):
        return None
    seen = [o for o in measurement.observations if isinstance(o, TransferObservation)]
    if not seen and measurement.status is not Status.COMPLETED:
        return None
    return Line(measurement=measurement, seen=seen[-1] if seen else None)


def _option(line: Line, key: str) -> str | None:
    probe = line.measurement.task.probe
    return probe.option(key) if isinstance(probe, Flow) else None


def _direction(line: Line) -> Direction:
    if line.seen is not None:
        return line.seen.direction
    return Direction.UP if _option(line, "direction") == Direction.UP else Direction.DOWN


def _asset(line: Line) -> tuple[str, str, Direction]:
    return line.measurement.task.subject, _option(line, "asset") or "", _direction(line)


def _belongs(
    line: Line, service: str, asset: str, direction: Direction, services: set[str]
) -> bool:
    """A neutral transfer that names no asset belongs to every one of its direction."""
    if _direction(line) is not direction:
        return False
    subject, named, _ = _asset(line)
    if line.arm is Arm.TRANSFER_SOURCE and not named:
        return True
    owner = _option(line, "service") or subject
    # a neutral transfer has the neutral server's name as its subject
    return named == asset and (owner == service or owner not in services)
