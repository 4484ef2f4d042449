"""Applies the list: every field of a run's evidence as `msgprobe.redaction.table` says."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import MISSING, fields, is_dataclass, replace
from operator import is_
from typing import Any

from msgprobe.evidence.state_roots import home_countries
from msgprobe.model.measurement import Measurement
from msgprobe.model.observation import Certificate, LocalObservation, TlsObservation
from msgprobe.model.run import Evidence
from msgprobe.redaction.addresses import Addresses
from msgprobe.redaction.names import Names
from msgprobe.redaction.table import FIELDS, How
from msgprobe.redaction.texts import FORMS, body_hash, body_marks, headers, phrase

Change = Callable[[Any, Any], Any]
"""From the value that a field is of, and the field, to what is kept of it."""

_SAME = frozenset({How.WHOLE})


class Redactor:
    """Redacts what belongs to one run: what is the same before is the same afterwards.

    ``evidence`` tells what was asked; ``forged`` are transactions whose chain of certificates is
    kept whole. Redacting twice changes nothing.
    """

    def __init__(self, evidence: Evidence, forged: Collection[int] = ()) -> None:
        local, chains = _scanned(evidence.measurements, forged)
        texts = frozenset(_texts((evidence.services, evidence.controls)))
        self._forged = forged
        self._addresses = Addresses(texts, local)
        self._names = Names(texts, chains, home_countries(evidence.services))
        self._changes: Mapping[How, Change] = {
            How.PART: self._part,
            How.ADDRESS: lambda _, v: self._address(v),
            How.RESOLVER: lambda _, v: self._resolver(v),
            How.RESOLVER_NAME: lambda _, v: self._resolver_name(v),
            How.NAME: lambda _, v: v if v is None else self._host(v),
            How.PATH: lambda _, v: self._names.path(v),
            How.TASK_ID: lambda of, v: v if v is None else self._task_id(of, v),
            How.OPTIONS: lambda _, v: self._names.options(v),
            How.CHAIN: self._chain,
            How.PARTY: lambda _, v: self._names.party(v),
            How.NAMES: lambda _, v: tuple(map(self._names.certified, v)),
            How.WHOLE_CHAIN: lambda _, v: "",
            How.HEADERS: lambda of, v: headers(v, of.host, self._host(of.host)),
            How.HASH: lambda _, v: v if v is None else self._names.hash(v),
            How.BODY: lambda _, v: "",
            How.BODY_HASH: lambda of, v: body_hash(of),
            How.BODY_MARKS: lambda of, v: body_marks(of),
            How.PHRASE: lambda _, v: phrase(v, self._names.known),
            How.ALPN: lambda _, v: v if v in self._names.known else FORMS[How.ALPN](v),
            **{how: _form(form) for how, form in FORMS.items() if how is not How.ALPN},
        }

    def measurement(self, measurement: Measurement) -> Measurement:
        """What is kept of a measurement."""
        kept: Measurement = self._part(None, measurement)
        return kept

    def _part(self, _: Any, value: Any) -> Any:
        if isinstance(value, tuple):
            kept = tuple(self._part(None, item) for item in value)
            return value if all(map(is_, kept, value)) else kept
        plan = _PLANS.get(type(value))
        if plan is None:
            raise TypeError(f"nobody said what is kept of {type(value).__name__}")
        changed = {}
        for name, default, how in plan:
            old = getattr(value, name)
            new = default if how is How.DROPPED else self._changes[how](value, old)
            if new is not old and new != old:
                changed[name] = new
        return replace(value, **changed) if changed else value

    def _address(self, value: str | tuple[str, ...]) -> Any:
        if isinstance(value, tuple):
            return tuple(self._address(one) for one in value)
        kept = self._addresses.kept(value)
        # through a proxy it may be a name that is dialled
        return self._host(value) if kept is None else kept

    def _host(self, value: str) -> str:
        kept = self._addresses.kept(value)
        return self._names.host(value) if kept is None else kept

    def _resolver(self, value: str | tuple[str, ...] | None) -> Any:
        if isinstance(value, tuple):
            return tuple(dict.fromkeys(self._resolver(one) for one in value))
        if not value:
            return value
        return self._addresses.resolver(value) or self._names.resolver(value)

    def _resolver_name(self, value: str) -> str:
        return self._addresses.resolver(value) or self._names.resolver(value)

    def _task_id(self, of: Any, value: str) -> str:
        dialled = getattr(of.probe, "address", None)
        if not dialled:
            return value
        return value.replace(dialled, self._address(dialled))

    def _chain(self, of: TlsObservation, chain: tuple[Certificate, ...]) -> tuple[Certificate, ...]:
        kept: tuple[Certificate, ...] = self._part(None, chain)
        if of.transaction not in self._forged or of.failure is None:
            return kept
        return tuple(replace(k, der=c.der) for k, c in zip(kept, chain, strict=True))


def redacted(evidence: Evidence, forged: Collection[int] = ()) -> Evidence:
    """``evidence`` with what may be kept of its measurements."""
    redactor = Redactor(evidence, forged)
    return replace(
        evidence, measurements=tuple(redactor.measurement(m) for m in evidence.measurements)
    )


def _form(form: Callable[[Any], Any]) -> Change:
    return lambda _, value: form(value)


def _plan(kind: type) -> tuple[tuple[str, Any, How], ...]:
    """The fields that do not stay as they are, with what stands for one that is dropped."""
    found = []
    for one in fields(kind):
        kept = FIELDS[kind].get(one.name)
        how = How.DROPPED if kept is None else kept.how
        if how is How.DROPPED and one.default is MISSING:
            raise TypeError(f"{kind.__name__}.{one.name}: nobody said what is kept of it")
        if how not in _SAME:
            found.append((one.name, one.default, how))
    return tuple(found)


_PLANS = {kind: _plan(kind) for kind in FIELDS}


def _scanned(
    measurements: Iterable[Measurement], forged: Collection[int]
) -> tuple[tuple[str, ...], tuple[Certificate, ...]]:
    """The system's resolvers, and the certificates that are kept whole."""
    resolvers: list[str] = []
    chains: list[Certificate] = []
    for measurement in measurements:
        for seen in measurement.observations:
            if isinstance(seen, LocalObservation):
                resolvers += seen.resolvers
            elif isinstance(seen, TlsObservation) and seen.transaction in forged and seen.failure:
                chains += (c for c in seen.chain if c.der)
    return tuple(resolvers), tuple(chains)


def _texts(value: object) -> Iterator[str]:
    """Every text in the rows of target files."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, tuple | list | frozenset):
        for item in value:
            yield from _texts(item)
    elif is_dataclass(value):
        for one in fields(value):
            yield from _texts(getattr(value, one.name))
