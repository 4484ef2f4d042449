"""Compiled modules below .lab/, so that no process of a run has to compile any.

The client's environment keeps no bytecode, and the machine's may not either; then every world,
middlebox and msgprobe would compile itself anew, for longer than it then works. Only the warm-up
here writes, once for each process that drives labs; Python puts each file in place whole.
"""

import contextlib
import os
import subprocess
import sys
import threading
from functools import cache
from pathlib import Path
from typing import Final

_ROOT: Final = Path(__file__).resolve().parents[2]
_PATIENCE_S: Final = 120.0

ENVIRONMENT: Final = {
    "PYTHONPYCACHEPREFIX": str(_ROOT / ".lab" / "pycache"),
    "PYTHONDONTWRITEBYTECODE": "1",
}
"""What a Python process of a run needs to find them, and to leave none of its own."""

_WARM: Final = """
import ast, compileall, contextlib, importlib, pathlib, sys
for top in ("msgprobe", "tests/lab"):
    compileall.compile_dir(top, quiet=2)
wanted = ["_strptime", "anyio", "concurrent.futures.thread", "encodings.utf_8_sig"]
for top in ("msgprobe", "tests/lab/world"):
    for path in sorted(pathlib.Path(top).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_bytes())):
            if isinstance(node, ast.Import):
                wanted += [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                wanted += [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
for name in dict.fromkeys(wanted):
    with contextlib.suppress(ImportError):
        importlib.import_module(name)
packages = {name.partition(".")[0] for name in sys.modules}
places = {p for name in packages for p in getattr(sys.modules.get(name), "__path__", ())}
for place in places:
    if "site-packages" in place:
        compileall.compile_dir(place, quiet=2)
"""
"""Compiles the two trees, imports what they import, also what they put off until needed, and
compiles all of those packages."""

_lock = threading.Lock()


def warm_up() -> None:
    """Makes all that is missing. Without success everything still runs, only slower."""
    with _lock:
        _warm_up()


@cache
def _warm_up() -> None:
    own = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    prefix = {"PYTHONPYCACHEPREFIX": ENVIRONMENT["PYTHONPYCACHEPREFIX"]}
    with contextlib.suppress(subprocess.TimeoutExpired):
        subprocess.run(
            [sys.executable, "-c", _WARM],
            env=own | prefix,
            cwd=_ROOT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=_PATIENCE_S,
            check=False,
        )
