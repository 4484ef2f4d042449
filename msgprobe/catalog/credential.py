"""Certificate authorities and keys of a service's own: [[root]] and [[key]]."""

from collections.abc import Callable
from typing import TypeVar

from msgprobe.catalog import value
from msgprobe.catalog.table import PROVENANCE, Table, distinct
from msgprobe.model.target import Key, Provenance, Root

_ROOT = ("name", "pem", "sha256", *PROVENANCE)
_KEY = ("name", "pem", "fingerprint", "old_padding", *PROVENANCE)

C = TypeVar("C", Root, Key)


def read_roots(top: Table, provenance: Provenance) -> tuple[Root, ...]:
    """The [[root]]s of the file ``top``. Raises CatalogError."""
    return _distinct(top, provenance, "root", _ROOT, _root)


def _distinct(
    top: Table,
    provenance: Provenance,
    kind: str,
    fields: tuple[str, ...],
    read: Callable[[Table, Provenance], C],
) -> tuple[C, ...]:
    tables = top.tables(kind, fields, most=20)
    found = tuple(read(table, provenance) for table in tables)
    distinct(tables, [one.name for one in found], kind)
    return found


def _root(table: Table, provenance: Provenance) -> Root:
    pem, actual = table.need("pem", value.certificate)
    _check_stated(table, "sha256", table.need("sha256", value.sha256), actual, "certificate")
    return Root(
        name=table.need("name", value.name),
        pem=pem,
        sha256=actual,
        provenance=table.provenance(provenance),
    )


def _check_stated(table: Table, key: str, stated: str, actual: str, what: str) -> None:
    """Refuse a row whose hash is another one's: one of the two is wrong, or forged."""
    if stated != actual:
        right = f"that one has {actual}: find out which of the two is genuine"
        raise table.fault(key, f"is not that of the {what} in pem", right)


def read_keys(top: Table, provenance: Provenance) -> tuple[Key, ...]:
    """The [[key]]s of the file ``top``. Raises CatalogError."""
    return _distinct(top, provenance, "key", _KEY, _key)


def _key(table: Table, provenance: Provenance) -> Key:
    modulus, exponent = table.need("pem", value.rsa_key)
    actual = value.fingerprint_of(modulus, exponent)
    _check_stated(table, "fingerprint", table.need("fingerprint", value.fingerprint), actual, "key")
    return Key(
        name=table.need("name", value.name),
        modulus=f"{modulus:x}",
        exponent=exponent,
        fingerprint=actual,
        old_padding=table.take("old_padding", value.flag, False),
        provenance=table.provenance(provenance),
    )
