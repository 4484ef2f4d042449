"""Finds whatever was changed in a package since it was sealed."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from msgprobe.sealing import listing, signature, stamp
from msgprobe.sealing.chain import chained, unbroken
from msgprobe.sealing.container import Container
from msgprobe.sealing.error import Fault, PackageError
from msgprobe.sealing.leaves import Leaf, leaves, read_copy, read_secret, render_leaves
from msgprobe.sealing.listing import run_file, sha256
from msgprobe.sealing.stamp import Stamp

_CREATED = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d)?Z")
_VERSION = re.compile(r"msgprobe ([0-9A-Za-z.+-]{1,40})")


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedRun:
    """A run in a package: its number, how many fields it has, and the paths of those that were
    taken out of this copy."""

    run: str
    fields: int
    gone: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """A package that agrees with its own hashes, and what vouches for these.

    ``sha256`` is of the list of its files, which is what was signed and stamped. ``key`` is the
    fingerprint of the public key, None where nothing was signed; ``verified`` whether the signature
    could be checked here. ``created`` and ``version`` are what the sealing program said.
    """

    sha256: str
    created: str
    version: str
    key: str | None
    verified: bool
    runs: tuple[SealedRun, ...]
    stamp: Stamp | None
    catalogue: tuple[str, ...]
    remembered: int = 0
    """Lines about other times."""

    @property
    def vouched(self) -> bool:
        """Something that is outside everybody's reach holds the hashes: a key or an authority."""
        return self.verified or (self.stamp is not None and self.stamp.authority is not None)


def check(
    package: Container, *, key: str | None = None, authorities: bytes | None = None
) -> Checked:
    """What ``package`` is. ``key`` is the fingerprint of the public key that it should be signed
    with, ``authorities`` are certificates (PEM) under which its stamp should be.

    Raises PackageError for the first thing that was changed, dropped, added or put elsewhere, and
    where the key or the stamp is another one; SealError where ``authorities`` cannot be used here.
    """
    _places(package)
    rows = _list(package)
    names = sorted({r for n in rows if (r := listing.run_of(n)) is not None})
    _runs_known(package, names)
    runs, lists = [], []
    for run in names:
        found = fields(package, run)
        runs.append(_sealed(run, found))
        lists.append(sha256(render_leaves(found)))
    _same(package, listing.HISTORY, chained(lists))
    _remembered(package)
    _taken_out(package, runs)
    created, version = _datapackage(package, rows, names)
    signed = listing.KEY in rows
    verified = _signatures(package, created, version, signed=signed)
    public = signature.fingerprint(package.read(listing.KEY)) if signed else None
    if key is not None and key != public:
        raise PackageError(Fault.KEY, f"signed by {public or 'nobody'}")
    return Checked(
        sha256=sha256(package.read(listing.LIST)),
        created=created,
        version=version,
        key=public,
        verified=verified,
        runs=tuple(runs),
        stamp=_stamp(package, authorities),
        catalogue=tuple(n for n in rows if n.startswith("catalogue/")),
        remembered=_count(package, listing.REMEMBERED),
    )


def fields(package: Container, run: str) -> list[Leaf]:
    """Every field of a run, those that were taken out without a line. Raises PackageError where
    they are not the sealed ones, as far as the lists of the run itself tell."""
    kinds = {n.rpartition(".")[2] for n in package.names if listing.run_of(n) == run}
    whole = "sha256" in kinds
    right = {*listing.WHOLE, "sha256"} if whole else {*listing.COPY}
    for kind in sorted(right ^ kinds):
        fault = Fault.MISSING if kind in right else Fault.EXTRA_FILE
        raise PackageError(fault, run_file(run, kind))
    if not whole:
        name = run_file(run, "fields")
        return read_copy(package.read(run_file(run, "leaves")), package.read(name), name)
    name = run_file(run, "sha256")
    stated = listing.read_sums(package.read(name), name)
    names = [run_file(run, kind) for kind in listing.WHOLE]
    hashes = {one: sha256(package.read(one)) for one in names}
    for one, digest in hashes.items():
        if stated.get(one) != digest:
            raise PackageError(Fault.CHANGED, one)
    _same(package, name, listing.sums(hashes.items()))
    secret = read_secret(package.read(run_file(run, "salt")), run_file(run, "salt"))
    try:
        return leaves(package.read(run_file(run, "json")), secret)
    except ValueError as error:
        raise PackageError(Fault.CHANGED, f"{run_file(run, 'json')}: {error}") from None


def _places(package: Container) -> None:
    if listing.LIST not in package.names:
        raise PackageError(Fault.MISSING, listing.LIST)
    right = sorted(package.names, key=listing.placed)
    for name, other in zip(package.names, right, strict=True):
        if name != other:
            raise PackageError(Fault.ORDER, f"{name} where {other} belongs")


def _list(package: Container) -> dict[str, str]:
    """The listed hashes, all of them right."""
    rows = listing.read_sums(package.read(listing.LIST), listing.LIST)
    names = listing.listed_names(rows)
    _same(package, listing.LIST, listing.sums((n, rows[n]) for n in names))
    for name, digest in rows.items():
        run = listing.run_of(name)
        if name in package.names:
            if sha256(package.read(name)) != digest:
                raise PackageError(Fault.CHANGED, name)
        elif run is None or run_file(run, "fields") not in package.names:
            raise PackageError(Fault.MISSING, name)
    for name in listing.listed_names(package.names):
        if name not in rows:
            raise PackageError(Fault.EXTRA_FILE, name)
    return rows


def _runs_known(package: Container, runs: Sequence[str]) -> None:
    if not runs or list(runs) != [f"{n:04}" for n in range(1, len(runs) + 1)]:
        raise PackageError(Fault.MISSING, run_file("0001", "sha256"))
    for name in package.names:
        if listing.run_of(name) not in (None, *runs):
            raise PackageError(Fault.EXTRA_FILE, name)


def _sealed(run: str, found: Sequence[Leaf]) -> SealedRun:
    gone = tuple(leaf.path for leaf in found if leaf.line is None)
    return SealedRun(run=run, fields=len(found), gone=gone)


def taken_out_text(runs: Sequence[SealedRun]) -> bytes:
    """What a copy says about itself; empty where nothing is gone."""
    rows = "".join(f"evidence/{one.run} {path}\n" for one in runs for path in one.gone)
    return f"Taken out of this copy (evidence/NNNN.leaves has their hashes):\n{rows}".encode(
        "ascii"
    )


def _remembered(package: Container) -> None:
    name = listing.REMEMBERED
    if name in package.names and not unbroken(package.read(name)):
        raise PackageError(Fault.CHANGED, f"{name}: a line is missing or was changed")


def _taken_out(package: Container, runs: Sequence[SealedRun]) -> None:
    copies = [n for n in package.names if n.endswith(".fields")]
    if not copies and listing.TAKEN_OUT in package.names:
        raise PackageError(Fault.EXTRA_FILE, listing.TAKEN_OUT)
    if copies:
        _same(package, listing.TAKEN_OUT, taken_out_text(runs))


def _same(package: Container, name: str, right: bytes) -> None:
    if package.read(name) != right:
        raise PackageError(Fault.CHANGED, name)


def _count(package: Container, name: str) -> int:
    return package.read(name).count(b"\n") if name in package.names else 0


def _datapackage(package: Container, rows: dict[str, str], runs: Sequence[str]) -> tuple[str, str]:
    """When it was sealed and by which version, as it says."""
    said = _json(package, listing.DATA)
    created, software = str(said.get("created")), _VERSION.fullmatch(str(said.get("software")))
    if software is None or not _CREATED.fullmatch(created):
        raise PackageError(Fault.CHANGED, listing.DATA)
    inner = {n: digest for n, digest in rows.items() if n not in (listing.DATA, listing.DIGEST)}
    _same(package, listing.DATA, listing.datapackage(created, software[1], inner, runs))
    return created, software[1]


def _json(package: Container, name: str) -> dict[str, Any]:
    try:
        found = json.loads(package.read(name))
    except (ValueError, RecursionError):
        raise PackageError(Fault.CHANGED, name) from None
    if not isinstance(found, dict):
        raise PackageError(Fault.CHANGED, name)
    return found


def _signatures(package: Container, created: str, version: str, *, signed: bool) -> bool:
    """Whether both signatures were checked; raises PackageError where one is wrong."""
    data = package.read(listing.DATA)
    if not signed:
        if listing.SIGNATURE in package.names:
            raise PackageError(Fault.EXTRA_FILE, listing.SIGNATURE)
        _same(package, listing.DIGEST, listing.digest(data, created, version, None))
        return False
    pem, own = package.read(listing.KEY), listing.read_signature(package.read(listing.DIGEST))
    right = listing.digest(data, created, version, (signature.spki(pem), own))
    _same(package, listing.DIGEST, right)
    outer = package.read(listing.SIGNATURE)
    if not signature.available():
        return False
    signature.check(pem, outer, package.read(listing.LIST), listing.SIGNATURE)
    signature.check(pem, own, listing.hash_text(data).encode(), listing.DIGEST)
    return True


def _stamp(package: Container, authorities: bytes | None) -> Stamp | None:
    there = {listing.STAMP, listing.STAMP_HASH} & set(package.names)
    if not there:
        if authorities is not None:
            raise PackageError(Fault.STAMP, "there is none in it")
        return None
    reply, data = package.read(listing.STAMP), package.read(listing.LIST)
    _same(package, listing.STAMP_HASH, listing.sums([(listing.STAMP, sha256(reply))]))
    if authorities is None:
        return stamp.read(reply, data)
    return stamp.trusted(reply, data, authorities)
