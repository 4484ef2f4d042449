"""The program as one file (``make pyz``) in the lab: on a bare Python, and with the lab's own
authorities.
"""

import sys
import zipfile
from pathlib import Path

from tests.lab import read_only
from tests.lab.scenario import Scenario
from tests.lab.world.hosts import shipped
from tests.lab.world.shelf import prepare


def wants(scenario: Scenario) -> str | None:
    """The extra without which the program does not meet what the scenario is about: the file has
    none of them."""
    if "MSGPROBE_VIA" in scenario.env or any(a.startswith("--via") for a in scenario.args):
        return "via"
    named = {m for true in scenario.truths.values() for m in true.mechanisms}
    return "quic" if "quic.sni" in named else None


def bare(pyz: Path, workdir: Path) -> tuple[str, ...]:
    """The start of its command line, without site-packages."""
    workdir.mkdir(parents=True, exist_ok=True)
    trust, _ = prepare(workdir, shipped())
    return (sys.executable, "-S", str(_with_trust(pyz, trust, workdir).resolve()))


def read_only_and_bare(pyz: Path, workdir: Path) -> tuple[str, ...]:
    """The same where nothing can be written but in ``workdir``, and there is no HOME."""
    command = bare(pyz, workdir)
    return (
        *(sys.executable, "-S", str(Path(read_only.__file__)), str(workdir.resolve())),
        *command,
    )


def _with_trust(pyz: Path, trust: Path, workdir: Path) -> Path:
    """The file with the lab's authorities in it, which elsewhere are put in place of certifi's."""
    own = workdir / "msgprobe.pyz"
    with zipfile.ZipFile(pyz) as source, zipfile.ZipFile(own, "w", zipfile.ZIP_DEFLATED) as copy:
        for entry in source.infolist():
            changed = entry.filename == "certifi/cacert.pem"
            copy.writestr(entry, trust.read_bytes() if changed else source.read(entry))
    return own
