"""``python -m tests.torture [NAME [ARGUMENTS]]``: one torture, or all of them without a name.

Exit 0: everything was borne; 1: something was not; 2: there is none of that name."""

import ast
import sys
from importlib import import_module
from pathlib import Path


def kinds() -> dict[str, str]:
    """The modules of this package that torture something, each with its title."""
    found = {}
    for path in sorted(Path(__file__).parent.glob("*.py")):
        tree = ast.parse(path.read_text("utf-8"))
        functions = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
        if "main" in functions and path.stem != "__main__":
            found[path.stem] = (ast.get_docstring(tree) or path.stem).splitlines()[0]
    return found


def main(argv: list[str]) -> int:
    """The torture's own exit status: 0 where everything was borne, else 1; 2 for no such name."""
    known = kinds()
    if argv and argv[0] not in known:
        print(f"there is no {argv[0]!r}; known are: {', '.join(known)}", file=sys.stderr)
        return 2
    if argv:
        return _one(argv[0], argv[1:])
    faults = []
    for name, title in known.items():
        print(f"{name}: {title}", flush=True)
        faults += [name] if _one(name, []) else []
    print(f"not borne: {', '.join(faults) or '-'}")
    return 1 if faults else 0


def _one(name: str, argv: list[str]) -> int:
    status: int = import_module(f"tests.torture.{name}").main(argv)
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
