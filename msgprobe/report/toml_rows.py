"""Rows of the catalogue as TOML: whole tables that a target file takes as they are."""

from collections.abc import Iterable, Sequence
from dataclasses import MISSING, fields
from enum import Enum

from msgprobe.model.control import CallServer, PublicResolver, Sentinel, Site, Source
from msgprobe.model.target import Asset, Provenance, Service, Trust
from msgprobe.report.escape import printable

Row = Asset | Site | Sentinel | PublicResolver | Source | CallServer
Value = str | int | bool | Sequence[str] | Sequence[int] | dict[str, str]

HEADERS: dict[type, str] = {
    Asset: "[[asset]]",
    Site: "[[site]]",
    Sentinel: "[[sentinel]]",
    PublicResolver: "[[resolver]]",
    Source: "[[transfer]]",
    CallServer: "[[stun]]",
}
MEMBER = "[[pool.member]]"


def row_table(row: Row, provenance: Provenance) -> str:
    """The table of an asset or a control: every key whose value is not the default."""
    pairs: list[tuple[str, Value | None]] = []
    for one in fields(row):
        value = getattr(row, one.name)
        if one.name == "provenance" or (one.default is not MISSING and value == one.default):
            continue
        if value == "" and one.name in ("host", "body"):
            continue
        pairs.append((one.name, value.value if isinstance(value, Enum) else value))
    return table(HEADERS[type(row)], pairs, provenance)


def member_table(
    service: Service,
    member: str,
    provenance: Provenance,
    *,
    ports: Sequence[int] = (),
    addresses: Sequence[str] | None = None,
    expect_status: Sequence[int] = (),
) -> str:
    """The table of a member of a pool with everything that holds for it, its pool's keys included;
    ``ports``, ``addresses`` and ``expect_status`` instead of those that it has.

    Raises KeyError where the service has no such member.
    """
    mine = [e for e in service.endpoints if e.member == member]
    if not mine:
        raise KeyError(member)
    first = mine[0]
    pool = [e for e in service.endpoints if e.pool == first.pool]
    # A pool may say something else for its members: then the default has to be said as well.
    trust = any(e.trust is not Trust.PUBLIC for e in pool)
    path = any(e.path != "/" for e in pool)
    had = dict.fromkeys(a for e in mine for a in e.addresses)
    pairs: list[tuple[str, Value | None]] = [
        ("name", member),
        ("host", first.host),
        ("addresses", tuple(had if addresses is None else addresses)),
        *((key, True) for key in ("always", "spare") if any(getattr(e, key) for e in mine)),
        ("check", first.check),
        ("ports", tuple(ports) or tuple(dict.fromkeys(e.port for e in mine))),
        ("trust", first.trust.value if trust else None),
        ("certificate_sha256", first.certificate_sha256),
        ("path", first.path if path else None),
        ("expect_status", tuple(expect_status) or first.expect_status),
        ("expect_text", first.expect_text),
        ("options", dict(first.options)),
    ]
    return table(MEMBER, pairs, provenance)


def table(header: str, pairs: Iterable[tuple[str, Value | None]], provenance: Provenance) -> str:
    """A header, keys and values (but those without one), and whence they are."""
    lines = [header]
    lines += [f"{key} = {literal(value)}" for key, value in pairs if value not in (None, (), {})]
    lines += [f"source = {literal(provenance.source)}", f"date = {literal(provenance.date)}"]
    return "\n".join(lines) + "\n"


def commented(text: str) -> str:
    """Every line of ``text`` made a comment."""
    return "".join(f"# {line}\n" for line in text.splitlines())


def comment(text: str) -> str:
    """``text``, which may come from the network, as one line of comment."""
    return f"# {printable(text)}\n"


def literal(value: Value) -> str:
    """A value as TOML writes it (TOML 1.0): basic strings, in which nothing can end early."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, str):
        return '"' + "".join(map(_char, value)) + '"'
    if isinstance(value, dict):
        pairs = (f"{_key(k)} = {literal(v)}" for k, v in value.items())
        return "{ " + ", ".join(pairs) + " }"
    return "[" + ", ".join(literal(one) for one in value) + "]"


def _key(key: str) -> str:
    bare = key.isascii() and key.replace("_", "").replace("-", "").isalnum()
    return key if bare else literal(key)


def _char(char: str) -> str:
    if char in '"\\':
        return f"\\{char}"
    if char.isascii() and char.isprintable():
        return char
    code = ord(char)
    if 0xD800 <= code <= 0xDFFF:
        code = 0xFFFD  # a lone surrogate is no character that TOML could name
    return f"\\u{code:04X}" if code < 0x10000 else f"\\U{code:08X}"
