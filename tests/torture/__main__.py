"""``python -m tests.torture [KIND…] [--only WORD] [--keep DIR]``: keeps every promise when hurt?

A kind is a module of this package with a function ``run(Options) -> Outcome``; its docstring's
first line is its title. Exit 0: all promises held; 1: some did not; 2: wrong arguments.
"""

import argparse
import importlib
import pkgutil
import sys
import time
from pathlib import Path
from types import ModuleType

import tests.torture
from tests.torture.kind import Options

_PLACE = Path(__file__).parents[2] / ".lab" / "torture"


def kinds() -> dict[str, ModuleType]:
    """The modules that torture something, by name."""
    names = sorted(m.name for m in pkgutil.iter_modules(tests.torture.__path__))
    modules = {n: importlib.import_module(f"tests.torture.{n}") for n in names if n[0] != "_"}
    return {name: module for name, module in modules.items() if hasattr(module, "run")}


def main(argv: list[str]) -> int:
    """Run the kinds that are asked for, all without any; print sums and faults."""
    known = kinds()
    parser = argparse.ArgumentParser(prog="python -m tests.torture", description=__doc__)
    parser.add_argument("kind", nargs="*", metavar="KIND", help=f"of {', '.join(known)}")
    parser.add_argument("--only", action="append", default=[], help="cases with this in their name")
    parser.add_argument("--keep", type=Path, default=_PLACE, help="folder for what is made")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args(argv)
    for name in options.kind:
        if name not in known:
            parser.error(f"there is no kind {name!r}; known are: {', '.join(known)}")
    faults = 0
    for name in options.kind or known:
        began = time.monotonic()
        keep = options.keep / name
        keep.mkdir(parents=True, exist_ok=True)
        found = known[name].run(Options(keep=keep, only=tuple(options.only), seed=options.seed))
        title = (known[name].__doc__ or name).splitlines()[0]
        print(f"{name}: {title} ({time.monotonic() - began:.0f} s)")
        for line in (*found.sums, *(f"FAULT {fault}" for fault in found.faults)):
            print(f"  {line}", flush=True)
        faults += len(found.faults)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
