"""The catalogue for people: which services there are, and what one of them consists of."""

from collections.abc import Callable, Iterable, Sequence
from datetime import date

from msgprobe.model.age import STALE_MONTHS, Dated, stale
from msgprobe.model.observation import Proof
from msgprobe.model.target import Asset, Direction, Endpoint, Function, Pool, Service, Trust
from msgprobe.report.columns import align, cells, padded, wrap
from msgprobe.report.escape import printable
from msgprobe.report.language import N_, _, ngettext
from msgprobe.report.wording import function_word

WIDTH = 80

Promise = Callable[[Service, Endpoint], Proof | None]

OLDEST = 5
"""Old rows of a file that are named, the oldest first; of the others only the number is said."""

_TRUSTS = {
    Trust.PINNED: N_("own roots only"),
    Trust.EITHER: N_("own or public roots"),
    Trust.HASH: N_("known certificate only"),
}

LEGEND = N_("P4 authenticated, P3 our nonce, P2 form, P1 bytes, P0 open port")


def render_list(services: Sequence[Service]) -> str:
    """One line per service: name, title, functions, endpoints; ``*`` marks the core ones, ``!``
    those with a warning."""
    if not services:
        return _("no services") + "\n"
    rows = [
        (
            ("* " if service.core else "! " if service.warning else "  ") + printable(service.name),
            printable(service.title, limit=30),
            _(", ").join(_functions(service)),
            str(len(service.endpoints)),
        )
        for service in services
    ]
    head = (f"  {_('service')}", _("name"), _("functions"), _("endpoints"))
    lines = align([head, *rows], width=None, shares=(0, 0, 0, 0))
    lines.append("* " + _("measured when no service is named"))
    if any(service.warning for service in services):
        lines.append("! " + _("not in --all: see services show"))
    return "\n".join(lines) + "\n"


def render_show(service: Service, promise: Promise | None = None) -> str:
    """Everything that the catalogue says about ``service``, with the sources of its facts.

    ``promise`` gives the strongest proof that an honest server gives an endpoint's check, if known.
    """
    lines = [f"{printable(service.title)} ({printable(service.name)})"]
    lines += _field(_("primary"), function_word(service.primary))
    lines += _when_measured(service)
    for function, why in service.untestable:
        lines += _field(_("untestable"), f"{function_word(function)}: {_(why)}")
    for pool in service.pools:
        lines += ["", *_pool(service, pool, promise)]
    if service.assets:
        lines += ["", _("speed: moved beside neutral objects, to find throttling")]
    for asset in service.assets:
        lines += _wrapped(f"  {asset.name}  ", _asset(asset))
    lines.append("")
    if promise is not None:
        lines += _field(_("proof"), _(LEGEND))
    if service.prefixes:
        lines += _field(_("prefixes"), ", ".join(service.prefixes))
    lines += _authorities(service)
    beacon = service.beacon
    if beacon is not None:
        said = _("{host}: up {up}, down {down}").format(
            host=beacon.host, up=", ".join(beacon.up), down=", ".join(beacon.down)
        )
        lines += _field(_("beacon"), said)
    for source in _sources(service):
        lines += _field(_("source"), source)
    return "\n".join(lines) + "\n"


def _when_measured(service: Service) -> list[str]:
    lines = _field(_("core"), _("measured when no service is named")) if service.core else []
    if service.warning:
        said = _("{warning}; measured only when it is named")
        lines += _field(_("warning"), said.format(warning=_(service.warning)))
    return lines


def render_stale(file: str, rows: Sequence[Dated], today: date) -> str:
    """One line about the rows of ``file`` whose facts are old; empty where none are."""
    old = sorted((r for r in rows if stale(r[1], today)), key=lambda row: (row[1].date, row[0]))
    if not old:
        return ""
    shown = ", ".join(f"{name} ({facts.date})" for name, facts in old[:OLDEST])
    places = {"file": file, "rows": len(rows), "months": STALE_MONTHS, "shown": shown}
    if len(old) > OLDEST:
        said = ngettext(
            "{{file}}: {count} of {{rows}} rows is older than {{months}} months: {{shown}} and "
            "{{more}} more; ask them with: msgprobe services verify",
            "{{file}}: {count} of {{rows}} rows are older than {{months}} months: {{shown}} and "
            "{{more}} more; ask them with: msgprobe services verify",
            len(old),
        )
        return printable(said.format(more=len(old) - OLDEST, **places))
    said = ngettext(
        "{{file}}: {count} of {{rows}} rows is older than {{months}} months: {{shown}}; ask them "
        "with: msgprobe services verify",
        "{{file}}: {count} of {{rows}} rows are older than {{months}} months: {{shown}}; ask them "
        "with: msgprobe services verify",
        len(old),
    )
    return printable(said.format(**places))


def _functions(service: Service) -> list[str]:
    has = {pool.function for pool in service.pools}
    return [function_word(function) for function in Function if function in has]


def _pool(service: Service, pool: Pool, promise: Promise | None) -> list[str]:
    members = service.members(pool.name)
    spare = {e.member for e in service.endpoints if e.pool == pool.name and e.spare}
    usual = len(members) - len(spare)
    said = _("{function}: pool {pool}, ok at {ok} of {all}")
    if pool.extra:
        said = _("{function}: pool {pool}, an extra that clients do without")
    parts = [
        said.format(function=function_word(pool.function), pool=pool.name, ok=pool.ok_at, all=usual)
    ]
    if pool.sample:
        parts.append(_("{count} tried first").format(count=pool.sample))
    lines = [_(", ").join(parts)]
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
    said = _("{hosts} port {ports}")
    if later:
        said = _("{hosts} port {ports} ({later} in reserve)")
    text = said.format(
        hosts=", ".join(t for t in targets if t), ports=", ".join(main), later=", ".join(later)
    )
    return _(", ").join((text, *_how(first)))


def _how(first: Endpoint) -> list[str]:
    spoken = first.option("protocol")
    how = [first.check if spoken is None else f"{first.check} ({spoken})"]
    how += [_(_TRUSTS[first.trust])] if first.trust in _TRUSTS else []
    how += [first.path] if first.path != "/" else []
    how += [_("always")] if first.always else []
    return how + ([_("spare")] if first.spare else [])


def _asset(asset: Asset) -> str:
    """``web: download from web.whatsapp.com/``: what it stands for, and whence or whither."""
    trust = [_(_TRUSTS[asset.trust])] if asset.trust in _TRUSTS else []
    text = _asset_said(asset).format(
        function=function_word(asset.function),
        pool=asset.pool,
        host=asset.host,
        path=asset.path,
        page=f"{asset.page_host}{asset.path}",
    )
    return text if asset.pool is not None else _(", ").join((text, *trust))


def _asset_said(asset: Asset) -> str:
    up = asset.direction is Direction.UP
    if asset.pool is not None:
        return _("{function}: many small answers of one server of pool {pool}")
    if asset.page_host is not None:
        if up:
            return _("{function}: upload to {host}, an object that {page} names")
        return _("{function}: download from {host}, an object that {page} names")
    if asset.find is not None:
        if up:
            return _("{function}: upload to {host}{path}, the object that this page names")
        return _("{function}: download from {host}{path}, the object that this page names")
    return (
        _("{function}: upload to {host}{path}")
        if up
        else _("{function}: download from {host}{path}")
    )


def _authorities(service: Service) -> list[str]:
    lines: list[str] = []
    for root in service.roots:
        lines += _field(_("root"), f"{root.name}, SHA-256 {root.sha256}")
    for key in service.keys:
        said = _("{name}, fingerprint {fingerprint}")
        lines += _field(_("key"), said.format(name=key.name, fingerprint=key.fingerprint))
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
    return _wrapped(padded(label, max(12, cells(label) + 1)), text)


def _wrapped(lead: str, text: str) -> list[str]:
    first = printable(lead)
    return wrap(printable(text), WIDTH, first=first, other=" " * cells(first))
