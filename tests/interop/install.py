"""The clients, at pinned versions, in folders of their own under ``.interop``."""

import json
import shutil
import subprocess
import sys
import venv
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_HERE: Final = Path(__file__).parent
PLACE: Final = _HERE.parents[1] / ".interop"
_LONGEST_S: Final = 600


class InstallError(Exception):
    """The clients can't be had here; the message says why and what would help."""


@dataclass(frozen=True, slots=True)
class Clients:
    """Where everything is."""

    python: Path
    """The interpreter that has the clients from PyPI."""
    node: str
    modules: Path
    """The folder that has ``node_modules``."""

    @property
    def tdlib(self) -> Path:
        """The library as it was shipped."""
        return self.modules / "node_modules/@prebuilt-tdlib/linux-x64-glibc/libtdjson.so"

    @property
    def neonize(self) -> Path:
        """The package as it was shipped."""
        (found,) = self.python.parents[1].glob("lib/python*/site-packages/neonize")
        return found

    def version(self, package: str) -> str:
        """The installed version of ``package``, from npm or PyPI."""
        manifest = self.modules / "node_modules" / package / "package.json"
        if manifest.exists():
            return str(json.loads(manifest.read_text(encoding="utf-8"))["version"])
        code = f"import importlib.metadata as m; print(m.version({package!r}))"
        done = subprocess.run(
            [str(self.python), "-c", code], capture_output=True, text=True, check=True
        )
        return done.stdout.strip()


def install() -> Clients:
    """Install what is not there yet. Raises InstallError with one line and the remedy."""
    if not sys.platform.startswith("linux"):
        raise InstallError(f"TDLib and the lab need Linux; this is {sys.platform}")
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        missing = "npm" if npm is None else "node"
        raise InstallError(f"{missing} is missing: install Node.js 20 or newer, which brings npm")
    wanted = (_HERE / "requirements.txt", _HERE / "package.json")
    stamp = PLACE / "installed"
    text = "\n".join(path.read_text(encoding="utf-8") for path in wanted)
    modules, python = PLACE / "node", PLACE / "python" / "bin" / "python"
    if not stamp.exists() or stamp.read_text(encoding="utf-8") != text:
        modules.mkdir(parents=True, exist_ok=True)
        try:
            venv.create(PLACE / "python", with_pip=True, clear=True, symlinks=True)
        except (OSError, subprocess.CalledProcessError) as exc:
            raise InstallError(f"no environment ({exc}): install python3-venv") from None
        pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        _run([*pip, "-r", str(wanted[0])], modules, "check that pip reaches its index")
        shutil.copy(wanted[1], modules / "package.json")
        quiet = ["--no-audit", "--no-fund", "--ignore-scripts", "--no-package-lock"]
        _run([npm, "install", *quiet], modules, "check that npm reaches its registry")
        stamp.write_text(text, encoding="utf-8")
    # Modules are looked for from where a script lies.
    shutil.copy(_HERE / "clients" / "drive_baileys.mjs", modules)
    return Clients(python=python, node=node, modules=modules)


def _run(argv: list[str], folder: Path, remedy: str) -> None:
    print(f"interop: {Path(argv[0]).name} install …", file=sys.stderr)
    try:
        done = subprocess.run(argv, cwd=folder, capture_output=True, text=True, timeout=_LONGEST_S)
    except subprocess.TimeoutExpired:
        raise InstallError(
            f"{Path(argv[0]).name} took more than {_LONGEST_S} s: {remedy}"
        ) from None
    if done.returncode:
        said = (done.stderr.strip() or done.stdout.strip()).splitlines()
        raise InstallError(f"{Path(argv[0]).name} failed ({' '.join(said[-2:])}): {remedy}")
