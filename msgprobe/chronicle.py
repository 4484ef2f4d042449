"""From runs to what is remembered of them, and from that to today's words and the timeline."""

import os
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from statistics import median

from msgprobe import session
from msgprobe.history.layers import layer_for
from msgprobe.history.reading import first_tick, recorded
from msgprobe.history.schema import FIRST
from msgprobe.history.store import History, pack
from msgprobe.hypotheses.rule import RULES_VERSION
from msgprobe.model.history import CONNECTION, Said, Series, SpeedSeen, Tick, TickKind
from msgprobe.model.observation import TcpObservation
from msgprobe.model.run import Run
from msgprobe.model.task import Role
from msgprobe.model.timeline import Story
from msgprobe.model.verdict import Outcome, Verdict
from msgprobe.redaction.export import exported
from msgprobe.report.document import SavedRunError, document, dumps, read_run
from msgprobe.timeline.story import LEAD_IN, tell

ALONE = 8
"""Documents up to which one process judges them: starting others takes as long as a few."""

MOST_JUDGES = 4


def tick(run: Run, kind: TickKind | None = None) -> Tick:
    """What is remembered of a run: its words, its speeds and its evidence, redacted whatever was
    asked for elsewhere. ``kind`` is how it was looked, by default as the run was asked for."""
    quick = run.evidence.request.quick
    kept = exported(session.judge(run))
    text = dumps(document(kept, exit_code=0, evidence=True))
    return Tick(
        run_id=run.run_id,
        at=int(datetime.fromisoformat(run.started_at).timestamp()),
        kind=kind or (TickKind.QUICK if quick else TickKind.RUN),
        rules=kept.verdict.rules_version,
        words=words(kept.verdict),
        catalogue=run.catalogue_sha256,
        packed=pack(text),
        speeds=tuple(speeds(kept.verdict)),
        rtt_ms=_round_trip(kept),
    )


def words(verdict: Verdict) -> dict[str, Said]:
    """A verdict as words by subject; what was not tested has none."""
    line = verdict.connection
    found = {
        CONNECTION: Said(
            line.state.value, line.strength.value, False, tuple(sorted(set(line.notes)))
        )
    }
    for service in verdict.services:
        for one in service.functions:
            if one.outcome is not Outcome.NOT_TESTED:
                strength = "" if one.strength is None else one.strength.value
                said = Said(one.outcome.value, strength, one.partial, one.mechanisms)
                found[f"{service.service}.{one.function.value}"] = said
    return found


def speeds(verdict: Verdict) -> list[SpeedSeen]:
    """How fast each function's transfers moved beside neutral ones."""
    return [
        SpeedSeen(
            f"{service.service}.{one.function.value}",
            speed.direction.value,
            round(speed.ratio_corrected or speed.ratio, 3),
            speed.target_kbit,
            speed.control_kbit,
        )
        for service in verdict.services
        for one in service.functions
        for speed in one.speeds
        if speed.ratio > 0
    ]


def _round_trip(run: Run) -> float | None:
    """The median of the smallest round trips to neutral sites, in milliseconds."""
    found = [
        seen.info.min_rtt * 1000
        for m in run.evidence.measurements
        if m.task.role is not Role.TARGET
        for seen in m.observations
        if isinstance(seen, TcpObservation) and seen.info is not None and seen.info.min_rtt > 0
    ]
    return round(median(found), 1) if found else None


def judged_again(texts: Sequence[str]) -> Sequence[Mapping[str, Said] | None]:
    """Documents under today's rules, several at a time; None for one that cannot be read."""
    judges = min(os.cpu_count() or 1, MOST_JUDGES)
    if len(texts) > ALONE and judges > 1:
        try:
            from concurrent.futures import ProcessPoolExecutor

            with ProcessPoolExecutor(judges) as pool:
                return list(pool.map(_again, texts, chunksize=4))
        except (ImportError, NotImplementedError, OSError):
            pass  # a system without what processes wait by (Android), or one that has no more
    return [_again(text) for text in texts]


def _again(text: str) -> Mapping[str, Said] | None:
    try:
        return words(session.judge(read_run(text)).verdict)
    except SavedRunError:
        return None


def first_story(history: History, where: Series) -> Story | None:
    """The whole timeline of a series in the words as they were first given, without judging
    anything again; None where nothing is known. Raises HistoryError."""
    first = first_tick(history, where, None)
    return None if first is None else tell(recorded(history, where, first, FIRST), RULES_VERSION)


def story(
    history: History,
    where: Series,
    *,
    since: int | None,
    until: int | None,
    wanted: Callable[[str], bool],
) -> Story | None:
    """The timeline of a series from ``since`` on under today's rules; None where nothing is known.

    Times are seconds since 1970 (UTC). Raises HistoryError.
    """
    if first_tick(history, where, since) is None:
        return None
    first = first_tick(history, where, None if since is None else since - LEAD_IN)
    if first is None:
        return None
    layer = layer_for(history, where, first, RULES_VERSION, judged_again)
    found = recorded(history, where, first, layer)
    return tell(found, RULES_VERSION, since=since, until=until, wanted=wanted)
