"""What a run still tells about who measured and where, said in plain words."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import fields, is_dataclass

from msgprobe.model.observation import (
    Certificate,
    DnsObservation,
    HttpObservation,
    LocalObservation,
    Observation,
    TlsObservation,
)
from msgprobe.model.run import Evidence, Run
from msgprobe.redaction.addresses import LINK_LOCAL, LOOPBACK, PRIVATE, PROVIDER
from msgprobe.redaction.export import Grain, forged, grain_of
from msgprobe.redaction.known import BLOCK_PAGES, PUBLIC_RESOLVERS
from msgprobe.redaction.redactor import redacted

RESOLVERS = {
    PRIVATE: "one of your own network",
    LOOPBACK: "one on this device",
    LINK_LOCAL: "one of your own network",
    PROVIDER: "one with a public address, like the provider's (the address is not kept)",
}
"""The classes of resolvers in words."""

NOT_THERE = (
    "Not in it: addresses of yours, source ports, names of devices and interfaces, texts of pages, "
    "values of headers, where redirects lead, other names of hosts (CNAME), what servers say in "
    "words."
)

_STATE = re.compile(r"\[party \d+\], (.+)")
"""What is kept of an unknown party beside its number."""

_PAGES = frozenset(name for name, _ in BLOCK_PAGES)


def reveals(run: Run, *, evidence: bool = True) -> tuple[str, ...]:
    """One sentence for each thing that ``run`` tells; ``evidence``: with its measurements."""
    lines = [
        _when(run),
        f"Which services were asked: {_list(s.name for s in run.verdict.services)}.",
        f"What measured: {_tools(run)}.",
    ]
    request = run.evidence.request
    if request.country is not None:
        lines.append(f"The country that you named: {request.country}.")
    lines += _vantage(run)
    if not evidence:
        return tuple(lines)
    lines.append("All that the target files say about them, those of your own files too.")
    if near := sorted({s.country for s in run.evidence.controls.domestic if s.country}):
        lines.append(f"Sites of a country were asked, where you may be: {_list(near)}.")
    if request.via is not None:
        lines.append(f"That you used a proxy ({request.via}); neither where it is nor who you are.")
    lines += [
        f"The number of the run that it was compared with: {e.run_id}."
        for e in run.evidence.elsewhere
    ]
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


def _vantage(run: Run) -> Iterator[str]:
    """What the user said of where it was measured."""
    if run.vantage.asn is not None:
        yield f"The network that you named: AS{run.vantage.asn}."
    if run.vantage.label is not None:
        yield f"The label that you gave: {run.vantage.label}."
    if run.vantage.series is not None:
        yield f"Which of your runs were made on one line: {run.vantage.series}."


def unredacted(run: Run) -> str | None:
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


def _warning(raw: Sequence[str]) -> str:
    what = _list(sorted({_WORDS.get(field, field) for field in raw}))
    return (
        f"NOT REDACTED: there is more in it than this version keeps ({what}). That may name you, "
        "your device, your network and where you are. A redacted copy: msgprobe judge FILE -o COPY"
    )


_PAGE, _NAMES, _CERTIFICATES = "texts of pages", "other names of hosts", "certificates"
_ADDRESSES, _LINKS, _VERSIONS = "addresses of your network", "links found in pages", "versions"
_SAID, _SECONDS, _FLOWS = "what servers say in words", "times to the second", "source ports"
_WORDS = {
    "DnsAnswer.addresses": _ADDRESSES,
    "DnsAnswer.aliases": _NAMES,
    "DnsAnswer.source": _ADDRESSES,
    "DnsAnswer.ttl": "ages of DNS answers",
    "DnsObservation.addresses": _ADDRESSES,
    "DnsObservation.aliases": _NAMES,
    "DnsObservation.resolver_address": _ADDRESSES,
    "DnsObservation.resolver_name": _ADDRESSES,
    "Flow.address": _ADDRESSES,
    "Flow.options": _LINKS,
    "Flow.path": _LINKS,
    "Flow.source_port": _FLOWS,
    "HttpObservation.address": _ADDRESSES,
    "HttpObservation.body": _PAGE,
    "HttpObservation.body_sha256": _PAGE,
    "HttpObservation.clock_offset": _SECONDS,
    "HttpObservation.date": _SECONDS,
    "HttpObservation.headers": "headers",
    "HttpObservation.links": _LINKS,
    "HttpObservation.marks": _PAGE,
    "HttpObservation.path": _LINKS,
    "LocalObservation.interfaces_up": "how many interfaces are up",
    "LocalObservation.openssl": _VERSIONS,
    "LocalObservation.resolvers": _ADDRESSES,
    "Measurement.detail": "faults of this program",
    "ProtocolObservation.address": _ADDRESSES,
    "ProtocolObservation.detail": _SAID,
    "Resolver.address": _ADDRESSES,
    "Resolver.name": _ADDRESSES,
    "Task.attempt_of": _ADDRESSES,
    "Task.id": _ADDRESSES,
    "TcpObservation.address": _ADDRESSES,
    "TcpObservation.source_port": _FLOWS,
    "TlsObservation.address": _ADDRESSES,
    "TlsObservation.cipher": "ciphers",
    "TlsObservation.plain": _SAID,
    "TlsObservation.verify_error": _CERTIFICATES,
    "TransferObservation.address": _ADDRESSES,
    "TransferObservation.path": _LINKS,
    **{f"Certificate.{one.name}": _CERTIFICATES for one in fields(Certificate)},
    "started_at": _SECONDS,
}
"""What fields hold, in words; those that are not here are named as they are."""


def _list(words: Iterator[str] | Sequence[str]) -> str:
    return ", ".join(dict.fromkeys(words)) or "none"


def _when(run: Run) -> str:
    exactly = grain_of(run.started_at).value
    return (
        f"When: {run.started_at} (to the {exactly}), for {run.duration_s:.0f} s; within the run, "
        "fractions of seconds."
    )


def _tools(run: Run) -> str:
    tool = run.tool
    words = (f"msgprobe {tool.version}", f"Python {tool.python}", tool.openssl, tool.platform)
    return _list([word for word in words if word.strip()])


def _device(seen: Sequence[Observation]) -> Iterator[str]:
    for local in seen:
        if not isinstance(local, LocalObservation):
            continue
        routes = [name for name, has in (("IPv4", local.route4), ("IPv6", local.route6)) if has]
        text = f"Your connection: {' and '.join(routes) or 'no route'}"
        text += ", through a VPN" if local.tunnel else ""
        text += f", proxy set in {', '.join(local.proxies)}" if local.proxies else ""
        text += ", certificates checked by a list of your own" if local.own_roots else ""
        yield f"{text}."
        if local.resolvers:
            yield f"Your resolvers: {_list(map(_resolver, local.resolvers))}."


def _resolver(word: str) -> str:
    if word in RESOLVERS:
        return RESOLVERS[word]
    owner = PUBLIC_RESOLVERS.get(word)
    return f"a public one, {owner}" if owner else f"a public one, {word}"


def _answers(seen: Sequence[Observation]) -> Iterator[str]:
    given = {a for o in seen if isinstance(o, DnsObservation) for a in o.addresses}
    if given:
        yield (
            f"Addresses that names led to ({len(given)}), and what answered there: those of "
            "filters, and of servers that stand near you, can show your provider and region."
        )
    yield (
        "Round trips, losses and speeds: they can show the kind of your line, and roughly how far "
        "you are from each server."
    )


def _pages(seen: Sequence[Observation]) -> Iterator[str]:
    pages = [o for o in seen if isinstance(o, HttpObservation)]
    hashes = {o.body_sha256 for o in pages if o.body_sha256 is not None}
    if hashes:
        yield (
            f"Pages as length and SHA-256 ({len(hashes)}): who has the same page knows that you "
            "saw it."
        )
    if named := sorted({m for o in pages for m in o.marks if m in _PAGES}):
        yield f"Known block pages: {_list(named)}."
    if any(o.clock_offset for o in pages):
        yield "How wrong your clock is, to the minute."


def _states(seen: Sequence[Observation]) -> Iterator[str]:
    """What is kept of unknown parties beside their numbers."""
    chains = (o.chain for o in seen if isinstance(o, TlsObservation))
    parties = (party for chain in chains for c in chain for party in (c.subject, c.issuer))
    told = {m[1] for party in parties if (m := _STATE.fullmatch(party))}
    if told:
        yield f"States and countries that unknown certificates name: {'; '.join(sorted(told))}."


def _certificates(run: Run, seen: Sequence[Observation]) -> Iterator[str]:
    failed = [o for o in seen if isinstance(o, TlsObservation) and o.chain and not o.verified]
    shown = {c.sha256 for o in failed for c in o.chain}
    whole = {c.sha256 for o in failed for c in o.chain if c.der}
    if shown:
        yield (
            f"Certificates that were not verified ({len(shown)}), as hashes of themselves and of "
            "their keys: who has seen the same one recognises it."
        )
    if whole and forged(run.verdict):
        yield (
            f"Whole certificates ({len(whole)}), as the proof that one is forged: they name "
            "whoever made them, and that may be a device or a company near you."
        )
