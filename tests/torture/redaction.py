"""``python -m tests.torture.redaction``: nothing that tells who measured comes out, and no verdict
depends on what is taken out.

Plants identifiers in twelve encodings wherever a network could write them into a saved run that is
not redacted, has the program write it in every form that it has, and looks for all of them in all
that came. Then, for every saved run in ``--runs``, compares the verdict on the whole evidence with
that on what is kept of it, and redacts once more.
"""

import argparse
import gzip
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from msgprobe.judging.judge import judge
from msgprobe.model.run import Run
from msgprobe.model.target import Function
from msgprobe.model.verdict import Outcome
from msgprobe.redaction.redactor import redacted
from msgprobe.report.document import read_run, render
from msgprobe.report.view import View
from tests.report import sample
from tests.torture.planted import ENCODINGS, identifiers, planted, readings

PLANTED_IN_ONE: Final = 300
"""Forms in one saved run."""

FORMS: Final[tuple[tuple[str, ...], ...]] = (
    ("judge", "{run}", "-o", "{folder}/saved.json", "--junit", "{folder}/junit.xml"),
    ("judge", "{run}", "--json", "--evidence"),
    ("judge", "{run}", "--jsonl", "--evidence", "-vv"),
    ("judge", "{run}", "--coarse-time", "-vv"),
    ("explain", "{run}", "--html", "{folder}/curves.html", "-vv"),
    ("report", "{run}", "-o", "{folder}/report.html"),
    ("explain", "{folder}/saved.json"),
    ("explain", "{run}", "--reveals"),
    ("explain", "{folder}/saved.json", "--reveals"),
)
"""Every way in which a run is shown or written."""


def main(argv: Sequence[str] | None = None) -> int:
    """0 nothing came out and no verdict differs, 1 else."""
    parser = argparse.ArgumentParser(prog="python -m tests.torture.redaction", description=__doc__)
    parser.add_argument("--identifiers", type=int, default=500)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--runs", type=Path, nargs="*", default=[], help="folders of saved runs")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 2)
    options = parser.parse_args(argv)
    faults = [*leaks(forms(options.identifiers, options.seed), options.jobs)]
    print(
        f"{options.identifiers} identifiers x {len(ENCODINGS)} encodings in {len(FORMS)} commands: "
        f"{len(faults)} came out"
    )
    paths = [p for folder in options.runs for p in sorted(folder.glob("*.json*"))]
    with ProcessPoolExecutor(options.jobs) as pool:
        differing = [fault for fault in pool.map(difference, paths, chunksize=4) if fault]
    if options.runs:
        print(f"{len(paths)} saved runs: {len(differing)} differ once redacted")
    for fault in (*faults, *differing)[:40]:
        print(f"  {fault}")
    return 1 if faults or differing else 0


def forms(count: int, seed: int) -> list[tuple[str, str]]:
    """That many identifiers in every encoding, with its name."""
    every = identifiers(count, seed)
    return [(name, encode(who)) for who in every for name, encode in ENCODINGS.items()]


def leaks(forms: Sequence[tuple[str, str]], jobs: int = 1) -> Iterator[str]:
    """What came out, and by which command."""
    batches = [forms[n : n + PLANTED_IN_ONE] for n in range(0, len(forms), PLANTED_IN_ONE)]
    with ProcessPoolExecutor(jobs) as pool:
        for found in pool.map(_leaked, batches):
            yield from found


def _leaked(forms: Sequence[tuple[str, str]]) -> list[str]:
    with tempfile.TemporaryDirectory(prefix="msgprobe-planted-") as name:
        folder = Path(name)
        (folder / "run.json").write_text(
            render(poisoned([text for _, text in forms]), View(evidence=True)), encoding="utf-8"
        )
        found: list[str] = []
        for command, output in _outputs(folder):
            texts = readings(output)
            found += (
                f"{command}: {encoding}: {form!r}"
                for encoding, form in forms
                if any(form.lower() in text for text in texts)
            )
        return found


def poisoned(texts: Iterable[str]) -> Run:
    """A run that was saved with ``--no-redact`` on a network that writes ``texts`` everywhere, with
    a verdict that cites all of it."""
    measurements = [
        m for number, text in enumerate(texts) for m in planted(text, 10 * (number + 1))
    ]
    cited = tuple(sorted({o.transaction for m in measurements for o in m.observations}))
    web = sample.function(Function.WEB, Outcome.BLOCKED, evidence=cited, rules=("tls.one",))
    run = sample.run(sample.service_verdict(Outcome.BLOCKED, functions=(web,)))
    return replace(run, evidence=replace(run.evidence, measurements=tuple(measurements)))


def _outputs(folder: Path) -> Iterator[tuple[str, str]]:
    """What every command prints and writes."""
    before = {folder / "run.json"}
    for form in FORMS:
        words = [word.format(run=folder / "run.json", folder=folder) for word in form]
        done = subprocess.run(
            [sys.executable, "-m", "msgprobe", *words],
            capture_output=True,
            timeout=600,
            check=False,
        )
        if done.returncode not in (0, 1, 3, 4):
            raise RuntimeError(f"{form}: status {done.returncode}: {done.stderr.decode()[-500:]}")
        yield " ".join(form), (done.stdout + done.stderr).decode("utf-8", "replace")
    for path in sorted(set(folder.iterdir()) - before):
        yield path.name, path.read_text("utf-8")


def difference(path: Path) -> str | None:
    """What redaction changes in a saved run that it must not; None for one without evidence."""
    text = gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open()
    with text as file:
        document: dict[str, Any] = json.load(file)
    document = document.get("document", document)
    if not document.get("evidence"):
        return None
    whole = read_run(json.dumps(document)).evidence
    kept = redacted(whole)
    if judge(kept) != judge(whole):
        return f"{path.name}: another verdict"
    return f"{path.name}: redacting twice is not once" if redacted(kept) != kept else None


if __name__ == "__main__":
    sys.exit(main())
