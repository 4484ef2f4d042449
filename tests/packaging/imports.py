"""The imports in the modules of an archive, as they are written."""

import ast
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Import:
    """One name that a module imports."""

    module: str
    name: str
    """A module or package, or an attribute of one."""

    at_once: bool
    """When the module is imported, where nothing catches it; else in a function, in a ``try`` or
    on a condition."""


class Archive:
    """The modules of ``files``, names in a ZIP archive with their text."""

    def __init__(self, files: dict[str, bytes]) -> None:
        self.files = files
        self.modules = {module_of(name): name for name in files if name.endswith(".py")}
        self._read: dict[str, tuple[Import, ...]] = {}

    @classmethod
    def read(cls, *paths: Path) -> "Archive":
        """Those of all ``paths`` together."""
        files: dict[str, bytes] = {}
        for path in paths:
            with zipfile.ZipFile(path) as inside:
                files |= {name: inside.read(name) for name in inside.namelist()}
        return cls(files)

    def imports(self, module: str) -> tuple[Import, ...]:
        """What ``module`` imports, but for its types and as a script."""
        if module not in self._read:
            self._read[module] = tuple(self._imports(module))
        return self._read[module]

    def _imports(self, module: str) -> Iterator[Import]:
        name = self.modules[module]
        package = module if name.endswith("/__init__.py") else module.rpartition(".")[0]
        for node, at_once in _statements(ast.parse(self.files[name]), at_once=True):
            for wanted in _names(node, package):
                yield Import(module, wanted, at_once)

    def reached(self, start: set[str], lazily: str) -> set[str]:
        """``start`` and all modules that are imported at once by those, packages with them; what
        lies below ``lazily`` also by what it imports later."""
        found: set[str] = set()
        waiting = sorted(start)
        while waiting:
            module = waiting.pop()
            if module in found or module not in self.modules:
                continue
            found.add(module)
            mine = module.partition(".")[0] == lazily
            wanted = [one.name for one in self.imports(module) if one.at_once or mine]
            waiting += [outer for name in wanted for outer in with_packages(name)]
        return found


def module_of(name: str) -> str:
    """The module that the file ``name`` is."""
    return name.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def with_packages(module: str) -> Iterator[str]:
    """``a.b.c``, ``a.b`` and ``a``: whoever imports the first imports all."""
    while module:
        yield module
        module = module.rpartition(".")[0]


def _statements(node: ast.AST, *, at_once: bool) -> Iterator[tuple[ast.stmt, bool]]:
    """All import statements in ``node``, each with whether it is certain to be run."""
    if isinstance(node, ast.Import | ast.ImportFrom):
        yield node, at_once
    if isinstance(node, ast.If):
        asked = ast.unparse(node.test)
        left_out = "TYPE_CHECKING" in asked or "__name__" in asked
        for branch in node.orelse if left_out else (*node.body, *node.orelse):
            yield from _statements(branch, at_once=False)
        return
    later = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Try)
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.stmt | ast.ExceptHandler | ast.match_case):
            yield from _statements(child, at_once=at_once and not later)


def _names(node: ast.stmt, package: str) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    if isinstance(node, ast.ImportFrom):
        above = package.split(".")[: len(package.split(".")) - node.level + 1]
        base = ".".join([*(above if node.level else []), *filter(None, [node.module])])
        yield base
        yield from (f"{base}.{alias.name}" for alias in node.names)
