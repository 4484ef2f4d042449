"""``python -m tests.packaging.pyz OUT``: the program with all that it needs, in one file.

Whoever has a Python (3.11 or newer) runs it as it is: nothing is installed, unpacked or written.
What goes in are this checkout and the pure wheels of ``.locks/pyz.txt``, by their hashes, without
what `tests.packaging.contents` leaves out; the same checkout gives the same bytes, whenever and
wherever it is built.
"""

import argparse
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

from tests.packaging.contents import lean, own_wanted, wanted
from tests.packaging.translations import compile_all

ROOT = Path(__file__).parents[2]
LOCK = ROOT / ".locks" / "pyz.txt"

_FIRST_LINE = b"#!/usr/bin/env python3\n"

_MAIN = b"""# Words that every Python understands: an older one is told so.
import sys

if sys.version_info < (3, 11):
    sys.stderr.write("msgprobe needs Python 3.11 or newer; this is %d.%d\\n" % sys.version_info[:2])
    sys.exit(2)

import zipimport

# It compiles each module twice: to tell the name of its file, and to run it.
_compiled = getattr(zipimport, "_get_module_code", None)
_kept = {}


def _once(importer, name):
    key = importer.archive, importer.prefix, name
    if key in _kept:
        return _kept.pop(key)
    _kept[key] = found = _compiled(importer, name)
    return found


if _compiled is not None:
    zipimport._get_module_code = _once

from msgprobe.__main__ import main

main()
"""

_DATE = (1980, 1, 1, 0, 0, 0)
"""The earliest that a ZIP file can say (APPNOTE 4.4.6): no date of building."""


def main(argv: list[str]) -> int:
    """Write the file; 0."""
    parser = argparse.ArgumentParser(prog="python -m tests.packaging.pyz", description=__doc__)
    parser.add_argument("out", type=Path, help="the file to write")
    parser.add_argument(
        "--wheels", type=Path, metavar="DIR", help="take the wheels from here; do not download"
    )
    options = parser.parse_args(argv)
    with tempfile.TemporaryDirectory() as folder:
        wheels = options.wheels or downloaded(Path(folder))
        build(options.out, sorted(wheels.glob("*.whl")))
    sys.stdout.write(f"{options.out}: {options.out.stat().st_size / 1e6:.2f} MB\n")
    return 0


def build(out: Path, wheels: list[Path], root: Path = ROOT) -> None:
    """The checkout at ``root`` and ``wheels`` in ``out``, which is there whole or not at all."""
    files = {"__main__.py": _MAIN, **dict(_own(root))}
    for wheel in sorted(wheels):
        files |= lean(dict(_of_wheel(wheel)))
    fresh = out.with_name(out.name + ".new")
    with fresh.open("wb") as stream:
        stream.write(_FIRST_LINE)
        with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
            for name in sorted(files):
                entry = zipfile.ZipInfo(name, _DATE)
                entry.external_attr = 0o644 << 16
                entry.create_system = 3  # Unix, wherever it is built
                archive.writestr(entry, files[name], zipfile.ZIP_DEFLATED, 9)
    fresh.chmod(0o755)
    fresh.replace(out)


def downloaded(folder: Path) -> Path:
    """The wheels of the lock, in ``folder``. Raises CalledProcessError."""
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check"]
    pure = ["--only-binary=:all:", "--platform=any", "--implementation=py", "--abi=none"]
    wanted = ["--python-version=3.11", "--no-deps", "--require-hashes", f"--requirement={LOCK}"]
    subprocess.run([*pip, *pure, *wanted, f"--dest={folder}"], check=True)
    return folder


def _own(root: Path) -> Iterator[tuple[str, bytes]]:
    compile_all(root)
    for path in sorted((root / "msgprobe").rglob("*")):
        name = path.relative_to(root).as_posix()
        if path.is_file() and own_wanted(name):
            yield name, path.read_bytes()
    for path in sorted((root / "targets").glob("*.toml")):
        yield f"msgprobe/_targets/{path.name}", path.read_bytes()
    yield "LICENSE", (root / "LICENSE").read_bytes()


def _of_wheel(wheel: Path) -> Iterator[tuple[str, bytes]]:
    with zipfile.ZipFile(wheel) as archive:
        for name in archive.namelist():
            if not name.endswith("/") and wanted(name):
                yield name, archive.read(name)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
