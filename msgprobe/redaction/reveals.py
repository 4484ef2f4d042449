"""What a run still tells about who measured and where: a message a thing, said by the report."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import fields, is_dataclass

from msgprobe.model.message import Message, message
from msgprobe.model.observation import (
    DnsObservation,
    HttpObservation,
    LocalObservation,
    Observation,
    TlsObservation,
)
from msgprobe.model.run import Evidence, Run
from msgprobe.redaction.export import Grain, forged, grain_of
from msgprobe.redaction.known import BLOCK_PAGES
from msgprobe.redaction.redactor import redacted

SEPARATOR = "\n"
"""Between the words of a value that is a list; no name has it."""

NOT_THERE = message("reveals.not_there")
"""What is in no redacted run."""

_STATE = re.compile(r"\[party \d+\], (.+)")
"""What is kept of an unknown party beside its number."""

_PAGES = frozenset(name for name, _ in BLOCK_PAGES)


def reveals(run: Run, *, evidence: bool = True) -> tuple[Message, ...]:
    """One sentence for each thing that ``run`` tells; ``evidence``: with its measurements."""
    lines = [
        _when(run),
        message("reveals.services", names=_list(s.name for s in run.verdict.services)),
        message("reveals.tools", names=_tools(run)),
    ]
    request = run.evidence.request
    if request.country is not None:
        lines.append(message("reveals.country", country=request.country))
    lines += _vantage(run)
    if not evidence:
        return tuple(lines)
    lines.append(message("reveals.targets"))
    if near := sorted({s.country for s in run.evidence.controls.domestic if s.country}):
        lines.append(message("reveals.domestic", names=_list(near)))
    if request.via is not None:
        lines.append(message("reveals.proxy", via=request.via))
    lines += [message("reveals.elsewhere", run=e.run_id) for e in run.evidence.elsewhere]
    kept = redacted(run.evidence, forged(run.verdict))
    seen = [o for m in kept.measurements for o in m.observations]
    lines += [
        *_device(seen),
        *_answers(seen),
        *_pages(seen),
        *_certificates(run, seen),
        *_states(seen),
    ]
    raw = _unredacted(run, kept)
    return (_warning(raw), *lines) if raw else (*lines, NOT_THERE)


def _vantage(run: Run) -> Iterator[Message]:
    """What the user said of where it was measured."""
    if run.vantage.asn is not None:
        yield message("reveals.asn", asn=run.vantage.asn)
    if run.vantage.label is not None:
        yield message("reveals.label", label=run.vantage.label)
    if run.vantage.series is not None:
        yield message("reveals.series", series=run.vantage.series)


def unredacted(run: Run) -> Message | None:
    """The warning that `reveals` begins with; None where ``run`` is redacted."""
    raw = _unredacted(run, redacted(run.evidence, forged(run.verdict)))
    return _warning(raw) if raw else None


def _unredacted(run: Run, kept: Evidence) -> tuple[str, ...]:
    """The fields in which ``run`` holds more than the list allows, like ``HttpObservation.body``;
    empty where it is redacted."""
    found: dict[str, None] = {}
    for before, after in zip(run.evidence.measurements, kept.measurements, strict=True):
        found.update(dict.fromkeys(_differing(before, after)))
    if grain_of(run.started_at) is Grain.SECOND:
        found["started_at"] = None
    return tuple(sorted(found))


def _differing(before: object, after: object) -> Iterator[str]:
    if before == after:
        return
    for one in fields(before):  # type: ignore[arg-type]
        old, new = getattr(before, one.name), getattr(after, one.name)
        if old == new:
            continue
        if is_dataclass(old):
            yield from _differing(old, new)
        elif isinstance(old, tuple) and old and is_dataclass(old[0]):
            for one_old, one_new in zip(old, new, strict=True):
                yield from _differing(one_old, one_new)
        else:
            yield f"{type(before).__name__}.{one.name}"


def _warning(raw: Sequence[str]) -> Message:
    return message("reveals.unredacted", fields=_list(raw))


def _list(words: Iterable[str]) -> str:
    return SEPARATOR.join(dict.fromkeys(words))


def _when(run: Run) -> Message:
    exactly = grain_of(run.started_at).value
    return message(f"reveals.when.{exactly}", began=run.started_at, taken=f"{run.duration_s:.0f}")


def _tools(run: Run) -> str:
    tool = run.tool
    words = (f"msgprobe {tool.version}", f"Python {tool.python}", tool.openssl, tool.platform)
    return _list(word for word in words if word.strip())


def _device(seen: Sequence[Observation]) -> Iterator[Message]:
    for local in seen:
        if not isinstance(local, LocalObservation):
            continue
        routes = [name for name, has in (("IPv4", local.route4), ("IPv6", local.route6)) if has]
        if routes:
            yield message("reveals.routes", routes=_list(routes))
        else:
            yield message("reveals.routes.none")
        if local.tunnel:
            yield message("reveals.tunnel")
        if local.proxies:
            yield message("reveals.proxies", names=_list(local.proxies))
        if local.own_roots:
            yield message("reveals.own_roots")
        if local.resolvers:
            yield message("reveals.resolvers", resolvers=_list(local.resolvers))


def _answers(seen: Sequence[Observation]) -> Iterator[Message]:
    given = {a for o in seen if isinstance(o, DnsObservation) for a in o.addresses}
    if given:
        yield message("reveals.answers", count=len(given))
    yield message("reveals.speeds")


def _pages(seen: Sequence[Observation]) -> Iterator[Message]:
    pages = [o for o in seen if isinstance(o, HttpObservation)]
    hashes = {o.body_sha256 for o in pages if o.body_sha256 is not None}
    if hashes:
        yield message("reveals.pages", count=len(hashes))
    if named := sorted({m for o in pages for m in o.marks if m in _PAGES}):
        yield message("reveals.block_pages", names=_list(named))
    if any(o.clock_offset for o in pages):
        yield message("reveals.clock")


def _states(seen: Sequence[Observation]) -> Iterator[Message]:
    """What is kept of unknown parties beside their numbers."""
    chains = (o.chain for o in seen if isinstance(o, TlsObservation))
    parties = (party for chain in chains for c in chain for party in (c.subject, c.issuer))
    told = {m[1] for party in parties if (m := _STATE.fullmatch(party))}
    if told:
        yield message("reveals.states", parties=_list(sorted(told)))


def _certificates(run: Run, seen: Sequence[Observation]) -> Iterator[Message]:
    failed = [o for o in seen if isinstance(o, TlsObservation) and o.chain and not o.verified]
    shown = {c.sha256 for o in failed for c in o.chain}
    whole = {c.sha256 for o in failed for c in o.chain if c.der}
    if shown:
        yield message("reveals.certificates", count=len(shown))
    if whole and forged(run.verdict):
        yield message("reveals.whole_certificates", count=len(whole))
