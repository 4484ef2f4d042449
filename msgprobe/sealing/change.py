"""What may be done to a package later without breaking it: a stamp attached, fields taken out."""

from collections.abc import Collection, Sequence

from msgprobe.sealing import listing, stamp
from msgprobe.sealing.check import SealedRun, check, fields, taken_out_text
from msgprobe.sealing.container import Container, pack
from msgprobe.sealing.error import SealError
from msgprobe.sealing.leaves import Leaf, matches, render_fields, render_leaves
from msgprobe.sealing.listing import run_file, sha256


def request(package: Container) -> bytes:
    """The request for a stamp on an unchanged package. Raises PackageError."""
    check(package)
    return stamp.request(package.read(listing.LIST))


def attached(package: Container, reply: bytes) -> bytes:
    """The package with an authority's reply in it. Raises PackageError for a reply to something
    else, SealError where there is one already."""
    check(package)
    if listing.STAMP in package.names:
        raise SealError("it has a stamp already; attach to the package as it was before")
    stamp.read(reply, package.read(listing.LIST))
    own = {
        listing.STAMP: reply,
        listing.STAMP_HASH: listing.sums([(listing.STAMP, sha256(reply))]),
    }
    return pack(listing.ordered({**package.files(), **own}))


def taken_out(
    package: Container, wanted: Sequence[str], made_of_all: Collection[str] = ()
) -> bytes:
    """A copy without the fields that ``wanted`` names; what signs and stamps it stays true.

    Of a run that loses a field the file itself, its page and its secret go as well: they would tell
    what is gone, and so would the fields at the paths ``made_of_all``, such as a hash of the rest.
    Raises PackageError, and SealError for a name that no field has.
    """
    runs = check(package).runs
    files = dict(package.files())
    used: set[str] = set()
    left = []
    for one in runs:
        found = fields(package, one.run)
        kept, hits = _without(found, wanted, made_of_all)
        used |= hits
        gone = tuple(leaf.path for leaf in kept if leaf.line is None)
        left.append(SealedRun(run=one.run, fields=len(kept), gone=gone))
        if gone:
            for kind in (*listing.WHOLE, "sha256"):
                files.pop(run_file(one.run, kind), None)
            files[run_file(one.run, "leaves")] = render_leaves(kept)
            files[run_file(one.run, "fields")] = render_fields(kept)
    for name in wanted:
        if name not in used:
            raise SealError(f"{name!r:.80} is no field of what is in it")
    files[listing.TAKEN_OUT] = taken_out_text(left)
    return pack(listing.ordered(files))


def _without(
    found: Sequence[Leaf], wanted: Sequence[str], made_of_all: Collection[str]
) -> tuple[list[Leaf], set[str]]:
    """The leaves, those that are wanted without a line, and which of ``wanted`` named any."""
    gone: set[str] = set()
    used: set[str] = set()
    for leaf in found:
        if hits := [name for name in wanted if matches(leaf, name)]:
            gone.add(leaf.path)
            used.update(hits)
    if gone:
        gone.update(made_of_all)
    kept = [Leaf(x.path, x.sha256, None) if x.path in gone else x for x in found]
    return kept, used
