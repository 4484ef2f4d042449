"""What a check of a sealed package has shown, in words."""

from collections.abc import Iterator

from msgprobe.report.columns import cells, padded
from msgprobe.report.escape import printable
from msgprobe.report.exits import Exit
from msgprobe.report.language import N_, _, ngettext
from msgprobe.sealing.check import Checked, SealedRun
from msgprobe.sealing.error import Fault, PackageError

ALTERED = 1
"""Exit status: it is not as it was sealed, or not by the key or authority that was asked for."""

SHOWN = 12
"""Fields that are named one by one."""

NOT_WHO = N_(
    "This proves that nothing was changed since it was sealed, not who sealed it or what for."
)
"""The limit of a signature, said each time."""

_OTHERS = frozenset({Fault.NO_PACKAGE, Fault.KEY, Fault.STAMP})


def exit_status(found: Checked) -> int:
    """0 where a key or an authority vouches for it, else 3."""
    return Exit.OK if found.vouched else Exit.UNPROVEN


def render(found: Checked, name: str) -> str:
    """What is known about the package in the file ``name``."""
    lines = [_headline(found, printable(name)), *map(_run, found.runs)]
    rows = []
    if found.remembered:
        memory = ngettext(
            "{count} line about other times, unbroken",
            "{count} lines about other times, unbroken",
            found.remembered,
        )
        rows.append((_("memory"), memory))
    made_by = _("{time}, by its own clock; msgprobe {version}")
    rows += [
        (_("sealed"), made_by.format(time=found.created, version=found.version)),
        (_("key"), _key(found)),
        (_("stamp"), _stamp(found)),
        (_("list"), _("{sha256} (SHA-256 of package.sha256)").format(sha256=found.sha256)),
    ]
    width = max(8, *(cells(label) for label, _said in rows)) + 2
    lines += [f"  {padded(label, width)}{told}" for label, told in rows]
    return "\n".join([*lines, *_limits(found)]) + "\n"


def made(found: Checked, name: str, *, own: bool) -> str:
    """What to say of a new package; ``own``: the key was made for it and is gone."""
    sealed = ngettext(
        "Sealed in {{name}}: {count} run", "Sealed in {{name}}: {count} runs", len(found.runs)
    )
    lines = [sealed.format(name=printable(name))]
    if found.key is None:
        lines.append(
            _(
                "NOT SIGNED: the library cryptography is not installed. The hashes show damage, "
                "not forgery."
            )
        )
    else:
        text = (
            _("Signed by the key {key} (made for this package, and forgotten)")
            if own
            else _("Signed by the key {key} (yours)")
        )
        lines.append(text.format(key=found.key))
    written = _(
        "Who has written that number down today can say later that nothing was changed since."
    )
    lines += [
        _("Its list of files has the SHA-256 {sha256}").format(sha256=found.sha256),
        f"{written} {_(NOT_WHO)}",
        _("What a run tells about you: msgprobe explain FILE --reveals"),
    ]
    return "\n".join(lines) + "\n"


def _headline(found: Checked, name: str) -> str:
    if not found.vouched:
        text = _("{name}: agrees with its own hashes, which proves nothing by itself")
    elif any(one.gone for one in found.runs):
        text = _("{name}: what is left in this copy is unchanged")
    else:
        text = _("{name}: unchanged since it was sealed")
    return text.format(name=name)


def _run(run: SealedRun) -> str:
    more = len(run.gone) - SHOWN
    if not run.gone:
        text = ngettext(
            "run {{run}}  {count} field, whole", "run {{run}}  {count} fields, whole", run.fields
        )
    elif more <= 0:
        text = ngettext(
            "run {{run}}  {count} field, {{gone}} taken out: {{names}}",
            "run {{run}}  {count} fields, {{gone}} taken out: {{names}}",
            run.fields,
        )
    else:
        text = ngettext(
            "run {{run}}  {count} field, {{gone}} taken out: {{names}} and {{more}} more "
            "(taken-out.txt names all)",
            "run {{run}}  {count} fields, {{gone}} taken out: {{names}} and {{more}} more "
            "(taken-out.txt names all)",
            run.fields,
        )
    names = _(", ").join(printable(path, limit=80) for path in run.gone[:SHOWN])
    return "  " + text.format(run=run.run, gone=len(run.gone), names=names, more=more)


def _key(found: Checked) -> str:
    if found.key is None:
        return _("none; nothing is signed")
    if found.verified:
        return found.key
    return _(
        "{key}, NOT CHECKED: the library cryptography is missing (README.txt says how)"
    ).format(key=found.key)


def _stamp(found: Checked) -> str:
    if found.stamp is None:
        return _("none")
    time = f"{found.stamp.time:%Y-%m-%dT%H:%M:%SZ}"
    if found.stamp.authority is None:
        return _(
            "{time} as it says; who stamped is not checked: give the authority's certificate with "
            "--authority"
        ).format(time=time)
    who = printable(found.stamp.authority, limit=200)
    return _("{time} by {authority}").format(time=time, authority=who)


def _limits(found: Checked) -> Iterator[str]:
    if found.vouched:
        yield _(NOT_WHO)
    else:
        yield _("Whoever changed a file could have made the hashes anew.")
    yield _("Without this program: README.txt in the package says how, with sha256sum and openssl.")


def fault(error: PackageError, name: str) -> str:
    """What is wrong, by one word."""
    shown, why = printable(name), printable(str(error), limit=400)
    if error.fault in _OTHERS:
        return f"{shown}: {why}\n"
    return _("{name}: ALTERED ({why})").format(name=shown, why=why) + "\n"
