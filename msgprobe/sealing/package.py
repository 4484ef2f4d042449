"""Makes a package of saved runs."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from msgprobe.sealing import listing, signature
from msgprobe.sealing.chain import chained, linked
from msgprobe.sealing.container import LARGEST_FILE, pack
from msgprobe.sealing.error import SealError
from msgprobe.sealing.leaves import leaves, render_leaves, secret_text
from msgprobe.sealing.listing import run_file, sha256
from msgprobe.sealing.signature import Signer

MOST_RUNS = 999


@dataclass(frozen=True, slots=True, kw_only=True)
class Exhibit:
    """One run: its bytes as they were saved, its page for people, and 32 random bytes. ``name`` is
    what it is called where it cannot be sealed, and stands nowhere in the package."""

    name: str
    evidence: bytes
    page: str
    secret: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What the texts of a package may say: nothing that somebody might want to take out later.

    ``created`` is ISO 8601 in UTC by this device's clock, ``head`` the SHA-256 of the last line of
    the history, ``key`` the fingerprint of the public key, None where nothing was signed.
    """

    created: str
    version: str
    runs: tuple[str, ...]
    head: str
    key: str | None
    catalogue: bool
    remembered: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """What is to be sealed. ``texts`` are files for people by name, made of the facts."""

    exhibits: Sequence[Exhibit]
    catalogue: Mapping[str, bytes] = field(default_factory=dict)
    """The target files of the runs, by name."""
    remembered: Sequence[Mapping[str, Any]] = ()
    """What was seen at other times, a row each: words, without evidence."""
    texts: Mapping[str, Callable[[Facts], str]]
    created: str
    version: str


def seal(case: Case, signer: Signer | None) -> bytes:
    """The package. The same case with the same key gives the same bytes.

    Raises SealError for a run that has no fields to seal, with its name.
    """
    if not 1 <= len(case.exhibits) <= MOST_RUNS:
        raise SealError(f"a package holds 1 to {MOST_RUNS} runs, not {len(case.exhibits)}")
    runs = tuple(f"{number:04}" for number in range(1, len(case.exhibits) + 1))
    files: dict[str, bytes] = {}
    lists = []
    for run, exhibit in zip(runs, case.exhibits, strict=True):
        files |= _exhibit(run, exhibit)
        lists.append(sha256(_leaves(exhibit)))
    files[listing.HISTORY] = chained(lists)
    if case.remembered:
        files[listing.REMEMBERED] = _bounded(linked(case.remembered))
    files |= {f"catalogue/{name}": data for name, data in case.catalogue.items()}
    facts = Facts(
        created=case.created,
        version=case.version,
        runs=runs,
        head=sha256(files[listing.HISTORY].splitlines(keepends=True)[-1]),
        key=None if signer is None else signature.fingerprint(signer.public),
        catalogue=bool(case.catalogue),
        remembered=bool(case.remembered),
    )
    files |= {name: text(facts).encode() for name, text in case.texts.items()}
    files |= dict(_seals(files, facts, signer))
    return pack(listing.ordered(files))


def _bounded(lines: bytes) -> bytes:
    if len(lines) > LARGEST_FILE:
        raise SealError("what is remembered is larger than a package may hold; take less of it")
    return lines


def _exhibit(run: str, exhibit: Exhibit) -> dict[str, bytes]:
    if max(len(exhibit.evidence), len(exhibit.page)) > LARGEST_FILE:
        raise SealError(f"{exhibit.name}: is larger than a package may hold")
    found = {
        run_file(run, "html"): exhibit.page.encode(),
        run_file(run, "json"): exhibit.evidence,
        run_file(run, "salt"): secret_text(exhibit.secret),
    }
    rows = [(name, sha256(data)) for name, data in found.items()]
    return found | {run_file(run, "sha256"): listing.sums(rows)}


def _leaves(exhibit: Exhibit) -> bytes:
    try:
        return render_leaves(leaves(exhibit.evidence, exhibit.secret))
    except ValueError as error:
        raise SealError(f"{exhibit.name}: {error}") from None


def _seals(
    files: Mapping[str, bytes], facts: Facts, signer: Signer | None
) -> Iterator[tuple[str, bytes]]:
    """The files that are made of all others."""
    hashes = {name: sha256(files[name]) for name in listing.listed_names(files)}
    if signer is not None:
        hashes[listing.KEY] = sha256(signer.public)
        yield listing.KEY, signer.public
    data = listing.datapackage(facts.created, facts.version, hashes, facts.runs)
    signed = None
    if signer is not None:
        text = listing.hash_text(data).encode()
        signed = signature.spki(signer.public), signer.sign(text)
    digest = listing.digest(data, facts.created, facts.version, signed)
    hashes |= {listing.DATA: sha256(data), listing.DIGEST: sha256(digest)}
    rows = listing.sums((name, hashes[name]) for name in listing.listed_names(hashes))
    yield listing.DATA, data
    yield listing.DIGEST, digest
    yield listing.LIST, rows
    if signer is not None:
        yield listing.SIGNATURE, signer.sign(rows)
