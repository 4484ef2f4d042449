"""Sentences in documents, beside the messages that they were made of: what machines read is both,
in English, and whoever reads the file later in another language makes the sentences anew."""

from collections.abc import Mapping
from typing import Any

from msgprobe.model.codec import from_json, to_json
from msgprobe.model.message import Said, literal
from msgprobe.model.verdict import ConnectionVerdict, ServiceVerdict
from msgprobe.report.language import in_english
from msgprobe.report.say import known, said
from msgprobe.report.summary import summary

KEYS = "why_keys"


english = in_english(said)
"""The sentences as machines and monitors get them, whatever language is spoken."""


@in_english
def told(verdict: ConnectionVerdict | ServiceVerdict) -> dict[str, Any]:
    """A verdict as everything that is written for machines holds it."""
    found: dict[str, Any] = to_json(verdict)
    if isinstance(verdict, ConnectionVerdict):
        return found | _both(verdict.why)
    found["summary"] = summary(verdict)
    for shown, function in zip(found["functions"], verdict.functions, strict=True):
        shown |= _both(function.why)
    return found


def _both(why: Said) -> dict[str, Any]:
    """The sentences, and what they were made of."""
    return {"why": said(why), KEYS: to_json(why)}


def with_messages(data: Mapping[str, Any]) -> dict[str, Any]:
    """The document with messages in the place of sentences, for whoever reads it back; what is no
    document of ours stays as it is, so that its fault is found where it is.

    Raises CodecError for messages that are none.
    """
    found = dict(data)
    found["connection"] = _read(data.get("connection"), "$.connection")
    if isinstance(data.get("services"), list):
        found["services"] = [
            _service(service, f"$.services[{place}]")
            for place, service in enumerate(data["services"])
        ]
    return found


def _service(service: Any, path: str) -> Any:
    if not isinstance(service, dict) or not isinstance(service.get("functions"), list):
        return service
    functions = [
        _read(function, f"{path}.functions[{place}]")
        for place, function in enumerate(service["functions"])
    ]
    return {**service, "functions": functions}


def _read(verdict: Any, path: str) -> Any:
    if not isinstance(verdict, dict) or "why" not in verdict:
        return verdict
    text = from_json(str, verdict["why"], path=f"{path}.why")
    messages = from_json(Said, verdict.get(KEYS, []), path=f"{path}.{KEYS}")
    if not messages or not all(map(known, messages)):
        messages = (literal(text),) if text else ()  # of an older version, or a newer one
    return {**verdict, "why": to_json(messages)}
