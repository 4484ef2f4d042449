"""What may be done to a package later without breaking it: a stamp attached, fields taken out."""

from collections.abc import Sequence

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


def taken_out(package: Container, wanted: Sequence[str]) -> bytes:
    """A copy without the fields that ``wanted`` names; what signs and stamps it stays true.

    Of a run that loses a field the file itself, its page and its secret go as well: they would tell
    what is gone. Raises PackageError, and SealError for a name that no field has.
    """
    before = check(package)
    files = dict(package.files())
    used: set[str] = set()
    runs = []
    for one in before.runs:
        kept = []
        for leaf in fields(package, one.run):
            hits = [name for name in wanted if matches(leaf, name)]
            used.update(hits)
            kept.append(Leaf(leaf.path, leaf.sha256, None) if hits else leaf)
        gone = tuple(leaf.path for leaf in kept if leaf.line is None)
        runs.append(SealedRun(run=one.run, fields=len(kept), gone=gone))
        if gone:
            for kind in (*listing.WHOLE, "sha256"):
                files.pop(run_file(one.run, kind), None)
            files[run_file(one.run, "leaves")] = render_leaves(kept)
            files[run_file(one.run, "fields")] = render_fields(kept)
    for name in wanted:
        if name not in used:
            raise SealError(f"{name!r:.80} is no field of what is in it")
    files[listing.TAKEN_OUT] = taken_out_text(runs)
    return pack(listing.ordered(files))
