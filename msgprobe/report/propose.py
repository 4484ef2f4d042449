"""Changed rows of the catalogue, as text to paste, made of what came when the rows were asked.

Nothing here is a fact: one line saw it once. Every proposal is to be compared with its source.
"""

import base64
import binascii
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TypeVar

from msgprobe.model.control import CallServer, Controls, PublicResolver, Site, Source
from msgprobe.model.observation import Certificate
from msgprobe.model.row import CONTROLS, Checked, Kind, Verification, Word
from msgprobe.model.target import Asset, Endpoint, Provenance, Service
from msgprobe.report.toml_rows import Row, comment, commented, literal, member_table, row_table

T = TypeVar("T", int, str)

SOURCE = "an answer to: msgprobe services verify"
LONGEST_SOURCE = 300
"""Characters of a source that a target file takes."""

BAD = (Word.DIFFERS, Word.NO_ANSWER)

_GONE = "The name is gone. To take the row out:"
_RETIRED = "If it stays so, the row may be retired:"
_HEAD = (
    "Proposed by msgprobe services verify. What one line saw once is no fact yet: compare every "
    "row with its source before it is pasted."
)


def proposal(found: Verification) -> str:
    """TOML for every row that differs or gives no answer; empty where all hold, or where nothing
    can be concluded from this line."""
    parts = []
    provenance = Provenance(source=SOURCE, date=found.started_at[:10])
    for service in found.services:
        mine = [r for r in found.rows if r.service == service.name]
        parts.append((service.name, "".join(_service(service, mine, provenance))))
    if found.controls is not None:
        mine = [r for r in found.rows if r.service == CONTROLS]
        parts.append((CONTROLS, "".join(_controls(found.controls, mine, provenance))))
    bodies = [f"# --- {name} ---\n\n{text}" for name, text in parts if text]
    if found.closed or not bodies:
        return ""
    return comment(_HEAD) + "\n" + "\n".join(bodies)


def _service(service: Service, rows: Sequence[Checked], provenance: Provenance) -> Iterator[str]:
    own = [r for r in rows if r.kind is not Kind.BEACON and r.word is not Word.NOT_ASKED]
    if len(own) > 1 and all(r.word is Word.NO_ANSWER for r in own):
        yield comment(
            "Nothing of it answers from this line: is it blocked here? No row is proposed."
        )
        return
    assets = {a.name: a for a in service.assets}
    for (kind, table), mine in _tables(rows).items():
        if not any(r.word in BAD for r in mine):
            continue
        yield from _said(mine)
        if kind is Kind.MEMBER:
            yield _member(service, table, mine, provenance)
        elif kind is Kind.ASSET:
            yield _asset(assets[table], mine, provenance)
        elif kind is Kind.ROOT:
            yield _root(mine, provenance)
        yield "\n"


def _tables(rows: Sequence[Checked]) -> dict[tuple[Kind, str], list[Checked]]:
    """The rows by the TOML table that they stand in. A member and an asset may have one name; only
    a member's addresses have a port."""
    found: dict[tuple[Kind, str], list[Checked]] = {}
    for row in rows:
        kind = row.kind
        if kind is Kind.ADDRESS:
            kind = Kind.ASSET if row.port is None else Kind.MEMBER
        found.setdefault((kind, row.table), []).append(row)
    return found


def _sourced(old: Provenance, new: Provenance) -> Provenance:
    """Both sources, for what did not change is still from the old one; the date of the answer."""
    source = f"{old.source}; {new.source}"
    return replace(new, source=source if len(source) <= LONGEST_SOURCE else new.source)


def _said(rows: Sequence[Checked]) -> Iterator[str]:
    for row in rows:
        if row.word in BAD:
            yield comment(f"{row.row}: {row.word.value}" + (f": {row.what}" if row.what else ""))


def _member(service: Service, member: str, rows: Sequence[Checked], provenance: Provenance) -> str:
    main = [r for r in rows if r.kind is Kind.MEMBER]
    asked = [r for r in main if r.word is not Word.NOT_ASKED]
    mine = [e for e in service.endpoints if e.member == member]
    now = member_table(service, member, mine[0].provenance)
    if any(r.came.gone for r in main):
        return comment(_GONE) + commented(now)
    if asked and all(r.word is Word.NO_ANSWER for r in asked):
        return comment(_RETIRED) + commented(now)
    if shown := next((r.came.shown for r in main if r.came.shown), ()):
        return "".join(_certificate(shown))
    return _member_now(service, mine, rows, provenance)


def _member_now(
    service: Service, mine: Sequence[Endpoint], rows: Sequence[Checked], provenance: Provenance
) -> str:
    """The member with what came instead of what did not hold."""
    main = [r for r in rows if r.kind is Kind.MEMBER]
    status = next((r.came.status for r in main if r.came.status is not None), None)
    words = {r.row: r.word for r in main}
    ports = _kept(words, [(e.port, e.name) for e in mine])
    if mine[0].host is None:
        addresses = _kept(words, [(e.addresses[0], e.name) for e in mine])
    else:
        addresses = _hints([a for e in mine for a in e.addresses], rows)
    if status is None and ports is None and addresses is None:
        return comment("No row is proposed: only its author can say what would be right.")
    return member_table(
        service,
        mine[0].member,
        _sourced(mine[0].provenance, provenance),
        ports=ports or (),
        addresses=addresses,
        expect_status=() if status is None else (status,),
    )


def _kept(words: Mapping[str, Word], named: Sequence[tuple[T, str]]) -> tuple[T, ...] | None:
    """The ports, or the addresses, without those of which no endpoint that was asked held; None
    where these are all that there are. ``named``: each with the name of one of its endpoints."""
    asked: dict[T, list[Word]] = {one: [] for one, _ in named}
    for one, name in named:
        if words.get(name, Word.NOT_ASKED) is not Word.NOT_ASKED:
            asked[one].append(words[name])
    good = tuple(one for one, said in asked.items() if not said or Word.HOLDS in said)
    return good if good and len(good) < len(asked) else None


def _hints(had: Sequence[str], rows: Sequence[Checked]) -> tuple[str, ...] | None:
    """The addresses that a row should give beside its name: those that held or answered as the name
    itself does, or where none did those that the name leads to. None: as they are."""
    said = {r.came.status for r in rows if r.kind is not Kind.ADDRESS} - {None}
    hints = [r for r in rows if r.kind is Kind.ADDRESS and r.word in BAD]
    bad = {r.address for r in hints if r.came.status not in said}
    if not bad:
        return None
    kept = tuple(a for a in dict.fromkeys(had) if a not in bad)
    named = dict.fromkeys(a for r in rows for a in r.came.addresses)
    return kept or tuple(a for a in named if a not in bad)


def _certificate(shown: Sequence[Certificate]) -> Iterator[str]:
    """Who signs now; the hash of the leaf, and the authority where it was shown."""
    leaf, last = shown[0], shown[-1]
    yield comment(f"Shown now: for {leaf.subject}, by {leaf.issuer}, SHA-256 {leaf.sha256}")
    yield comment(f"The last one shown: {last.subject}, by {last.issuer}, SHA-256 {last.sha256}")
    yield comment("A forger shows such a thing as well: ask the service's own source first.")


def _root(rows: Sequence[Checked], provenance: Provenance) -> str:
    shown = next((r.came.shown for r in rows if r.came.shown), ())
    text = "".join(_certificate(shown)) if shown else ""
    last = shown[-1] if shown else None
    if last is None or last.subject != last.issuer or not (pem := _pem(last)):
        return text + comment("Its certificate was not shown; take it from the service's source.")
    keys = [("name", f"new-{provenance.date}"), ("sha256", last.sha256)]
    lines = ["[[root]]", *(f"{key} = {literal(value)}" for key, value in keys)]
    lines += [f"source = {literal(provenance.source)}", f"date = {literal(provenance.date)}"]
    return text + commented("\n".join([*lines, f'pem = """\n{pem}"""']))


def _pem(certificate: Certificate) -> str:
    try:
        der = base64.b64decode(certificate.der, validate=True)
    except (ValueError, binascii.Error):
        return ""
    text = base64.b64encode(der).decode()
    lines = [text[at : at + 64] for at in range(0, len(text), 64)]
    block = "\n".join(["-----BEGIN CERTIFICATE-----", *lines, "-----END CERTIFICATE-----"])
    return block + "\n" if der else ""


def _asset(asset: Asset, rows: Sequence[Checked], provenance: Provenance) -> str:
    main = [r for r in rows if r.kind is Kind.ASSET]
    if any(r.word in BAD for r in main):
        return comment(_RETIRED) + commented(row_table(asset, asset.provenance))
    addresses = _hints(asset.addresses, rows) or ()
    changed = replace(asset, addresses=addresses)
    return row_table(changed, _sourced(asset.provenance, provenance))


def _controls(controls: Controls, rows: Sequence[Checked], provenance: Provenance) -> Iterator[str]:
    every: list[Row] = [
        *controls.sites,
        *controls.sentinels,
        *controls.resolvers,
        *controls.sources,
        *controls.calls,
    ]
    for row in every:
        mine = [r for r in rows if r.table == row.name]
        if any(r.word in BAD for r in mine):
            yield from _said(mine)
            yield _control(row, mine, provenance)
            yield "\n"
    yield from _silent(controls, rows)


def _silent(controls: Controls, rows: Sequence[Checked]) -> Iterator[str]:
    """What the controls say beside their rows: the addresses that nobody answers at."""
    head = [r for r in rows if r.kind in (Kind.SILENT, Kind.ADVERT) and r.word in BAD]
    if head:
        yield from _said(head)
        loud = {r.address for r in head if r.kind is Kind.SILENT}
        kept = tuple(a for a in controls.silent if a not in loud)
        if loud and kept:
            yield f"[controls]\nsilent = {literal(kept)}\n"
        yield "\n"


def _control(row: Row, rows: Sequence[Checked], provenance: Provenance) -> str:
    own = [r for r in rows if r.kind in _OWN and r.word is not Word.NOT_ASKED]
    now = row_table(row, row.provenance)
    if any(r.came.gone for r in own):
        return comment(_GONE) + commented(now)
    if own and all(r.word in BAD for r in own):
        return comment(_RETIRED) + commented(now)
    return row_table(_changed(row, rows), _sourced(row.provenance, provenance))


_OWN = (Kind.SITE, Kind.SENTINEL, Kind.RESOLVER, Kind.TRANSFER, Kind.STUN)
"""What a control is there for; its other rows are addresses and properties."""


def _changed(row: Row, rows: Sequence[Checked]) -> Row:
    """The control without the addresses and properties that did not hold."""
    lost = {r.kind for r in rows if r.word in BAD}
    if isinstance(row, PublicResolver):
        return _resolver(row, rows)
    if isinstance(row, Site):
        row = replace(row, quic=row.quic and Kind.QUIC not in lost)
    if isinstance(row, Source) and Kind.UPLOAD in lost:
        row = replace(row, upload_path=None)
    if isinstance(row, Site | Source):
        row = replace(row, any_name=row.any_name and Kind.ANY_NAME not in lost)
    if Kind.ADDRESS in lost and isinstance(row, Site | Source | CallServer):
        return replace(row, addresses=_hints(row.addresses, rows) or ())
    return row


def _resolver(row: PublicResolver, rows: Sequence[Checked]) -> PublicResolver:
    bad = {(r.address, r.port) for r in rows if r.word in BAD}
    kept = tuple(a for a in row.addresses if (a, 53) not in bad)
    encrypted = any(r.port == 443 and r.word is Word.HOLDS for r in rows)
    lost = any(port == 443 for _, port in bad) and not encrypted
    doh_host = None if lost else row.doh_host
    return replace(row, addresses=kept or row.addresses, doh_host=doh_host)
