"""Too little of everything: limits from the start, and the n-th thread, descriptor, allocation or
write that fails. On a clean line, in the lab.

Every run ends in time, never with 1, accuses nobody, shows no traceback; where a single call fails,
the evidence is written in 95 of 100.
"""

import argparse
import contextlib
import json
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from tests.lab.exam import Stage, stage
from tests.lab.scenarios import find
from tests.torture.place import shim, until_end

MAX_TIME_S: Final = 20
PATIENCE_S: Final = 75.0
"""Until a run is taken to hang: its time, and ten times what start and end take otherwise."""

ACCUSING: Final = ("blocked", "throttled")
ACCUSING_STATES: Final = ("shutdown", "allowlist", "domestic_only", "captive_portal")

_NOBODY: Final = (
    "setpriv",
    "--reuid=65534",
    "--regid=65534",
    "--clear-groups",
    "--inh-caps=-all,+dac_override",
    "--ambient-caps=-all,+dac_override",
    "--bounding-set=-all,+dac_override",
)
"""Root's threads are not counted: somebody else, who may read what root has installed."""

LIMITS: Final[dict[str, tuple[str, ...]]] = {
    **{f"-v {n} MB": ("prlimit", f"--as={n * 1_000_000}") for n in (100, 125, 150, 200, 300, 400)},
    **{f"-n {n}": ("prlimit", f"--nofile={n}") for n in (16, 18, 20, 24, 32, 48, 64, 128)},
    **{f"-u {n}": ("prlimit", f"--nproc={n}", *_NOBODY) for n in (1, 2, 3)},
    "no /proc": ("unshare", "--mount", "sh", "-c", 'mount -t tmpfs none /proc; exec "$@"', "sh"),
    "no home": ("env", "-u", "HOME"),
    "read-only home": (
        *("unshare", "--mount", "sh", "-c"),
        'mkdir -p "$HOME/ro"; mount -t tmpfs -o ro none "$HOME/ro"; HOME=$HOME/ro exec "$@"',
        "sh",
    ),
}
SHARES: Final = {"10 % of a processor": 0.1}
KINDS: Final = ("thread", "descriptor", "allocation", "write")
NATIVE: Final = (-signal.SIGABRT, -signal.SIGSEGV)
"""How libraries end the process that get no memory where they do not expect it: the Rust runtime in
cryptography aborts by design, OpenSSL reads through the null pointer that it got. No Python code
can stand in between: such a run counts as one whose evidence is lost, not as a fault of ours."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """How a run under some want ended; ``saved`` is its evidence."""

    status: int
    seconds: float
    saved: dict[str, Any] | None
    err: str
    hung: bool

    @property
    def accused(self) -> list[str]:
        if self.saved is None:
            return []
        found = [s["service"] for s in self.saved["services"] if s["outcome"] in ACCUSING]
        state = self.saved["connection"]["state"]
        return found + ([state] if state in ACCUSING_STATES else [])

    @property
    def faults(self) -> list[str]:
        """What may never be, whatever was wanting."""
        found = ["hangs"] if self.hung else []
        found += [f"exit {self.status}"] if self.status == 1 or self.status < 0 else []
        found += ["traceback"] if "Traceback" in self.err else []
        return found + [f"accuses {name}" for name in self.accused]


@contextlib.contextmanager
def share(process: "subprocess.Popen[bytes]", part: float) -> Iterator[None]:
    """Let it have that part of a processor at most: it stands still for the rest of each 0.1 s."""
    over = threading.Event()

    def throttle() -> None:
        while process.poll() is None and not over.wait(0.1 * part):
            process.send_signal(signal.SIGSTOP)
            over.wait(0.1 * (1 - part))
            process.send_signal(signal.SIGCONT)

    thread = threading.Thread(target=throttle, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def call(
    scene: Stage,
    *args: str,
    wrapper: tuple[str, ...] = (),
    more: dict[str, str] | None = None,
    part: float | None = None,
    patience: float = PATIENCE_S,
) -> Ended:
    """``msgprobe run`` in the lab's client, its evidence saved and read."""
    path = scene.workdir / "saved" / "run.json"
    path.parent.mkdir(exist_ok=True)
    path.parent.chmod(0o777)
    scene.workdir.chmod(0o755)
    path.unlink(missing_ok=True)
    words = ("run", "-o", str(path), "--seed", "1", *scene.targets, *args)
    begun = time.monotonic()
    with scene.lab.popen(
        [*wrapper, *scene.command, *words],
        scene.env | (more or {}),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        with contextlib.nullcontext() if part is None else share(process, part):
            _, err, hung = until_end(process, patience)
    saved = None
    with contextlib.suppress(OSError):
        saved = json.loads(path.read_bytes())
    left = [p.name for p in path.parent.iterdir() if p != path]
    text = err.decode(errors="replace") + "".join(f" left behind: {name}" for name in left)
    return Ended(
        status=process.returncode,
        seconds=time.monotonic() - begun,
        saved=saved,
        err=text,
        hung=hung,
    )


def words(saved: dict[str, Any] | None) -> str:
    """The state and each service's word, in short."""
    if saved is None:
        return "nothing saved"
    services = Counter(s["outcome"] for s in saved["services"])
    outcome = ", ".join(f"{count} {word}" for word, count in sorted(services.items()))
    return f"{saved['connection']['state']}: {outcome}"


def limits(scene: Stage, chosen: str) -> int:
    """Each limit once; how many runs were faulty."""
    wrong = 0
    for name in (*LIMITS, *SHARES):
        if chosen not in name:
            continue
        ended = call(
            scene,
            "--max-time",
            str(MAX_TIME_S),
            wrapper=LIMITS.get(name, ()),
            part=SHARES.get(name),
        )
        wrong += bool(ended.faults)
        said = " ".join(ended.err.split())[-160:] if ended.saved is None else ""
        told = f"exit {ended.status:3}, {ended.seconds:5.1f} s, {words(ended.saved)}"
        print(f"{name:22} {told} {said} {'; '.join(ended.faults)}", flush=True)
    return wrong


def nth(scene: Stage, library: Path, kind: str, numbers: range) -> int:
    """Its n-th call fails, for each n; how many runs were faulty, or lost more than may be lost."""
    plain = {"LD_PRELOAD": str(library), "TORTURE_FAIL": kind}
    count = scene.workdir / "saved" / "count"
    call(scene, "--quick", more=plain | {"TORTURE_COUNT": str(count)})
    total = int(count.read_text())
    count.unlink()
    # Allocations are too many to try each: the n-th of 200 equal parts of them.
    stride = max(1, total // 200) if kind == "allocation" else 1
    kept, wrong, statuses, slowest = 0, 0, Counter[int](), 0.0
    for number in numbers:
        more = plain | {"TORTURE_NTH": str(number), "TORTURE_STRIDE": str(stride)}
        ended = call(scene, "--quick", "--max-time", str(MAX_TIME_S), more=more)
        kept += ended.saved is not None
        statuses[ended.status] += 1
        slowest = max(slowest, ended.seconds)
        native = kind == "allocation" and ended.status in NATIVE
        faults = [] if native else ended.faults
        if faults or ended.saved is None:
            why = "; ".join(faults) or f"nothing saved, exit {ended.status}"
            print(f"  {kind} {number}: {why}: {' '.join(ended.err.split())[-300:]}", flush=True)
        wrong += bool(faults)
    rate = kept / len(numbers)
    told = ", ".join(f"{status}: {n}" for status, n in sorted(statuses.items()))
    print(
        f"{kind:10} {total} calls, every {stride}-th of {len(numbers)} numbers failed once: exits "
        f"{told}; evidence written in {rate:.1%}; slowest {slowest:.1f} s; {wrong} faulty",
        flush=True,
    )
    return wrong + (rate < 0.95)


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.torture starved", description=__doc__)
    parser.add_argument("--step", type=int, default=1, help="between the numbers of failing calls")
    parser.add_argument("--most", type=int, default=200, help="the last number")
    parser.add_argument("--kinds", default=",".join(KINDS), help="of failing calls, with commas")
    parser.add_argument("--limits", default="", help="those whose name has this; - for none")
    options = parser.parse_args(argv)
    (clean,) = find("I0")
    wrong = 0
    with tempfile.TemporaryDirectory(prefix="msgprobe-starved-") as folder:
        scene = stage(clean, 1, Path(folder))
        with scene.lab:
            if options.limits != "-":
                wrong += limits(scene, options.limits)
            library = shim(Path(folder))
            for kind in filter(None, options.kinds.split(",")):
                if library is None:
                    print("no C compiler: no call can be made to fail")
                    break
                numbers = range(1, options.most + 1, options.step)
                wrong += nth(scene, library, kind, numbers)
    print(f"{wrong} wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
