"""Target files become a catalogue: shipped ones first, then others, which add or override."""

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgprobe.catalog import control, service
from msgprobe.catalog.entry_points import announced
from msgprobe.catalog.error import CatalogError, UnknownService, quoted
from msgprobe.catalog.faults import read_all
from msgprobe.catalog.limits import FILES, LARGEST
from msgprobe.catalog.permission import EVERYTHING, NOTHING, Allowed, Owners
from msgprobe.catalog.row import Row, unread
from msgprobe.catalog.service import Examine
from msgprobe.catalog.table import Table
from msgprobe.model.control import Controls, Guess, Site
from msgprobe.model.dataclass import dataclass
from msgprobe.model.liberty import NO_ALLOWANCES, Allowances
from msgprobe.model.target import Service

if TYPE_CHECKING:  # importlib.resources costs start-up time and is only needed inside a .pyz
    from importlib.resources.abc import Traversable

ENTRY_POINTS = "msgprobe.targets"
"""Group in which a package names the module whose folder holds its target files."""
EVERY = "*"
"""Instead of a country: the domestic sites of all of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalogue:
    """What can be measured. ``sha256`` is of the bytes of all files read, in their order.

    ``countries`` are those that have domestic sites, and ``home`` are these, whether or not a
    country was chosen.
    """

    rows: Mapping[str, Row]
    controls: Controls
    sha256: str
    countries: tuple[str, ...] = ()
    home: tuple[Site, ...] = ()
    allowances: Allowances = NO_ALLOWANCES
    """What was done with leave, by files that are not msgprobe's own."""

    @property
    def services(self) -> tuple[Service, ...]:
        """All of them. Raises CatalogError for a faulty file of msgprobe's own."""
        return tuple(row.service() for row in self.rows.values())

    def guess(self, countries: Sequence[str]) -> Guess:
        """Those countries as a guess, with their domestic sites."""
        sites = tuple(site for site in self.home if site.country in countries)
        return Guess(countries=tuple(countries), sites=sites)

    def service(self, name: str) -> Service:
        """The service called ``name``. Raises UnknownService."""
        return select(self, [name])[0]


def load(
    paths: Sequence[Path] = (),
    country: str | None = None,
    *,
    plugins: bool = False,
    known_checks: Collection[str] | None = None,
    examine: Examine | None = None,
    allowed: Allowed = NOTHING,
) -> Catalogue:
    """Read the shipped target files, those of installed plug-ins if asked, then ``paths``.

    Each path is a file or a folder of ``*.toml``. A later service, or control, replaces an earlier
    one of the same name as a whole, where that is ``allowed`` to files that are not shipped. Of the
    domestic sites only those of ``country`` are kept; none without one. ``known_checks``, if given,
    are the only names allowed for ``check``, and ``examine`` says what is wrong with an endpoint's
    options.
    Raises CatalogError for the first faulty file, with all its faults: nothing of a faulty load is
    used. What is shipped, and whole by a test, is understood when it is asked for.
    """
    digest = hashlib.sha256()
    rows: dict[str, Row] = {}
    parts: list[control.Part] = []
    kinds: dict[str, str] = {}
    owners = Owners(allowed)
    sources = (_shipped(), *map(_files, (*(plugin_paths() if plugins else ()), *paths)))
    for number, source in enumerate(sources):
        origin: dict[str, str] = {}
        for file in source:
            data = _read(file)
            digest.update(data)
            row, part = _taken(owners, number, str(file), data, known_checks, examine)
            if row is not None:
                _claim(str(file), "service", row.name, origin, {})
                rows[row.name] = row
            for kind, name in part.names():
                _claim(str(file), kind, name, origin, kinds)
            parts.append(part)
    controls = control.merge(parts)
    return Catalogue(
        rows=rows,
        controls=_only(controls, country),
        sha256=digest.hexdigest(),
        countries=tuple(sorted({s.country for s in controls.sites if s.country is not None})),
        home=controls.domestic,
        allowances=owners.allowances,
    )


def each(
    paths: Sequence[Path],
    *,
    known_checks: Collection[str] | None = None,
    examine: Examine | None = None,
) -> tuple[tuple[str, Service | None, Controls], ...]:
    """What each file of ``paths`` holds by itself: its name, its service if any, its controls.

    Raises CatalogError for a file that is faulty in itself.
    """
    found = []
    for file in (file for path in paths for file in _files(path)):
        raw = _raw(str(file), _read(file))
        top, one, part = _understood(str(file), raw, known_checks, examine)
        Owners(EVERYTHING).take(1, top, one, part)
        found.append((str(file), one, control.merge([part])))
    return tuple(found)


def select(catalogue: Catalogue, names: Sequence[str]) -> tuple[Service, ...]:
    """The services called ``names``, in that order; the core ones if none is named.

    Capital letters do not matter. Raises UnknownService with the nearest names, and CatalogError
    for a faulty file of msgprobe's own.
    """
    if not names:
        return tuple(row.service() for row in catalogue.rows.values() if row.core)
    chosen: dict[str, Service] = {}
    for name in names:
        found = catalogue.rows.get(name.lower())
        if found is None:
            raise UnknownService(name, catalogue.rows)
        chosen[found.name] = found.service()
    return tuple(chosen.values())


def everything(catalogue: Catalogue) -> tuple[tuple[Service, ...], tuple[Service, ...]]:
    """What is measured where all services are wanted, and what is left out of that: the services
    that carry a warning, which somebody has to name."""
    free = tuple(service for service in catalogue.services if not service.warning)
    return free, tuple(service for service in catalogue.services if service.warning)


def plugin_paths() -> tuple[Path, ...]:
    """Folders with target files of installed packages, in the order of their entry points' names.

    Raises CatalogError for an entry point whose module cannot be found.
    """
    from importlib.util import find_spec

    found = []
    for point in sorted(announced(ENTRY_POINTS), key=lambda p: (p.name, p.value)):
        label = f"entry point {point.name} = {point.value} of {ENTRY_POINTS}"
        try:
            spec = find_spec(point.module)
        except Exception as exc:  # finding a submodule runs its package's own code
            raise CatalogError(label, f"cannot be imported ({exc!r})", _REINSTALL) from exc
        if spec is None:
            raise CatalogError(label, "names no module that exists", _REINSTALL)
        places = list(spec.submodule_search_locations or [])
        if not places and spec.origin is not None:
            places = [str(Path(spec.origin).parent)]
        found += [Path(place) for place in places[:1]]
    return tuple(found)


_REINSTALL = "reinstall or remove that package"


def _claim(file: str, kind: str, name: str, origin: dict[str, str], kinds: dict[str, str]) -> None:
    """Refuse a name given twice in one source, or to controls of two kinds.

    A task names its control by name alone, so that kinds share their names.
    """
    key = "service.name" if kind == "service" else f"{kind}[{name}].name"
    # Services have names of their own: the service "google" and the resolver "google" may be.
    owner = "service:" + name if kind == "service" else name
    if owner in origin:
        why = f"{quoted(name)} is already in {origin[owner]}"
        raise CatalogError(file, why, "give each its own name", key=key)
    if kinds.setdefault(name, kind) != kind:
        why = f"{quoted(name)} is already a {kinds[name]}"
        raise CatalogError(file, why, f"give the {kind} another name", key=key)
    origin[owner] = file


def shipped() -> dict[str, bytes]:
    """msgprobe's own target files by name, in the order in which they are read. Raises
    CatalogError."""
    return {file.name: _read(file) for file in _shipped()}


def digest(files: Iterable[bytes]) -> str:
    """The ``sha256`` of a catalogue that was read from these files."""
    found = hashlib.sha256()
    for data in files:
        found.update(data)
    return found.hexdigest()


def _shipped() -> "list[Path | Traversable]":
    """The files of the wheel, else those beside the package in a checkout."""
    package = Path(__file__).parents[1]
    for folder in (package / "_targets", package.parent / "targets"):
        if folder.is_dir():
            return _files(folder)
    from importlib.resources import files  # inside a .pyz the package is no folder on disk

    inside = files("msgprobe") / "_targets"
    if not inside.is_dir():
        raise CatalogError(
            str(inside), "the target files of msgprobe itself are missing", "install it again"
        )
    return sorted((f for f in inside.iterdir() if f.name.endswith(".toml")), key=lambda f: f.name)


def _files(path: Path) -> "list[Path | Traversable]":
    """The file ``path``, or the target files in the folder ``path`` by name."""
    try:
        if not path.is_dir():
            return [path]
        found = sorted(f for f in path.iterdir() if f.suffix == ".toml")
    except (OSError, ValueError) as exc:
        raise _unreadable(path, exc) from None
    if not found:
        raise CatalogError(str(path), "the folder has no *.toml file", "name one that has")
    if len(found) > FILES:
        why = f"the folder has {len(found)} *.toml files, of which {FILES} are read at most"
        raise CatalogError(str(path), why, "name a smaller folder, or single files")
    return [*found]


def _read(file: "Path | Traversable") -> bytes:
    try:
        if isinstance(file, Path):
            if file.exists() and not file.is_file():  # a device or pipe might never end
                raise CatalogError(str(file), "is not a regular file", "name a file or a folder")
            with file.open("rb") as stream:
                data = stream.read(LARGEST + 1)
        else:
            data = file.read_bytes()
    except (OSError, ValueError) as exc:
        if isinstance(exc, CatalogError):
            raise
        raise _unreadable(file, exc) from None
    if len(data) > LARGEST:
        why = f"is larger than {LARGEST // 1024} KiB"
        raise CatalogError(str(file), why, "split it or name the right file")
    return data


def _unreadable(file: object, exc: OSError | ValueError) -> CatalogError:
    reason = exc.strerror if isinstance(exc, OSError) and exc.strerror else str(exc)
    return CatalogError(
        str(file), f"cannot be read ({reason})", "name a file that exists and that you may read"
    )


def _raw(file: str, data: bytes) -> dict[str, Any]:
    """The data of one file. Raises CatalogError."""
    import tomli  # late: `msgprobe --version` needs no TOML

    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as exc:
        row = data.count(b"\n", 0, exc.start) + 1
        raise CatalogError(file, "is not UTF-8", "save it as UTF-8", line=row) from None
    try:
        raw = tomli.loads(text)
    except tomli.TOMLDecodeError as exc:
        raise CatalogError(
            file,
            f"is not TOML ({getattr(exc, 'msg', exc)})",
            "mend it there; the format is described at the top of the shipped telegram.toml",
            line=getattr(exc, "lineno", None),
            column=getattr(exc, "colno", None),
        ) from None
    except (ValueError, RecursionError) as exc:
        raise CatalogError(
            file, f"is not sensible TOML ({type(exc).__name__})", "write it plainly"
        ) from None
    if not raw:
        raise CatalogError(file, "is empty", "add a [service] with its [[pool]]s, or controls")

    return raw


def _understood(
    file: str, raw: dict[str, Any], known_checks: Collection[str] | None, examine: Examine | None
) -> tuple[Table, Service | None, control.Part]:
    """One file, the service in it, if there is one, and the controls. Raises CatalogError."""

    def understood(data: dict[str, Any]) -> tuple[Table, Service | None, control.Part]:
        top = Table(file, "", data, (*service.SECTIONS, *control.SECTIONS))
        has_service = any(section in top for section in service.SECTIONS)
        found = service.read_service(top, known_checks, examine) if has_service else None
        return top, found, control.read_controls(top)

    return read_all(raw, understood)


def _taken(
    owners: Owners,
    source: int,
    file: str,
    data: bytes,
    known_checks: Collection[str] | None,
    examine: Examine | None,
) -> tuple[Row | None, control.Part]:
    """The row and the controls of one file of the source of that number (0: shipped), which
    ``owners`` take note of. Raises CatalogError."""
    raw = _raw(file, data)
    if not source:
        row = unread(raw, partial(_service, file, data, known_checks, examine))
        if row is not None:
            owners.add(file, row)
            return row, control.Part()
    return owners.take(source, *_understood(file, raw, known_checks, examine))


def _service(
    file: str, data: bytes, known_checks: Collection[str] | None, examine: Examine | None
) -> Service:
    """The service of a file that has one. Raises CatalogError."""
    found = _understood(file, _raw(file, data), known_checks, examine)[1]
    assert found is not None
    return found


def _only(controls: Controls, country: str | None) -> Controls:
    """``controls`` without the domestic sites of other countries."""
    if country == EVERY:
        return controls
    chosen = country.upper() if country else None
    return replace(
        controls,
        sites=tuple(s for s in controls.sites if s.country in (None, chosen)),
        sources=tuple(s for s in controls.sources if s.country in (None, chosen)),
    )
