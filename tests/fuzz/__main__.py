"""``python -m tests.fuzz [TARGET…] [--seconds N]``: fuzz each target so long, with a table.

Nothing but a refusal in words may come out of a target, within 100 ms of processor and 64 MB for
each input. What was learned and found is kept below ``.fuzz``; ``--count`` adds the executions to
the table in the repository. ``--blind`` goes on from there without looking at the code, which tries
several times as many inputs.
"""

import argparse
import importlib.util
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Final

from tests.fuzz import blind
from tests.fuzz.counts import Row, add, read
from tests.fuzz.seeds import genuine, more, slug
from tests.fuzz.targets import LARGEST, TARGETS, USUAL, codec

_ROOT: Final = Path(__file__).parents[2]
_PLACE: Final = _ROOT / ".fuzz"
_LIMITS: Final = ("-timeout=5", "-rss_limit_mb=1024", "-print_final_stats=1", "-detect_leaks=0")
_GRACE_S: Final = 600
"""For starting and ending on a machine that has much else to do."""
_FOREVER: Final = 1 << 62


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a fuzzer did. ``edges`` is the coverage; ``finding`` the end of its output, if any."""

    target: str
    executions: int
    rate: int
    edges: int
    worst_ms: float
    finding: str | None


def main(argv: list[str]) -> int:
    """Print the table: 0 nothing found, 1 findings, 2 bad arguments or no atheris."""
    options = _options(argv)
    chosen = [
        name
        for name in sorted(TARGETS)
        if not options.target or any(name.startswith(one) for one in options.target)
    ]
    if options.until:
        chosen = _unfinished(chosen, options.until)
    if options.list:
        print("\n".join(chosen))
        return 0
    if not options.blind and importlib.util.find_spec("atheris") is None:
        print(
            "fuzz: atheris is missing: make fuzz installs it (it has wheels for CPython 3.11 to "
            "3.14 on Linux)",
            file=sys.stderr,
        )
        return 2
    head = f"{'target':<28}{'executions':>12}{'per s':>8}{'edges':>7}{'worst ms':>10}  result"
    print(head, flush=True)
    with ThreadPoolExecutor(options.jobs) as pool:
        outcomes = list(pool.map(partial(_fuzz, options=options, chosen=chosen), chosen))
    found = [one for one in outcomes if one.finding is not None]
    for one in found:
        print(f"\n--- {one.target}\n{one.finding}")
    total = sum(one.executions for one in outcomes)
    worst = max((one.worst_ms for one in outcomes), default=0.0)
    print(
        f"{len(outcomes)} targets, {total:,} executions, worst input {worst:.1f} ms, "
        f"{len(found)} with findings"
    )
    return 1 if found else 0


def _options(argv: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("target", nargs="*", help="beginnings of names; all without any")
    parser.add_argument("--seconds", type=int, default=60, help="for each target (default 60)")
    parser.add_argument("--jobs", type=int, default=1, help="targets at a time (default 1)")
    parser.add_argument("--count", action="store_true", help="add the executions to counts.txt")
    parser.add_argument(
        "--until",
        type=int,
        default=0,
        metavar="N",
        help="with --count: leave out codecs that have N executions, and stop at N",
    )
    parser.add_argument(
        "--blind", action="store_true", help="change what is there, without instrumentation"
    )
    parser.add_argument(
        "--seed",
        type=int,
        metavar="N",
        help="with --blind: of the changes (default: how many are counted)",
    )
    parser.add_argument("--list", action="store_true", help="list the targets and stop")
    options = parser.parse_args(argv)
    if options.seconds < 1 or options.jobs < 1 or options.until < 0:
        parser.error("--seconds and --jobs are at least 1, --until at least 0")
    known = [name for name in TARGETS for one in options.target if name.startswith(one)]
    if options.target and not known:
        parser.error(f"no target begins with {' or '.join(options.target)}; see --list")
    return options


def _had(target: str) -> int:
    """How often the codec of ``target`` was executed by all counted runs."""
    return sum(r.executions for r in read().values() if codec(r.target) == codec(target))


def _unfinished(targets: list[str], wanted: int) -> list[str]:
    """Those whose codec has fewer executions, the one with the fewest first."""
    return sorted((name for name in targets if _had(name) < wanted), key=_had)


def _share(target: str, chosen: list[str], wanted: int) -> int:
    """What is left for ``target``: its codec's other targets after it in ``chosen`` run as well."""
    own = chosen[chosen.index(target) :]
    shared = sum(codec(name) == codec(target) for name in own)
    return max(1, -(-(wanted - _had(target)) // shared))


def _command(target: str, place: Path, runs: int, options: argparse.Namespace) -> list[str]:
    if options.blind:
        seed = options.seed
        if seed is None:
            seed = read()[target].blind if target in read() else 0
        argv = ["tests.fuzz.blind", target, str(place), f"--seconds={options.seconds}"]
        argv += [f"--runs={runs}", f"--seed={seed}"]
    else:
        argv = ["tests.fuzz.harness", target, str(place / "worst"), *_LIMITS, f"-runs={runs}"]
        argv += [f"-max_len={LARGEST.get(target, USUAL)}", f"-max_total_time={options.seconds}"]
        argv += [f"-artifact_prefix={place}/", str(place / "corpus")]
    return [sys.executable, "-m", *argv]


def _fuzz(target: str, options: argparse.Namespace, chosen: list[str]) -> Outcome:
    place = _PLACE / slug(target)
    _fill(target, place / "corpus")
    for name in ("worst", blind.CURRENT):
        (place / name).unlink(missing_ok=True)
    runs = _share(target, chosen, options.until) if options.until else _FOREVER
    argv = _command(target, place, runs, options)
    said, finding = _run(argv, options.seconds)
    if finding is not None and options.blind:
        finding += f"\n{_again(target, place)}"
    outcome = Outcome(
        target=target,
        executions=_executions(said),
        rate=_last(r"stat::average_exec_per_sec:\s+(\d+)", said),
        edges=_last(r" cov: (\d+) ", said),
        worst_ms=_worst(place / "worst"),
        finding=finding,
    )
    if options.count:
        add([_counted(outcome, options.blind)])
    result = "nothing" if finding is None else "FINDING, see below"
    print(
        f"{target:<28}{outcome.executions:>12}{outcome.rate:>8}{outcome.edges:>7}"
        f"{outcome.worst_ms:>10.1f}  {result}",
        flush=True,
    )
    return outcome


def _run(argv: list[str], seconds: int) -> tuple[str, str | None]:
    """What a fuzzer said, and what of it is a finding."""
    try:
        done = subprocess.run(argv, capture_output=True, timeout=seconds + _GRACE_S)
    except subprocess.TimeoutExpired as late:
        said = (late.stderr or b"").decode(errors="replace")
        return said, f"{_shown(said)}\nit did not end within {_GRACE_S} s after its time"
    said = done.stderr.decode(errors="replace") + done.stdout.decode(errors="replace")
    return said, f"{_shown(said)}\nexit code {done.returncode}" if done.returncode else None


def _again(target: str, place: Path) -> str:
    """How to see a finding of a blind fuzzer again; its input may be all that it left."""
    file = blind.keep(place, blind.left(place))
    return f"again: python -m tests.fuzz.blind {target!r} {place} --again {file}"


def _worst(file: Path) -> float:
    return float(file.read_text() or 0) if file.exists() else 0.0


def _fill(target: str, corpus: Path) -> None:
    corpus.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate((genuine()[target], *more(target))):
        (corpus / f"seed-{number}").write_bytes(seed)


def _executions(said: str) -> int:
    """By its statistics, or, where it broke off, by its last line of progress."""
    return max(_last(r"stat::number_of_executed_units:\s+(\d+)", said), _last(r"^#(\d+)", said))


def _counted(outcome: Outcome, without_looking: bool) -> Row:
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], cwd=_ROOT, capture_output=True, text=True
    ).stdout.strip()
    return Row(
        target=outcome.target,
        guided=0 if without_looking else outcome.executions,
        blind=outcome.executions if without_looking else 0,
        worst_ms=outcome.worst_ms,
        findings=int(outcome.finding is not None),
        last=f"{datetime.now(UTC):%Y-%m-%d} {commit}",
    )


def _shown(said: str) -> str:
    """The end of what a fuzzer said; the input is in the file that it names, for the harness."""
    lines = [one for one in said.splitlines() if not one.startswith(("INFO:", "WARNING:", "#"))]
    return "\n".join(lines)[-3000:].strip()


def _last(pattern: str, text: str) -> int:
    found = re.findall(pattern, text, re.M)
    return int(found[-1]) if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
