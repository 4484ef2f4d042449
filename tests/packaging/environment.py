"""New virtual environments with a wheel, its declared dependencies and nothing else.

The dependencies are links to those of the environment that runs the tests: no package index is
asked, it takes a second or two, and, unlike with the whole site-packages on the path, a dependency
that the wheel forgot to declare is missing. Nor is the checkout reachable: its editable install is
a .pth file, which is no dependency.
"""

import os
import subprocess
import sys
import venv
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from email.parser import Parser
from importlib.metadata import distribution
from pathlib import Path
from zipfile import ZipFile

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

PATIENCE_S = 60.0


@dataclass(frozen=True, slots=True)
class Environment:
    """A virtual environment in a folder of its own."""

    root: Path

    @property
    def command(self) -> Path:
        """The installed ``msgprobe``."""
        return self.root / "bin" / "msgprobe"

    @property
    def python(self) -> Path:
        return self.root / "bin" / "python"

    def run(
        self, *argv: object, cwd: Path, prefix: Sequence[str] = ()
    ) -> "subprocess.CompletedProcess[str]":
        """Run a command in ``cwd``, with nothing of this process's environment but PATH."""
        return subprocess.run(
            [*prefix, *map(str, argv)],
            cwd=cwd,
            env={"PATH": os.environ.get("PATH", os.defpath), "HOME": str(cwd), "LANG": "C.UTF-8"},
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
        )


def build(source: Path, out: Path) -> Path:
    """The wheel of the project in ``source``, built into ``out``."""
    words = ["-m", "build", "--wheel", "--no-isolation", "--outdir", str(out), str(source)]
    _python(*words, cwd=out)
    (wheel,) = out.glob("*.whl")
    return wheel


def environment(root: Path, wheels: Iterable[Path]) -> Environment:
    """A new environment in ``root`` with ``wheels`` installed by pip, in their order."""
    venv.create(root, with_pip=False, symlinks=True)
    made = Environment(root)
    (packages,) = (root / "lib").glob("python3*/site-packages")
    built = [*wheels]
    own = {canonicalize_name(wheel.name.split("-")[0]) for wheel in built}
    _link({r for wheel in built for r in _required(wheel)}, packages, own)
    pip = ["-m", "pip", "--disable-pip-version-check", "--python", str(made.python)]
    install = ["install", "--quiet", "--no-deps", "--no-index"]
    _python(*pip, *install, *map(str, built), cwd=root)
    _python(*pip, "check", cwd=root)
    return made


def _python(*words: str, cwd: Path) -> None:
    env = {k: v for k, v in os.environ.items() if not k.startswith(("PIP_", "PYTHON"))}
    done = subprocess.run(
        [sys.executable, *words],
        cwd=cwd,
        env=env,
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
    )
    assert done.returncode == 0, f"{' '.join(words)}\n{done.stdout}{done.stderr}"


def _required(wheel: Path) -> list[str]:
    """The names that the wheel declares it needs here, extras not included."""
    with ZipFile(wheel) as inside:
        (path,) = (n for n in inside.namelist() if n.endswith(".dist-info/METADATA"))
        said = Parser().parsestr(inside.read(path).decode())
    return _names(said.get_all("Requires-Dist") or [])


def _names(requirements: Iterable[str]) -> list[str]:
    found = map(Requirement, requirements)
    return [r.name for r in found if r.marker is None or r.marker.evaluate({"extra": ""})]


def _link(names: Iterable[str], packages: Path, own: Iterable[str]) -> None:
    """Links in ``packages`` to the distributions ``names`` and all that they need in turn."""
    waiting, done = [canonicalize_name(n) for n in names], {*own}
    while waiting:
        name = waiting.pop()
        if name in done:
            continue
        done.add(name)
        found = distribution(name)
        waiting += [canonicalize_name(n) for n in _names(found.requires or [])]
        tops = {file.parts[0] for file in found.files or ()} - {"..", "__pycache__"}
        assert tops, f"{name} was installed without a list of its files; install it with pip"
        for top in tops:
            link = packages / top
            if not link.exists():
                link.symlink_to(str(found.locate_file(top)))
