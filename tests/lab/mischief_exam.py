"""``python -m tests.lab mischief [KIND…]``: the default run against each kind of mischief alone.

Once the servers of one service mean harm, once those of all four; resolvers once where the
provider has them, once where everybody may ask. Nobody may be accused: a server's own mischief is
no blocking. `tests.lab_tests.test_hostile` mixes the kinds, and holds runs to what they may cost.
"""

import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.lab import exam
from tests.lab.exam_text import arguments, publish, reasons, without_lab
from tests.lab.netns import LabError
from tests.lab.scenario import CORE, Scenario
from tests.lab.world import mean
from tests.lab.world.config import HostPolicy, ResolverPolicy
from tests.lab.world.mischief_datagrams import DNS

LONGEST_S: Final = 45.0
"""What a run that was given no limit takes at most."""

WHO: Final = {
    "http": CORE,
    "tls": CORE,
    "websocket": ("telegram", "whatsapp", "signal"),
    "stream": ("telegram", "whatsapp", "messenger"),
    "http2": ("signal",),
    "stun": ("signal", "whatsapp", "messenger"),
    "quic": ("whatsapp", "messenger"),
}
"""The services that speak what each table of kinds spoils, by turns."""


@dataclass(frozen=True, slots=True)
class Tried:
    """One run: who was accused of what, or what went wrong, and whether the kind was performed."""

    scenario: Scenario
    accused: tuple[str, ...] = ()
    seconds: float = 0.0
    deeds: int = 0
    fault: str = ""

    @property
    def text(self) -> str:
        """A line of the table."""
        said = self.fault or ", ".join(self.accused) or "nobody accused"
        idle = "" if self.deeds else ", never performed"
        return f"{self.scenario.id:<34} {self.seconds:5.1f} s {self.deeds:4} times  {said}{idle}"


def scenarios() -> Iterator[Scenario]:
    """Two of each kind."""
    for layer, kinds in mean.KINDS.items():
        for number, kind in enumerate(sorted(kinds)):
            one = (WHO[layer][number % len(WHO[layer])],)
            for where, services in (("one", one), ("all", CORE)):
                names = tuple(f"service:{service}" for service in services)
                policy = HostPolicy(names=names, mischief=(kind,))
                yield _scenario(f"{layer}/{kind}/{where}", hosts=(policy,))
    for kind in sorted(DNS):
        for where in ("isp", "public"):
            liar = ResolverPolicy(at=(where,), mischief=(kind,))
            yield _scenario(f"dns/{kind}/{where}", resolvers=(liar,))


def _scenario(id_: str, **world: object) -> Scenario:
    return Scenario(id=id_, title="", kind="innocent", row="", world=world)


def tried(scenario: Scenario, seed: int, workdir: Path) -> Tried:
    """One run in a lab of its own."""
    try:
        result = exam.run(scenario, seed, workdir)
    except LabError as error:
        return Tried(scenario, fault=f"no lab: {error}")
    if not result.document:
        return Tried(scenario, seconds=result.seconds, fault=result.faults[0])
    done = sum(mean.deeds(workdir).values())
    late = f"{result.seconds:.0f} s" if result.seconds > LONGEST_S else ""
    bugs = [m for m in result.document["measurements"] if m["status"] == "bug"]
    fault = f"a check failed: {bugs[0]['detail']}" if bugs else late
    return Tried(scenario, result.accusations, result.seconds, done, fault)


def main(argv: Sequence[str]) -> int:
    """Print a line each and the sum: 0 nobody is accused, 1 somebody, or a run failed."""
    parser = arguments("mischief", __doc__, "kind", 60.0)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args(argv)
    parts = options.kind or [""]
    chosen = [s for s in scenarios() if any(part in s.id for part in parts)]
    if options.list:
        print("\n".join(s.id for s in chosen))
        return 0
    if (status := without_lab(f"mischief: {len(chosen)} runs")) is not None:
        return status
    with tempfile.TemporaryDirectory(prefix="msgprobe-mischief-") as folder:
        until = time.monotonic() + options.minutes * 60

        def one(scenario: Scenario) -> Tried:
            if time.monotonic() > until:
                return Tried(scenario, fault="not run for want of time")
            found = tried(scenario, options.seed, Path(folder, scenario.id.replace("/", "-")))
            print(found.text, flush=True)
            return found

        with ThreadPoolExecutor(options.jobs) as pool:
            runs = list(pool.map(one, chosen))
    accused = [run for run in runs if run.accused]
    failed = [run for run in runs if run.fault]
    kinds = {run.scenario.id.rsplit("/", 1)[0] for run in runs if run.deeds}
    idle = {run.scenario.id.rsplit("/", 1)[0] for run in runs} - kinds
    text = [
        f"{len(runs)} runs against {len(kinds)} kinds of mischief: {len(accused)} accuse somebody, "
        f"{len(failed)} failed; longest {max((r.seconds for r in runs), default=0.0):.1f} s",
        f"never performed: {', '.join(sorted(idle)) or '-'}",
        *(run.text for run in (*accused, *failed)),
    ]
    why = reasons((accused, "somebody is accused"), (failed, "runs failed"))
    return publish("\n".join(text) + "\n", why, options.out)
