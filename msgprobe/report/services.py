"""The catalogue for people: which services there are, and what one of them consists of."""

import textwrap
from collections.abc import Callable, Iterable, Sequence
from datetime import date

from msgprobe.model.age import STALE_MONTHS, Dated, stale
from msgprobe.model.observation import Proof
from msgprobe.model.target import Asset, Direction, Endpoint, Function, Pool, Service, Trust
from msgprobe.report.columns import align
from msgprobe.report.escape import printable

WIDTH = 80

Promise = Callable[[Service, Endpoint], Proof | None]

OLDEST = 5
"""Old rows of a file that are named, the oldest first; of the others only the number is said."""

_TRUSTS = {
    Trust.PINNED: "own roots only",
    Trust.EITHER: "own or public roots",
    Trust.HASH: "known certificate only",
}

LEGEND = "P4 authenticated, P3 our nonce, P2 form, P1 bytes, P0 open port"


def render_list(services: Sequence[Service]) -> str:
    """One line per service: name, title, functions, endpoints; ``*`` marks the core ones, ``!``
    those with a warning."""
    if not services:
        return "no services\n"
    rows = [
        (
            ("* " if service.core else "! " if service.warning else "  ") + printable(service.name),
            printable(service.title, limit=30),
            ", ".join(_functions(service)),
            str(len(service.endpoints)),
        )
        for service in services
    ]
    head = ("  service", "name", "functions", "endpoints")
    lines = align([head, *rows], width=None, shares=(0, 0, 0, 0))
    lines.append("* measured when no service is named")
    if any(service.warning for service in services):
        lines.append("! not in --all: see services show")
    return "\n".join(lines) + "\n"


def render_show(service: Service, promise: Promise | None = None) -> str:
    """Everything that the catalogue says about ``service``, with the sources of its facts.

    ``promise`` gives the strongest proof that an honest server gives an endpoint's check, if known.
    """
    lines = [f"{printable(service.title)} ({printable(service.name)})"]
    lines += _field("primary", service.primary.value)
    lines += _when_measured(service)
    for function, why in service.untestable:
        lines += _field("untestable", f"{function.value}: {why}")
    for pool in service.pools:
        lines += ["", *_pool(service, pool, promise)]
    if service.assets:
        lines += ["", "speed: moved beside neutral objects, to find throttling"]
    for asset in service.assets:
        lines += _wrapped(f"  {asset.name}  ", _asset(asset))
    lines.append("")
    if promise is not None:
        lines += _field("proof", LEGEND)
    if service.prefixes:
        lines += _field("prefixes", ", ".join(service.prefixes))
    lines += _authorities(service)
    beacon = service.beacon
    if beacon is not None:
        states = f"up {', '.join(beacon.up)}, down {', '.join(beacon.down)}"
        lines += _field("beacon", f"{beacon.host}: {states}")
    for source in _sources(service):
        lines += _field("source", source)
    return "\n".join(lines) + "\n"


def _when_measured(service: Service) -> list[str]:
    lines = _field("core", "measured when no service is named") if service.core else []
    if service.warning:
        lines += _field("warning", f"{service.warning}; measured only when it is named")
    return lines


def render_stale(file: str, rows: Sequence[Dated], today: date) -> str:
    """One line about the rows of ``file`` whose facts are old; empty where none are."""
    old = sorted((r for r in rows if stale(r[1], today)), key=lambda row: (row[1].date, row[0]))
    if not old:
        return ""
    shown = ", ".join(f"{name} ({facts.date})" for name, facts in old[:OLDEST])
    more = f" and {len(old) - OLDEST} more" if len(old) > OLDEST else ""
    verb = "is" if len(old) == 1 else "are"
    return printable(
        f"{file}: {len(old)} of {len(rows)} rows {verb} older than {STALE_MONTHS} months: "
        f"{shown}{more}; ask them with: msgprobe services verify"
    )


def _functions(service: Service) -> list[str]:
    has = {pool.function for pool in service.pools}
    return [function.value for function in Function if function in has]


def _pool(service: Service, pool: Pool, promise: Promise | None) -> list[str]:
    members = service.members(pool.name)
    spare = {e.member for e in service.endpoints if e.pool == pool.name and e.spare}
    usual = len(members) - len(spare)
    text = f"{pool.function.value}: pool {pool.name}, ok at {pool.ok_at} of {usual}"
    if pool.extra:
        text = f"{pool.function.value}: pool {pool.name}, an extra that clients do without"
    if pool.sample:
        text += f", {pool.sample} tried first"
    lines = [text]
    for member in members:
        mine = [e for e in service.endpoints if e.pool == pool.name and e.member == member]
        proof = promise(service, mine[0]) if promise is not None else None
        level = "" if proof is None or proof is Proof.NONE else f", P{proof.value}"
        lines += _wrapped(f"  {member}  ", _member(mine) + level)
    return lines


def _member(endpoints: Sequence[Endpoint]) -> str:
    """``g.whatsapp.net 443 (5222 in reserve), noise``: where and how one member is asked."""
    first = endpoints[0]
    targets = [first.host] if first.host else _once(e.addresses[0] for e in endpoints)
    main = _once(str(e.port) for e in endpoints if not e.reserve)
    later = [port for port in _once(str(e.port) for e in endpoints) if port not in main]
    text = f"{', '.join(t for t in targets if t)} port {', '.join(main)}"
    if later:
        text += f" ({', '.join(later)} in reserve)"
    return ", ".join((text, *_how(first)))


def _how(first: Endpoint) -> list[str]:
    spoken = first.option("protocol")
    how = [first.check if spoken is None else f"{first.check} ({spoken})"]
    how += [_TRUSTS[first.trust]] if first.trust in _TRUSTS else []
    how += [first.path] if first.path != "/" else []
    return how + [key for key in ("always", "spare") if getattr(first, key)]


def _asset(asset: Asset) -> str:
    """``web: download from web.whatsapp.com/``: what it stands for, and whence or whither."""
    if asset.pool is not None:
        return f"{asset.function.value}: many small answers of one server of pool {asset.pool}"
    way = "upload to" if asset.direction is Direction.UP else "download from"
    text = f"{asset.function.value}: {way} {asset.host}{asset.path}"
    if asset.page_host is not None:
        page = f"{asset.page_host}{asset.path}"
        text = f"{asset.function.value}: {way} {asset.host}, an object that {page} names"
    elif asset.find is not None:
        text += ", the object that this page names"
    return f"{text}, {_TRUSTS[asset.trust]}" if asset.trust in _TRUSTS else text


def _authorities(service: Service) -> list[str]:
    lines: list[str] = []
    for root in service.roots:
        lines += _field("root", f"{root.name}, SHA-256 {root.sha256}")
    for key in service.keys:
        lines += _field("key", f"{key.name}, fingerprint {key.fingerprint}")
    return lines


def _sources(service: Service) -> list[str]:
    facts = [
        service.provenance,
        *(e.provenance for e in service.endpoints),
        *(a.provenance for a in service.assets),
        *(r.provenance for r in service.roots),
        *(k.provenance for k in service.keys),
        *([service.beacon.provenance] if service.beacon else []),
    ]
    return _once(f"{fact.source} ({fact.date})" for fact in facts)


def _once(words: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(words))


def _field(label: str, text: str) -> list[str]:
    return _wrapped(f"{label:<12}", text)


def _wrapped(lead: str, text: str) -> list[str]:
    return textwrap.wrap(
        printable(text),
        WIDTH,
        initial_indent=printable(lead),
        subsequent_indent=" " * len(printable(lead)),
        break_on_hyphens=False,
    )
