"""What a run says beside its evidence: when, with what, and which chains it cites as forged."""

import re
from dataclasses import replace
from datetime import datetime
from enum import StrEnum

from msgprobe.model.run import Elsewhere, Run, Tool
from msgprobe.model.verdict import Verdict
from msgprobe.redaction.texts import version

FORGED = "tls.mitm"
"""The mechanism whose best proof is the chain itself."""

UNKNOWN_TIME = "unknown"
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|\+00:00)")


class Grain(StrEnum):
    """How exactly a run tells when it began."""

    SECOND = "second"
    MINUTE = "minute"
    HOUR = "hour"


def exported(run: Run, grain: Grain = Grain.MINUTE) -> Run:
    """``run`` as it may be written: its start no finer than ``grain``, its tools by their second
    number. Whoever watched the line finds a flow by the second in which it began."""
    if grain is Grain.SECOND:
        return run
    tool = Tool(
        name=run.tool.name,
        version=run.tool.version,
        python=version(run.tool.python),
        openssl=version(run.tool.openssl),
        platform=run.tool.platform,
    )
    elsewhere = tuple(_elsewhere(e, grain) for e in run.evidence.elsewhere)
    return replace(
        run,
        tool=tool,
        started_at=rounded(run.started_at, grain),
        evidence=replace(run.evidence, elsewhere=elsewhere),
    )


def _elsewhere(report: Elsewhere, grain: Grain) -> Elsewhere:
    return replace(report, made_at=rounded(report.made_at, grain))


def rounded(when: str, grain: Grain) -> str:
    """``when`` (ISO 8601 in UTC) down to the minute or hour; ``unknown`` for anything else."""
    if grain is Grain.SECOND:
        return when
    if not _TIME.fullmatch(when):
        return UNKNOWN_TIME
    day, _, clock = when.partition("T")
    minute = "00" if grain is Grain.HOUR else clock[3:5]
    return f"{day}T{clock[:2]}:{minute}:00Z"


def to_minute(when: datetime) -> datetime:
    """``when`` down to the minute, so that differences tell no seconds either."""
    return when.replace(second=0, microsecond=0)


def grain_of(when: str) -> Grain:
    """How exactly a start is told, as far as can be seen."""
    if not when.endswith((":00Z", ":00+00:00")):
        return Grain.SECOND
    return Grain.HOUR if when[14:16] == "00" else Grain.MINUTE


def forged(verdict: Verdict) -> frozenset[int]:
    """The transactions that a verdict cites for a forged certificate."""
    return frozenset(
        transaction
        for service in verdict.services
        for function in service.functions
        if FORGED in function.mechanisms
        for transaction in function.evidence
    )
