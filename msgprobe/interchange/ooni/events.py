"""What happened to a country as event records of OONI's label corpus: drafts for their editor.

Its fields are those of ooni/data, docs/label-corpus-design.md §1.2, and the file is that of its
scripts/incidents_to_events.py (export version 1). What a person has to decide is left open and
stands in ``needs_review``; what is derived is not stored. Times are UTC without a zone, as theirs.
"""

import uuid
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from msgprobe.model.fleet import UNKNOWN_ASN, CountryEvent
from msgprobe.model.history import CONNECTION
from msgprobe.model.timeline import Bracket

EXPORT_VERSION = "1"
TAXONOMY = "v1"

_NAMESPACE = uuid.uuid5(uuid.NAMESPACE_URL, "https://msgprobe.example/fleet/event")
_TESTS = {
    "whatsapp": "whatsapp",
    "telegram": "telegram",
    "signal": "signal",
    "messenger": "facebook_messenger",
}


def payload(events: Sequence[CountryEvent], *, now: int) -> dict[str, Any]:
    """The file: ``now`` is seconds since 1970 (UTC)."""
    return {
        "export_version": EXPORT_VERSION,
        "grain": "event",
        "exported_at": time(now),
        "adjudicator": "",
        "note": "Drafts found by msgprobe in its users' own runs. Each has to be reviewed before "
        "it counts; see needs_review.",
        "events": [record(one, now=now) for one in events],
    }


def record(event: CountryEvent, *, now: int) -> dict[str, Any]:
    """One event. Its id stays the same for as long as its beginning does."""
    key = f"{event.country}/{event.service}/{event.onset.until}"
    targets = [f"{event.service}.{f}" if f else event.service for f in event.functions]
    asns = [e.asn for e in event.episodes if e.asn != UNKNOWN_ASN]
    scope = "all" if event.all_networks else "listed" if asns else "unknown"
    return {
        "event_id": str(uuid.uuid5(_NAMESPACE, key)),
        "incident_id": None,
        "slug": "",
        "title": f"{event.service} in {event.country}: {', '.join(targets)}",
        "probe_cc": event.country,
        "asn_scope": asns,
        "asn_scope_kind": scope,
        "target_set": targets,
        "target_set_kind": "enumerated",
        "mechanisms": list(event.mechanisms),
        "mechanism_taxonomy": TAXONOMY,
        **_times("onset", event.onset),
        **_times("resolution", event.resolution),
        "event_class": "true_event",
        "scoreable": "unknown",
        "confidence": "uncertain",
        "source": "internal_analysis",
        "source_urls": [],
        "corroborators": [],
        "test_names": [_TESTS[event.service]] if event.service in _TESTS else [],
        "adjudicator": "",
        "adjudicated_at": None,
        "rationale": _rationale(event),
        "added_at": time(now),
        "superseded_by": None,
        "supersede_reason": None,
        "import_source": "msgprobe",
        "needs_review": _open(event, asns),
    }


def _rationale(event: CountryEvent) -> str:
    first = "; ".join(
        f"AS{e.asn} {time(e.onset.bracket.until)} ({e.onset.vantages} lines)"
        for e in event.episodes
    )
    what = "were cut off" if event.service == CONNECTION else "saw interference"
    return f"{len(event.episodes)} networks {what}, in this order: {first}"


def _open(event: CountryEvent, asns: list[int]) -> list[str]:
    found = ["event_class, confidence and scoreable were set by no person"]
    if event.service == CONNECTION:
        found.append("the connection itself was cut off; target_set names no service")
    if not event.mechanisms:
        found.append("no mechanism was seen")
    if not asns:
        found.append("no run said which network it was made in")
    return found


def _times(what: str, bracket: Bracket | None) -> dict[str, str | None]:
    if bracket is None:
        return {f"{what}_earliest": None, f"{what}_latest": None}
    return {
        f"{what}_earliest": None if bracket.after is None else time(bracket.after),
        f"{what}_latest": time(bracket.until),
    }


def time(at: int) -> str:
    """Seconds since 1970 as they write times."""
    return datetime.fromtimestamp(at, UTC).replace(tzinfo=None).isoformat()
