"""A run as one JSON document, and back.

The document is the contract with scripts: described by ``run.schema.json`` beside this file,
versioned by ``format_version``, and it only grows. With evidence it holds all that a verdict rests
on, so that ``msgprobe judge`` needs nothing else.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from msgprobe.model.codec import CodecError, from_json, to_json
from msgprobe.model.control import Controls
from msgprobe.model.integrity import Integrity
from msgprobe.model.liberty import Allowances, Override, Taken
from msgprobe.model.measurement import Measurement
from msgprobe.model.older import TRAITS, as_today
from msgprobe.model.run import (
    FORMAT_VERSION,
    Elsewhere,
    Evidence,
    Request,
    Run,
    Tool,
    Vantage,
)
from msgprobe.model.target import Service
from msgprobe.model.traits import Traits
from msgprobe.model.verdict import ConnectionVerdict, ServiceVerdict, Verdict
from msgprobe.redaction.reveals import reveals
from msgprobe.report import integrity, messages
from msgprobe.report.advice import advise
from msgprobe.report.keys import keys
from msgprobe.report.language import in_english
from msgprobe.report.sentences.reveals import told
from msgprobe.report.stale import StaleRows
from msgprobe.report.view import View

T = TypeVar("T")

_LARGEST = 1 << 128
"""Of all numbers that are read, so that sums and products of them can be shown as well."""


class SavedRunError(ValueError):
    """A text that is no saved run of ours, said so that its owner knows what to do."""


def render(run: Run, view: View) -> str:
    """``run`` as the text of its document."""
    return dumps(
        document(
            run,
            exit_code=view.exit_code,
            evidence=view.evidence,
            saved=view.kept or view.saved is not None,
        )
    )


@in_english
def document(run: Run, *, exit_code: int, evidence: bool, saved: bool = False) -> dict[str, Any]:
    """``run`` as plain JSON data; ``evidence`` adds the rows in use and every measurement.

    ``saved``: all that is in a file already, so that nobody need be told to save it.
    """
    said = run.verdict.connection
    found: dict[str, Any] = {
        "format_version": FORMAT_VERSION,
        **keys(run),
        "overrides": to_json(run.allowances.overrides),
        "allowed": to_json(run.allowances.taken),
        "duration_s": round(run.duration_s, 3),
        "bytes": {"sent": run.bytes_sent, "received": run.bytes_received},
        "interrupted": run.interrupted,
        "exit_code": int(exit_code),
        "connection": messages.told(said),
        "advice": str(advise(said, run.verdict.services, saved=saved or evidence)),
        "services": _services(run),
    }
    found["reveals"] = list(told(reveals(run, evidence=evidence)))
    if evidence:
        found["evidence"] = {
            "request": to_json(run.evidence.request),
            "services": to_json(run.evidence.services),
            "controls": to_json(run.evidence.controls),
            "elsewhere": to_json(run.evidence.elsewhere),
            "traits": to_json(run.evidence.traits),
        }
    found["measurements"] = to_json(run.evidence.measurements) if evidence else []
    if run.integrity is Integrity.ALTERED:
        found[integrity.MARK] = True
    found[integrity.KEY] = integrity.content_hash(found)
    return found


def _services(run: Run) -> list[dict[str, Any]]:
    """The services' verdicts; ``stale_rows`` where a function's evidence rests on old facts."""
    old = StaleRows(run)
    found = [messages.told(service) for service in run.verdict.services]
    for shown, service in zip(found, run.verdict.services, strict=True):
        for one, function in zip(shown["functions"], service.functions, strict=True):
            if rows := old.of(function.evidence):
                one["stale_rows"] = [name for name, _ in rows]
    return found


def dumps(found: Mapping[str, Any]) -> str:
    """The document as text: ASCII only, the verdict indented, one line per measurement.

    ASCII, because that survives every encoding of a standard output and lets no control character
    of the network through to a terminal.
    """
    bulky = ("evidence", "measurements")
    head = json.dumps({k: v for k, v in found.items() if k not in bulky}, indent=2, allow_nan=False)
    lines = [head.removesuffix("\n}")]
    if "evidence" in found:
        lines.append(f',\n  "evidence": {_compact(found["evidence"])}')
    rows = ",\n    ".join(_compact(m) for m in found["measurements"])
    lines.append(f',\n  "measurements": [\n    {rows}\n  ]' if rows else ',\n  "measurements": []')
    return "".join(lines) + "\n}\n"


def _compact(value: object) -> str:
    return json.dumps(value, separators=(",", ":"), allow_nan=False)


def read_run(text: str) -> Run:
    """The run in a document with evidence.

    Raises SavedRunError when the text is not JSON, not ours, cut off, of a newer format, without
    evidence, or has a value of the wrong type (with its path).
    """
    return run_of(_parse(text))


def run_of(data: object) -> Run:
    """The same of a document that was parsed already. Raises SavedRunError likewise."""
    if not isinstance(data, dict) or "format_version" not in data or not _ours(data):
        raise SavedRunError("this is no run saved by msgprobe; make one with: msgprobe run -o FILE")
    version = data["format_version"]
    if not isinstance(version, int) or isinstance(version, bool) or version < 1:
        raise SavedRunError(f"$.format_version: should be a number from 1, is {version!r:.60}")
    if version > FORMAT_VERSION:
        raise SavedRunError(
            f"written by a newer msgprobe (format {version}, this one reads up to "
            f"{FORMAT_VERSION}); update msgprobe"
        )
    if not data.get("evidence"):
        raise SavedRunError(
            "it holds a verdict without its evidence; save with: msgprobe run -o FILE, "
            "or add --evidence to --json"
        )
    try:
        return _run(data)
    except CodecError as error:
        raise SavedRunError(str(error)) from None


def _parse(text: str) -> object:
    def refuse(word: str) -> object:
        raise ValueError(f"{word} is no JSON number")

    try:
        return json.loads(
            text.removeprefix("\ufeff"),
            parse_constant=refuse,
            parse_int=_number(int),
            parse_float=_number(float),
        )
    except json.JSONDecodeError as error:
        if not text.strip():
            raise SavedRunError("it is empty") from None
        # the parser stops where the text does, at an unending string, or at the beginning of a
        # word or of the rest of a number
        rest = text.removeprefix("\ufeff")[error.pos :].rstrip()
        part = any(word.startswith(rest) for word in ("true", "false", "null"))
        cut = part or not rest.strip("+-.eE") or error.msg.startswith("Unterminated")
        why = "it is cut off" if cut and text.lstrip().startswith("{") else "it is not JSON"
        raise SavedRunError(
            f"{why} (line {error.lineno}, column {error.colno}: {error.msg})"
        ) from None
    except ValueError as error:
        raise SavedRunError(f"it is not JSON ({error})") from None
    except RecursionError:
        raise SavedRunError("it is nested deeper than any run") from None


def _number(kind: Callable[[str], float]) -> Callable[[str], float]:
    """Reads numbers of any size that a run may have: JSON's have no end, and 1e999 is infinite."""

    def read(digits: str) -> float:
        found = kind(digits)
        if not -_LARGEST <= found <= _LARGEST:
            raise ValueError(f"{digits[:20]} is larger than any number in a run")
        return found

    return read


def _ours(data: Mapping[str, Any]) -> bool:
    tool = data.get("tool")
    return isinstance(tool, dict) and tool.get("name") == "msgprobe"


def _run(data: Mapping[str, Any]) -> Run:
    tool: Mapping[str, Any] = data["tool"]
    evidence = _object(data, "evidence", "$")
    used = _object(data, "bytes", "$")
    told = messages.with_messages(data)
    return Run(
        run_id=_get(data, "run_id", str),
        tool=from_json(Tool, tool, path="$.tool"),
        catalogue_sha256=_get(data, "catalogue_sha256", str),
        started_at=_get(data, "started_at", str),
        duration_s=_get(data, "duration_s", float),
        bytes_sent=_get(used, "sent", int, "$.bytes"),
        bytes_received=_get(used, "received", int, "$.bytes"),
        interrupted=_optional(data, "interrupted"),
        evidence=Evidence(
            request=_get(evidence, "request", Request, "$.evidence"),
            services=_get(evidence, "services", tuple[Service, ...], "$.evidence"),
            controls=_get(evidence, "controls", Controls, "$.evidence"),
            measurements=tuple(
                as_today(m) for m in _get(data, "measurements", tuple[Measurement, ...])
            ),
            elsewhere=_get(evidence, "elsewhere", tuple[Elsewhere, ...], "$.evidence")
            if "elsewhere" in evidence
            else (),
            traits=_get(evidence, "traits", tuple[tuple[str, Traits], ...], "$.evidence")
            if "traits" in evidence
            else TRAITS,
        ),
        verdict=Verdict(
            connection=_get(told, "connection", ConnectionVerdict),
            services=_get(told, "services", tuple[ServiceVerdict, ...]),
            rules_version=_get(tool, "rules_version", int, "$.tool"),
        ),
        vantage=Vantage(
            asn=_get(data, "asn", int) if data.get("asn") is not None else None,
            label=_optional(data, "label"),
            series=_optional(data, "series"),
        ),
        allowances=Allowances(
            overrides=_rows(data, "overrides", tuple[Override, ...]),
            taken=_rows(data, "allowed", tuple[Taken, ...]),
        ),
        integrity=integrity.integrity(data),
    )


def _object(data: Mapping[str, Any], key: str, path: str) -> Mapping[str, Any]:
    found = data.get(key)
    if not isinstance(found, dict):
        raise CodecError(f"{path}.{key}", "should be an object")
    return found


def _get(data: Mapping[str, Any], key: str, cls: type[T], path: str = "$") -> T:
    if key not in data:
        raise CodecError(f"{path}.{key}", f"the key {key!r} is missing")
    return from_json(cls, data[key], path=f"{path}.{key}")


def _rows(data: Mapping[str, Any], key: str, cls: type[tuple[T, ...]]) -> tuple[T, ...]:
    """What files of today have; none in older ones."""
    return _get(data, key, cls) if key in data else ()


def _optional(data: Mapping[str, Any], key: str) -> str | None:
    return None if data.get(key) is None else _get(data, key, str)


def schema_text() -> str:
    """The JSON Schema (draft 2020-12) of the document, as shipped."""
    from importlib.resources import files

    return files("msgprobe.report").joinpath("run.schema.json").read_text("utf-8")
