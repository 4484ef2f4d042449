"""What a check of a sealed package has shown, in words."""

from collections.abc import Iterator

from msgprobe.report.escape import printable
from msgprobe.report.exit_status import Exit
from msgprobe.sealing.check import Checked, SealedRun
from msgprobe.sealing.error import Fault, PackageError

ALTERED = 1
"""Exit status: it is not as it was sealed, or not by the key or authority that was asked for."""

SHOWN = 12
"""Fields that are named one by one."""

NOT_WHO = "This proves that nothing was changed since it was sealed, not who sealed it or what for."
"""The limit of a signature, said each time."""

UNSEALED = "not sealed: it proves no integrity, anybody could have changed it"
"""Of a saved run that is in no package."""

_OTHERS = frozenset({Fault.NO_PACKAGE, Fault.KEY, Fault.STAMP})


def exit_status(found: Checked) -> int:
    """0 where a key or an authority vouches for it, else 3."""
    return Exit.OK if found.vouched else Exit.UNPROVEN


def render(found: Checked, name: str) -> str:
    """What is known about the package in the file ``name``."""
    lines = [_headline(found, printable(name)), *map(_run, found.runs)]
    if found.remembered:
        lines.append(f"  memory    {found.remembered} lines about other times, unbroken")
    lines += [
        f"  sealed    {found.created}, by its own clock; msgprobe {found.version}",
        f"  key       {_key(found)}",
        f"  stamp     {_stamp(found)}",
        f"  list      {found.sha256} (SHA-256 of package.sha256)",
    ]
    return "\n".join([*lines, *_limits(found)]) + "\n"


def made(found: Checked, name: str, *, own: bool) -> str:
    """What to say of a new package; ``own``: the key was made for it and is gone."""
    count = len(found.runs)
    lines = [f"Sealed in {printable(name)}: {count} run{'' if count == 1 else 's'}"]
    if found.key is None:
        lines.append(
            "NOT SIGNED: the library cryptography is not installed. The hashes show damage, not "
            "forgery."
        )
    else:
        kind = "made for this package, and forgotten" if own else "yours"
        lines.append(f"Signed by the key {found.key} ({kind})")
    lines += [
        f"Its list of files has the SHA-256 {found.sha256}",
        "Who has written that number down today can say later that nothing was changed since. "
        + NOT_WHO,
        "What a run tells about you: msgprobe explain FILE --reveals",
    ]
    return "\n".join(lines) + "\n"


def _headline(found: Checked, name: str) -> str:
    copy = any(one.gone for one in found.runs)
    what = "what is left in this copy is unchanged" if copy else "unchanged since it was sealed"
    if found.vouched:
        return f"{name}: {what}"
    return f"{name}: agrees with its own hashes, which proves nothing by itself"


def _run(run: SealedRun) -> str:
    head = f"  run {run.run}  {run.fields} fields"
    if not run.gone:
        return f"{head}, whole"
    shown = ", ".join(printable(path, limit=80) for path in run.gone[:SHOWN])
    more = len(run.gone) - SHOWN
    rest = f" and {more} more (taken-out.txt names all)" if more > 0 else ""
    return f"{head}, {len(run.gone)} taken out: {shown}{rest}"


def _key(found: Checked) -> str:
    if found.key is None:
        return "none; nothing is signed"
    if found.verified:
        return found.key
    return f"{found.key}, NOT CHECKED: the library cryptography is missing (README.txt says how)"


def _stamp(found: Checked) -> str:
    if found.stamp is None:
        return "none"
    time = f"{found.stamp.time:%Y-%m-%dT%H:%M:%SZ}"
    if found.stamp.authority is None:
        return (
            f"{time} as it says; who stamped is not checked: give the authority's certificate with "
            "--authority"
        )
    return f"{time} by {printable(found.stamp.authority, limit=200)}"


def _limits(found: Checked) -> Iterator[str]:
    if found.vouched:
        yield NOT_WHO
    else:
        yield "Whoever changed a file could have made the hashes anew."
    yield "Without this program: README.txt in the package says how, with sha256sum and openssl."


def fault(error: PackageError, name: str) -> str:
    """What is wrong, by one word."""
    if error.fault in _OTHERS:
        return f"{printable(name)}: {printable(str(error), limit=400)}\n"
    return f"{printable(name)}: ALTERED ({printable(str(error), limit=400)})\n"
