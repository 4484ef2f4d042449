"""What of the wheels stays out of the one file, each with its reason.

Only what the program can neither import nor read is left out. That is held by
`tests.packaging.test_contents`, which reads every import in the file: whatever asks for a module
that is not there has to stand in `LeftOut.asked_by`, and must do so where the program never comes.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Parts of one package, and why the program does without them."""

    package: str
    """The folder in the archive."""

    paths: tuple[str, ...]
    """Files below it, folders (``name/``), what names begin with (``name*``), or all (``""``)."""

    why: str

    asked_by: tuple[str, ...] = ()
    """Modules in the file that import some of it, in a function that is never called or where they
    expect that it may be missing."""

    def covers(self, name: str) -> bool:
        """Whether the file ``name`` of a wheel is one of these."""
        package, _, rest = name.partition("/")
        return package == self.package and any(map(rest.startswith, self._starts(rest)))

    def _starts(self, rest: str) -> Iterator[str]:
        for path in self.paths:
            if path == rest or path == "" or path.endswith("/"):
                yield path
            elif path.endswith("*"):
                yield path[:-1]


OWN = (
    LeftOut(
        "msgprobe",
        ("fleet/", "cli/fleet*", "report/fleet*"),
        "wants an engine that is no pure wheel: who carries this file by hand has one line; the"
        " command says so",
        asked_by=("msgprobe.cli.commands_fleet",),
    ),
)

NO_WHEEL = (
    LeftOut(
        "markdown_it",
        ("",),
        "parses Markdown for rich.markdown, which is left out as well",
    ),
    LeftOut("mdurl", ("",), "addresses in Markdown"),
    LeftOut(
        "pygments",
        ("",),
        "colours source text for rich.syntax and rich.traceback, which are left out as well",
    ),
)
"""Packages that are needed by what is left out alone: `.locks/pyz.txt` does not name them."""

OF_WHEELS = (
    LeftOut(
        "anyio",
        ("_backends/_trio.py", "pytest_plugin.py"),
        "for trio and for pytest; our loop is asyncio's, and trio is no pure wheel of the lock",
    ),
    LeftOut(
        "anyio",
        (
            "functools.py",
            "itertools.py",
            "streams/buffered.py",
            "streams/file.py",
            "streams/text.py",
            "to_interpreter.py",
            "to_process.py",
        ),
        "processes, interpreters, files and texts, of which httpx uses nothing",
    ),
    LeftOut("cattr", ("",), "the older name of cattrs"),
    LeftOut(
        "cattrs",
        ("preconf/", "strategies/", "subclasses.py"),
        "converters ready for formats and unions; ours is made of the plain one",
    ),
    LeftOut("certifi", ("tests/",), "its own tests"),
    LeftOut(
        "dns",
        (
            "_asyncbackend.py",
            "_asyncio_backend.py",
            "_ddr.py",
            "_no_ssl.py",
            "_tls_util.py",
            "_trio_backend.py",
            "asyncbackend.py",
            "asyncquery.py",
            "asyncresolver.py",
            "nameserver.py",
            "query.py",
            "quic/",
            "resolver.py",
            "win32util.py",
        ),
        "sends and receives; the sockets are ours, dnspython writes and reads messages alone",
    ),
    LeftOut(
        "dns",
        (
            "btree.py",
            "btreezone.py",
            "grange.py",
            "namedict.py",
            "node.py",
            "transaction.py",
            "tsigkeyring.py",
            "versioned.py",
            "xfr.py",
            "zone.py",
            "zonefile.py",
        ),
        "zones, their files and transfers; we serve and hold none",
    ),
    LeftOut(
        "dns",
        ("dnssec.py", "dnssecalgs/", "e164.py", "reversename.py"),
        "signatures, telephone numbers and names of addresses, none of which we ask for. All types"
        " of records stay: a resolver may answer with any, and one that is read is checked",
    ),
    LeftOut(
        "httpcore",
        ("_async/http2.py", "_async/socks_proxy.py", "_sync/http2.py", "_sync/socks_proxy.py"),
        "HTTP/2 that is not switched on (ours is h2's own) and SOCKS by a package that is not here;"
        " httpcore goes on without them",
        asked_by=(
            "httpcore._async",
            "httpcore._async.connection",
            "httpcore._async.connection_pool",
            "httpcore._async.http_proxy",
            "httpcore._sync",
            "httpcore._sync.connection",
            "httpcore._sync.connection_pool",
            "httpcore._sync.http_proxy",
        ),
    ),
    LeftOut(
        "httpcore",
        ("_backends/trio.py",),
        "for trio, as above",
        asked_by=("httpcore", "httpcore._backends.auto"),
    ),
    LeftOut("httpx", ("_main.py",), "its own command line", asked_by=("httpx",)),
    LeftOut(
        "idna",
        ("uts46data.py",),
        "maps what people type to names that may be asked for; hosts in target files are ASCII",
        asked_by=("idna.core",),
    ),
    LeftOut("idna", ("cli.py", "codec.py", "compat.py"), "a command line and a codec's registry"),
    LeftOut("ifaddr", ("netifaces.py", "test_ifaddr.py"), "another package's interface, and tests"),
    LeftOut("platformdirs", ("pytest_plugin.py", "testing.py"), "for other people's tests"),
    LeftOut(
        "rich",
        ("_emoji_codes.py",),
        "names of emoji such as :smile:, which our consoles switch off",
        asked_by=("rich._emoji_replace", "rich.emoji"),
    ),
    LeftOut(
        "rich",
        ("syntax.py", "traceback.py"),
        "source text and tracebacks in colour; ours are Python's own, which can be sent on",
        asked_by=("rich._extension", "rich.console"),
    ),
    LeftOut(
        "rich",
        ("_inspect.py", "json.py"),
        "shows objects and JSON in colour",
        asked_by=("rich", "rich.console"),
    ),
    LeftOut(
        "rich",
        (
            "_stack.py",
            "_timer.py",
            "bar.py",
            "columns.py",
            "diagnose.py",
            "filesize.py",
            "layout.py",
            "logging.py",
            "markdown.py",
            "progress.py",
            "progress_bar.py",
            "prompt.py",
            "tree.py",
        ),
        "what is drawn with it; our views are lines of text",
    ),
    LeftOut(
        "shellingham",
        ("nt.py", "posix/"),
        "finds out which shell it is, for completions that typer installs: ours are printed",
    ),
    LeftOut(
        "typer",
        ("rich_utils.py",),
        "help in boxes and colours: ours is plain (rich_markup_mode=None), as are its errors",
        asked_by=("typer._completion_classes", "typer.core", "typer.main"),
    ),
    LeftOut("typer", (".agents/", "cli.py", "testing.py"), "a command line, tests, advice"),
    LeftOut(
        "tzdata",
        (
            "zones",
            "zoneinfo/iso3166.tab",
            "zoneinfo/leapseconds",
            "zoneinfo/zone.tab",
            "zoneinfo/zonenow.tab",
        ),
        "countries are read from zone1970.tab and tzdata.zi alone",
    ),
)

TEXTS = (".py", ".json", ".yml", ".toml", ".typed", ".txt", ".mo")
"""What of this checkout goes in."""

_NEVER = re.compile(
    r"\.(pyi|so|pyd|pyx|c|h)$|/(py\.typed|__main__\.py)$|\.data/"  # for compilers, and commands
)
_OF_INFO = re.compile(r"(?i)METADATA|(.*/)?(licen[cs]e|copying|notice|authors)[^/]*")
"""Of a wheel's own words: what it is (dnspython looks for the version of idna), and licences, which
must go along; no index of files, no bill of materials, nothing for pip."""

_ZONE = re.compile(r"zoneinfo/([^/.]+|[^/]+/.+)")
"""The zones' own files, in folders of their continents or none."""

_WIDTHS = "rich/_unicode_data/"


def wanted(name: str) -> bool:
    """Whether the program can do something with the file ``name`` of a wheel."""
    package, _, rest = name.partition("/")
    if package.endswith(".dist-info"):
        return _OF_INFO.fullmatch(rest) is not None
    if _NEVER.search(name):
        return False
    if package == "tzdata" and _ZONE.fullmatch(rest):
        return False
    return not any(row.covers(name) for row in OF_WHEELS)


def own_wanted(name: str) -> bool:
    """The same for a file of this checkout."""
    return name.endswith(TEXTS) and not any(row.covers(name) for row in OWN)


def lean(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """The same files, where two sorts say less than in their wheels.

    METADATA keeps its headers and loses its README. Of the tables of the width of characters, one
    for each version of Unicode, the newest stays, and rich's list of them says so: all characters
    of ours are as wide in each.
    """
    made = {
        name: _headers(data) if name.endswith("/METADATA") else data for name, data in files.items()
    }
    tables = widths(files)
    for table in sorted(tables, key=tables.__getitem__)[:-1]:
        del made[table]
    if tables:
        newest = ".".join(map(str, max(tables.values())))
        made[f"{_WIDTHS}_versions.py"] = f'VERSIONS = ("{newest}",)\n'.encode()
    return made


def widths(names: Iterable[str]) -> dict[str, tuple[int, ...]]:
    """Tables of the width of characters, with their versions of Unicode."""
    found = ((name, re.fullmatch(rf"{_WIDTHS}unicode([0-9-]+)\.py", name)) for name in names)
    return {name: tuple(map(int, match[1].split("-"))) for name, match in found if match}


def _headers(metadata: bytes) -> bytes:
    return metadata.replace(b"\r\n", b"\n").partition(b"\n\n")[0] + b"\n"
