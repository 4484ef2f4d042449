"""A run as rows of a table, one a function: what CSV, JSON lines and Parquet hold.

The columns and their order are a contract: new ones come at the end, none goes and none changes its
meaning. What was not said or not measured is empty (null). The word of the connection stands in
every row, because no word about a service means anything without it: in a shutdown each row says
so, and `connection` is what to group by first.
"""

from collections.abc import Callable, Iterator
from dataclasses import fields
from typing import Any

from msgprobe.model.dataclass import dataclass
from msgprobe.model.message import Said
from msgprobe.model.run import Run
from msgprobe.model.verdict import FunctionVerdict, ServiceVerdict, Speed

Cell = str | int | float | bool | None | tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """What was said of one function of one service in one run.

    A service of which no function was looked at has one row without ``function``, a run without
    services one without ``service``. ``speed_kbit`` and ``neutral_kbit`` are those of the transfer
    that was slowest beside its neutral one, ``speed_direction`` which way it went.
    """

    run_id: str
    started_at: str
    """ISO 8601, UTC; ``unknown`` where a saved run had none."""
    duration_s: float
    tool_version: str
    rules_version: int
    catalogue_sha256: str
    country: str | None
    asn: int | None
    label: str | None
    series: str | None
    quick: bool
    throttle: bool
    functions_asked: tuple[str, ...]
    """Empty: all."""
    seed: int
    interrupted: str | None
    connection: str
    connection_strength: str
    connection_notes: tuple[str, ...]
    service: str | None = None
    service_outcome: str | None = None
    service_partial: bool | None = None
    function: str | None = None
    outcome: str | None = None
    strength: str | None = None
    confidence: float | None = None
    partial: bool | None = None
    mechanisms: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()
    endpoints_tested: int | None = None
    endpoints_ok: int | None = None
    speed_direction: str | None = None
    speed_kbit: float | None = None
    neutral_kbit: float | None = None
    packets_sent: int | None = None
    packets_lost: int | None = None
    bytes_sent: int
    """Of the whole run, like ``bytes_received``."""
    bytes_received: int
    why: str | None = None

    def cells(self) -> tuple[Cell, ...]:
        """The values in the order of `COLUMNS`."""
        return tuple(getattr(self, name) for name in COLUMNS)


Say = Callable[[Said], str]

COLUMNS: tuple[str, ...] = tuple(one.name for one in fields(Row))


def rows(run: Run, say: Say) -> Iterator[Row]:
    """The rows of ``run``, in the order of its verdict; ``say`` makes sentences of messages."""
    if not run.verdict.services:
        yield _row(run, say)
    for service in run.verdict.services:
        for function in service.functions or (None,):
            yield _row(run, say, service, function)


def _row(
    run: Run,
    say: Say,
    service: ServiceVerdict | None = None,
    function: FunctionVerdict | None = None,
) -> Row:
    request, connection = run.evidence.request, run.verdict.connection
    return Row(
        run_id=run.run_id,
        started_at=run.started_at,
        duration_s=round(run.duration_s, 3),
        tool_version=run.tool.version,
        rules_version=run.verdict.rules_version,
        catalogue_sha256=run.catalogue_sha256,
        country=request.country,
        asn=run.vantage.asn,
        label=run.vantage.label,
        series=run.vantage.series,
        quick=request.quick,
        throttle=request.throttle,
        functions_asked=tuple(f.value for f in request.functions),
        seed=request.seed,
        interrupted=run.interrupted,
        connection=connection.state.value,
        connection_strength=connection.strength.value,
        connection_notes=connection.notes,
        bytes_sent=run.bytes_sent,
        bytes_received=run.bytes_received,
        **_of_service(service),
        **_of_function(function, say),
    )


def _of_service(verdict: ServiceVerdict | None) -> dict[str, Any]:
    if verdict is None:
        return {}
    return {
        "service": verdict.service,
        "service_outcome": verdict.outcome.value,
        "service_partial": verdict.partial,
    }


def _of_function(verdict: FunctionVerdict | None, say: Say) -> dict[str, Any]:
    if verdict is None:
        return {}
    slowest = min(verdict.speeds, key=_beside_neutral, default=None)
    return {
        "function": verdict.function.value,
        "outcome": verdict.outcome.value,
        "strength": None if verdict.strength is None else verdict.strength.value,
        "confidence": verdict.confidence,
        "partial": verdict.partial,
        "mechanisms": verdict.mechanisms,
        "rules": verdict.rules,
        "endpoints_tested": verdict.endpoints.tested,
        "endpoints_ok": verdict.endpoints.ok,
        "speed_direction": None if slowest is None else slowest.direction.value,
        "speed_kbit": None if slowest is None else slowest.target_kbit,
        "neutral_kbit": None if slowest is None else slowest.control_kbit,
        "packets_sent": None if verdict.loss is None else verdict.loss.sent,
        "packets_lost": None if verdict.loss is None else verdict.loss.lost,
        "why": say(verdict.why),
    }


def _beside_neutral(speed: Speed) -> float:
    return speed.target_kbit / max(speed.control_kbit, 1.0)
