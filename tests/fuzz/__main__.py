"""``python -m tests.fuzz [TARGET…] [--seconds N]``: fuzz each target so long, with a table.

Nothing but WireError may come out of a target, within 5 s and 512 MB for each input of at most
4096 octets. What was learned and found is kept below ``.fuzz``.
"""

import argparse
import importlib.util
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

from tests.fuzz.seeds import seeds
from tests.fuzz.targets import TARGETS

_PLACE: Final = Path(__file__).parents[2] / ".fuzz"
_LIMITS: Final = ("-max_len=4096", "-timeout=5", "-rss_limit_mb=512", "-print_final_stats=1")
_GRACE_S: Final = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a fuzzer did. ``edges`` is the coverage; ``finding`` the end of its output, if any."""

    target: str
    executions: int
    rate: int
    edges: int
    finding: str | None


def main(argv: list[str]) -> int:
    """Print the table: 0 nothing found, 1 findings, 2 bad arguments or no atheris."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("target", nargs="*", help="beginnings of names; all without any")
    parser.add_argument("--seconds", type=int, default=60, help="for each target (default 60)")
    parser.add_argument("--jobs", type=int, default=1, help="targets at a time (default 1)")
    parser.add_argument("--list", action="store_true", help="list the targets and stop")
    options = parser.parse_args(argv)
    if options.seconds < 1 or options.jobs < 1:
        parser.error("--seconds and --jobs are at least 1")
    chosen = [
        name
        for name in sorted(TARGETS)
        if not options.target or any(name.startswith(one) for one in options.target)
    ]
    if not chosen:
        parser.error(f"no target begins with {' or '.join(options.target)}; see --list")
    if options.list:
        print("\n".join(chosen))
        return 0
    if importlib.util.find_spec("atheris") is None:
        print(
            "fuzz: atheris is missing: make fuzz installs it (it has wheels for CPython 3.11 to "
            "3.14 on Linux)",
            file=sys.stderr,
        )
        return 2
    print(f"{'target':<28}{'executions':>12}{'per s':>8}{'edges':>7}  result", flush=True)
    with ThreadPoolExecutor(options.jobs) as pool:
        outcomes = list(pool.map(partial(_fuzz, seconds=options.seconds), chosen))
    found = [one for one in outcomes if one.finding is not None]
    for one in found:
        print(f"\n--- {one.target}\n{one.finding}")
    print(f"{len(outcomes)} targets, {len(found)} with findings")
    return 1 if found else 0


def _fuzz(target: str, seconds: int) -> Outcome:
    place = _PLACE / target.replace(" ", "-")
    corpus = place / "corpus"
    corpus.mkdir(parents=True, exist_ok=True)
    if target in seeds():
        (corpus / "seed").write_bytes(seeds()[target])
    argv = [sys.executable, "-m", "tests.fuzz.harness", target, *_LIMITS]
    argv += [f"-max_total_time={seconds}", f"-artifact_prefix={place}/", str(corpus)]
    try:
        done = subprocess.run(argv, capture_output=True, timeout=seconds + _GRACE_S)
        said = done.stderr.decode(errors="replace") + done.stdout.decode(errors="replace")
        finding = _shown(said) if done.returncode else None
    except subprocess.TimeoutExpired as late:
        said = (late.stderr or b"").decode(errors="replace")
        finding = f"{_shown(said)}\nit did not end {_GRACE_S} s after its time"
    outcome = Outcome(
        target=target,
        executions=_last(r"stat::number_of_executed_units:\s+(\d+)", said),
        rate=_last(r"stat::average_exec_per_sec:\s+(\d+)", said),
        edges=_last(r" cov: (\d+) ", said),
        finding=finding,
    )
    result = "nothing" if finding is None else "FINDING, see below"
    print(
        f"{target:<28}{outcome.executions:>12}{outcome.rate:>8}{outcome.edges:>7}  {result}",
        flush=True,
    )
    return outcome


def _shown(said: str) -> str:
    """The end of what a fuzzer said; the input is in the file that it names, for the harness."""
    lines = [one for one in said.splitlines() if not one.startswith(("INFO:", "WARNING:", "#"))]
    return "\n".join(lines)[-3000:].strip()


def _last(pattern: str, text: str) -> int:
    found = re.findall(pattern, text)
    return int(found[-1]) if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
