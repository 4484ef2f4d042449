"""``python -m tests.supply PIP-AUDIT LOCK…`` (``make audit``): is anything locked known as flawed?

pip-audit leaves out what its database does not answer and still ends well; here what was not
audited is never passed off as clean. Exit status: 0 all is audited and nothing known, 1 something
is, 3 not everything could be audited.
"""

import json
import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from packaging.utils import canonicalize_name

from tests.supply.lock import pinned

CLEAN, FLAWED, UNKNOWN = 0, 1, 3
_OPTIONS: Final = ("--disable-pip", "--no-deps", "--progress-spinner=off", "--format=json")
_PATIENCE_S: Final = 600


@dataclass(frozen=True, slots=True, kw_only=True)
class Audit:
    """What the database says: ``flaws`` in words, and why others of ``asked`` are ``unknown``."""

    asked: int
    flaws: tuple[str, ...]
    unknown: tuple[str, ...]


def main(argv: Sequence[str]) -> int:
    """Print what is known and what is not; the exit status."""
    if len(argv) < 2:
        print(__doc__, file=sys.stderr)
        return 2
    command, *locks = argv
    try:
        versions = {(one.name, one.version) for lock in locks for one in pinned(Path(lock))}
        found = [audit(command, batch) for batch in batches(versions)]
    except (OSError, ValueError, subprocess.TimeoutExpired) as exc:
        print(f"audit: nothing is audited: {exc}", file=sys.stderr)
        return UNKNOWN
    return _say(found)


def batches(versions: Iterable[tuple[str, str]]) -> Iterator[dict[str, str]]:
    """Each name once in a batch, for pip-audit takes no two versions of one package at a time.

    Which of them this system installs does not matter: all are somebody's.
    """
    left = sorted(versions)
    while left:
        batch = dict(left)
        yield batch
        left = [(name, version) for name, version in left if batch[name] != version]


def audit(command: str, batch: dict[str, str]) -> Audit:
    """Ask about ``batch``. Raises OSError, ValueError with what pip-audit said instead."""
    with TemporaryDirectory() as folder:
        asked = Path(folder) / "asked.txt"
        asked.write_text("".join(f"{name}=={version}\n" for name, version in batch.items()))
        done = subprocess.run(
            [command, *_OPTIONS, "-r", str(asked)],
            capture_output=True,
            text=True,
            timeout=_PATIENCE_S,
        )
    try:
        rows: list[dict[str, Any]] = json.loads(done.stdout)["dependencies"]
    except (ValueError, KeyError, TypeError):
        text = done.stderr.strip() or done.stdout.strip() or f"status {done.returncode}"
        raise ValueError(f"pip-audit gave no result ({text.splitlines()[-1][:200]})") from None
    flaws = [f"{one['name']} {one['version']}: {_flaw(v)}" for one in rows for v in _vulns(one)]
    unknown = [str(one["skip_reason"]) for one in rows if "skip_reason" in one]
    absent = set(batch) - {canonicalize_name(one["name"]) for one in rows}
    unknown += [f"{name} is missing in pip-audit's result" for name in sorted(absent)]
    return Audit(asked=len(batch), flaws=tuple(flaws), unknown=tuple(unknown))


def _vulns(row: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = row.get("vulns", [])
    return found


def _flaw(row: dict[str, Any]) -> str:
    mended = ", ".join(row.get("fix_versions") or ()) or "no version yet"
    return f"{row['id']}, mended in {mended}"


def _say(found: Sequence[Audit]) -> int:
    asked = sum(one.asked for one in found)
    flaws = [flaw for one in found for flaw in one.flaws]
    unknown = [why for one in found for why in one.unknown]
    for flaw in flaws:
        print(flaw)
    if unknown:
        print(
            f"audit: {len(unknown)} of {asked} packages could not be audited, so this says nothing "
            f"about them ({unknown[0]}); run `make audit` where the advisory database can be asked",
            file=sys.stderr,
        )
    if flaws:
        print(f"{len(flaws)} known flaws in {asked} packages; after mending: make lock")
        return FLAWED
    if unknown:
        return UNKNOWN
    print(f"no known flaw in {asked} packages")
    return CLEAN


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
