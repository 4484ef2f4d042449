"""Two hundred target files of somebody who means harm, made from what such a file is made of."""

import itertools
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

NAME: Final = "own"
"""The service of those files that have one and do not take another's name."""

PRIVATE: Final = "--allow-local"
MAIL: Final = "--allow-mail-ports"
OVERRIDE: Final = "--allow-override"


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """``make`` writes below a folder and gives the path for ``--targets``; ``flags`` are the
    user's. ``refused``: it must be; else the run must end in time. ``overrides`` are those that
    must be told, as kind and name; ``service`` is what is asked for."""

    name: str
    make: Callable[[Path], Path]
    refused: bool = True
    flags: tuple[str, ...] = ()
    service: str = NAME
    overrides: tuple[tuple[str, str], ...] = ()


def _bytes(data: bytes | str) -> Callable[[Path], Path]:
    def make(folder: Path) -> Path:
        path = folder / "own.toml"
        path.write_bytes(data if isinstance(data, bytes) else data.encode("utf-8"))
        return path

    return make


def service(
    body: str = "", *, name: str = f'"{NAME}"', title: str = '"Own"', head: str = ""
) -> str:
    """A whole file with a service; ``name`` and ``title`` are TOML."""
    return (
        f'[service]\nname = {name}\ntitle = {title}\nprimary = "text"\nsource = "a test"\n'
        f'date = "2026-01"\n{head}\n{body or pool()}'
    )


def pool(member: str = "", more: str = "", *, name: str = '"chat"', check: str = "connect") -> str:
    """A pool with one member."""
    return (
        f'[[pool]]\nname = {name}\nfunction = "text"\ncheck = "{check}"\n{more}\n'
        f"[[pool.member]]\n{member or WHERE}\n"
    )


WHERE: Final = 'name = "one"\nhost = "one.example.org"'

# --- what is no target file at all ----------------------------------------------------------------


def _fifo(path: Path) -> None:
    os.mkfifo(path)


def _folder_inside(path: Path) -> None:
    (path / "x.toml").mkdir(parents=True)


def _fifo_inside(path: Path) -> None:
    path.mkdir()
    os.mkfifo(path / "x.toml")


def _sparse(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(1 << 34)


def _many_files(path: Path) -> None:
    path.mkdir()
    for number in range(500):
        (path / f"{number}.toml").write_text("")


def _many_services(path: Path) -> None:
    path.mkdir()
    for n in range(12):
        text = crowd(1, 95, start=95 * n).replace(f'"{NAME}"', f'"{NAME}{n}"')
        (path / f"{n}.toml").write_text(text.replace('"Own"', f'"Own {n}"'))


def _special(place: Callable[[Path], None]) -> Callable[[Path], Path]:
    def make(folder: Path) -> Path:
        place(folder / "own.toml")
        return folder / "own.toml"

    return make


def _link(target: str) -> Callable[[Path], None]:
    return lambda path: path.symlink_to(target)


_SPECIAL: Final[dict[str, Callable[[Path], None]]] = {
    "fifo": _fifo,
    "folder-without-files": Path.mkdir,
    "folder-named-toml-inside": _folder_inside,
    "fifo-in-folder": _fifo_inside,
    "loop": lambda path: path.symlink_to(path),
    "sparse": _sparse,
    "many-files": _many_files,
    "many-services": _many_services,
    **{
        target: _link(target)
        for target in (
            *("/dev/zero", "/dev/null", "/dev/random", "/dev/tty", "/nowhere", "/proc/self/mem"),
            *("/proc/self/environ", "/etc/passwd", "/bin/sh"),
        )
    },
}

_DEEP: Final = 3_000
_RUBBISH: Final[dict[str, bytes | str]] = {
    "empty": "",
    "blank": " \n\t\n",
    "bom-alone": b"\xef\xbb\xbf",
    "nul": service().encode() + b"\0",
    "latin-1": service().encode() + b"# \xe9\n",
    "utf-16": service().encode("utf-16"),
    "surrogate": service().encode() + b"# \xed\xa0\x80\n",
    "overlong": service().encode() + b"# \xc0\xaf\n",
    "bare-return": service().replace("\n", "\r"),
    "no-toml": "{}",
    "yaml": "service:\n  name: own\n",
    "unclosed-text": service() + 'x = "',
    "unclosed-list": service() + "x = [",
    "escape": service(title='"\\x1b"'),
    "bad-unicode": service(title='"\\UFFFFFFFF"'),
    "twice": service() + service(),
    "key-twice": service(head='title = "b"'),
    "table-over-value": service(head='[service.title]\nx = "y"'),
    "deep-lists": "x = " + "[" * _DEEP + "]" * _DEEP,
    "deep-lists-open": "x = " + "[" * 200_000,
    "deep-tables": "x = " + "{a = " * _DEEP + "1" + "}" * _DEEP,
    "deep-key": ".".join("a" * 60_000) + " = 1",
    "deep-header": "[" + ".".join("a" * 60_000) + "]",
    "deep-headers": "".join(f"[{'.'.join('a' * n)}]\n" for n in range(1, 600)),
    "deep-option": service(pool(more="options = " + "{a = " * 900 + "1" + "}" * 900)),
    "big-number": "x = " + "9" * 200_000,
    "big-hex": "x = 0x" + "f" * 200_000,
    "big-float": "x = 1e" + "9" * 5_000,
    "many-keys": "".join(f"k{n} = 1\n" for n in range(18_000)),
    "many-tables": "".join(f"[t{n}]\n" for n in range(18_000)),
    "many-comments": "#\n" * 120_000,
    "many-quotes": 'x = """' + '""' * 100_000,
    "bad-date": service().replace('"2026-01"', "2026-13-45"),
    "endless-line": "x" * 250_000,
}

# --- wrong values in right places -----------------------------------------------------------------

_VALUES: Final = ("1", "true", "[]", "{}", "nan", "2026-01-01", '""', '["a", ["b"]]', '"\\u0000"')
_KEYS: Final[dict[str, Callable[[str], str]]] = {
    "name": lambda v: service(name=v),
    "title": lambda v: service(title=v),
    "prefixes": lambda v: service(head=f"prefixes = {v}"),
    "untestable": lambda v: service(head=f"untestable = {v}") if v != "{}" else "x = 1",
    "member": lambda v: service(f'[[pool]]\nname = "c"\nfunction = "text"\nmember = {v}'),
    "ports": lambda v: service(pool(more=f"ports = {v}")),
    "options": lambda v: service(pool(more=f"options = {{ a = {v} }}", check="https")),
    "asset": lambda v: service() + f"[[asset]]\nname = {v}\n",
}


def _wrong() -> Iterator[Case]:
    for (key, text), value in itertools.product(_KEYS.items(), _VALUES):
        if (key, value) not in _FINE:
            yield Case(name=f"wrong-{key}-{value}", make=_bytes(text(value)))


_FINE: Final = {("options", '"\\u0000"'), ("options", "1e")}

_NAMES: Final[dict[str, str]] = {
    "traversal": '"../../../../etc/passwd"',
    "traversal-dots": '".."',
    "absolute": '"/etc/cron.d/x"',
    "nul": '"a\\u0000b"',
    "escape": '"a\\u001B[2Jb"',
    "window-title": '"a\\u001B]0;owned\\u0007"',
    "bidi": '"a\\u202Egnp.exe"',
    "zero-width": '"a\\u200Bb"',
    "line": '"a\\nb"',
    "return": '"a\\rmsgprobe: all fine"',
    "markup": '"[bold red]a[/]"',
    "tag": '"<script>alert(1)</script>"',
    "option": '"--no-redact"',
    "homoglyph": '"tel\\u0435gram"',
    "long": '"' + "a" * 9_000 + '"',
    "private-use": '"\\uE000"',
    "last-character": '"\\U0010FFFF"',
}


def _named() -> Iterator[Case]:
    for what, name in _NAMES.items():
        yield Case(name=f"name-{what}", make=_bytes(service(name=name)))
        text = service(pool(name=name))
        yield Case(name=f"pool-name-{what}", make=_bytes(text))


# --- where it wants us to go ----------------------------------------------------------------------

_ADDRESSES: Final = (
    *(
        "127.0.0.1",
        "127.255.255.254",
        "0.0.0.0",
        "::1",
        "::",
        "::ffff:127.0.0.1",
        "64:ff9b::7f00:1",
    ),
    *("169.254.169.254", "fe80::1", "fe80::1%eth0", "10.0.0.1", "172.16.0.1", "192.168.1.1"),
    *("fd00:ec2::254", "100.64.0.1", "198.18.0.1", "224.0.0.1", "ff02::1", "255.255.255.255"),
    *("240.0.0.1", "2002:7f00:1::", "192.0.0.170", "fec0::1"),
)
_MAIL: Final = (25, 465, 587, 2525, 110, 143, 993)
_ALLOW: Final = 'allow = ["private_addresses", "mail_ports"]'
_HOSTS: Final = (
    *("127.0.0.1", "127.0.0.0x1", "0x7f.1", "2130706433", "localhost", "a.localhost", "nas.local"),
    *("http://a.example/", "a.example:25", "me:pw@a.example", "a.example/../..", "a..example"),
    *("metadata.internal", "a.example\\r\\nX: y", "[::1].example"),
)


def _addressed() -> Iterator[Case]:
    for address in _ADDRESSES:
        member = f'name = "one"\naddresses = ["{address}"]'
        yield Case(name=f"address-{address}", make=_bytes(service(pool(member))))
    for address in _ADDRESSES[::4]:
        member = f'name = "one"\naddresses = ["{address}"]'
        text = service(pool(member), head=_ALLOW)
        yield Case(name=f"address-asked-{address}", make=_bytes(text), flags=(MAIL, OVERRIDE))
        both = (PRIVATE,)
        yield Case(name=f"address-both-{address}", make=_bytes(text), flags=both, refused=False)
    for port in _MAIL:
        text = service(pool(more=f"ports = [{port}]"))
        yield Case(name=f"mail-{port}", make=_bytes(text), flags=(MAIL, PRIVATE))
    for port in _MAIL[:3]:
        talk = 'options = { protocol = "smtp", script = "S hello: 220\\nC: HELO x\\\\r\\\\n" }'
        text = service(pool(more=f"ports = [{port}]\n{talk}", check="dialogue"), head=_ALLOW)
        yield Case(name=f"mail-asked-{port}", make=_bytes(text), flags=(PRIVATE,))
        yield Case(name=f"mail-both-{port}", make=_bytes(text), flags=(MAIL,), refused=False)
    for host in _HOSTS:
        member = f'name = "one"\nhost = "{host}"'
        yield Case(name=f"host-{host}", make=_bytes(service(pool(member))), flags=(MAIL,))
    yield Case(name="smtp-here", make=_bytes(_smtp_here()))
    yield Case(name="smtp-here-named-telegram", make=_bytes(_smtp_here("telegram")))


def _smtp_here(name: str = NAME) -> str:
    member = 'name = "one"\naddresses = ["127.0.0.1"]'
    return service(pool(member, "ports = [25]"), name=f'"{name}"', title='"Telegram"')


# --- what it wants to replace ---------------------------------------------------------------------

_SERVICES: Final = ("telegram", "whatsapp", "signal", "messenger", "threema", "zoom")
_CONTROL: Final = 'owner = "o"\nnetwork = "n"\nsource = "a test"\ndate = "2026-01"\n'
_ROWS: Final[dict[tuple[str, str], str]] = {
    ("site", "wikipedia"): f'[[site]]\nname = "wikipedia"\nhost = "a.example.org"\n{_CONTROL}',
    ("resolver", "google"): (
        f'[[resolver]]\nname = "google"\naddresses = ["192.0.2.1"]\n{_CONTROL}'
    ),
    ("controls", "silent"): (
        '[controls]\nsilent = ["192.0.2.1"]\nsource = "a test"\ndate = "2026-01"\n'
    ),
    ("controls", "holes"): '[controls]\nholes = [443]\nsource = "a test"\ndate = "2026-01"\n',
    ("controls", "advert_host"): (
        '[controls]\nadvert_host = "a.example"\nsource = "a test"\ndate = "2026-01"\n'
    ),
}


def _replacing() -> Iterator[Case]:
    for name in _SERVICES:
        text = service(name=f'"{name}"')
        told = (("service", name),)
        yield Case(name=f"override-{name}", make=_bytes(text), flags=(PRIVATE, MAIL))
        yield Case(
            name=f"override-allowed-{name}",
            make=_bytes(text),
            flags=(OVERRIDE,),
            refused=False,
            service=name,
            overrides=told,
        )
    for title in ('"Telegram"', '"WHATSAPP"', '"Sig-nal"', '"\\uFF34elegram"'):
        yield Case(name=f"title-{title}", make=_bytes(service(title=title)))
    yield Case(
        name="title-allowed",
        make=_bytes(service(title='"Telegram"')),
        flags=(OVERRIDE,),
        refused=False,
        overrides=(("title", "telegram"),),
    )
    for (kind, name), text in _ROWS.items():
        label = f"{kind}-{name}"
        yield Case(name=f"override-{label}", make=_bytes(text + service()))
        yield Case(
            name=f"override-allowed-{label}",
            make=_bytes(text + service()),
            flags=(OVERRIDE,),
            refused=False,
            overrides=((kind, name),),
        )


# --- too much of it -------------------------------------------------------------------------------


def crowd(
    pools: int, members: int, *, check: str = "tls", start: int = 0, ports: str = "443"
) -> str:
    """A service with so many members, each with an address of its own and none with a name."""
    text, number = "", start
    for p in range(pools):
        text += (
            f'[[pool]]\nname = "p{p}"\nfunction = "text"\ncheck = "{check}"\nports = [{ports}]\n'
        )
        for m in range(members):
            number += 1
            where = f'addresses = ["45.{number // 200 % 250}.{number % 200}.9"]'
            text += f'[[pool.member]]\nname = "p{p}m{m}"\n{where}\n'
    return service(text)


def named_crowd(pools: int, members: int, check: str) -> str:
    """The same with names, none of which there is."""
    text = ""
    for p in range(pools):
        text += f'[[pool]]\nname = "p{p}"\nfunction = "text"\ncheck = "{check}"\n'
        for m in range(members):
            text += f'[[pool.member]]\nname = "p{p}m{m}"\nhost = "h{m}.p{p}.example"\n'
    return service(text)


def _assets(find: str, count: int = 1) -> str:
    found = f"find = '{find}'"
    rows = (
        f'[[asset]]\nname = "a{n}"\nfunction = "text"\nhost = "one.example.org"\n{found}\n'
        for n in range(count)
    )
    return service() + "".join(rows)


_TOO_MUCH: Final[dict[str, str]] = {
    "50-pools-of-100": crowd(50, 30),
    "21-pools": crowd(21, 1),
    "pool-of-101": crowd(1, 101),
    "201-endpoints": crowd(3, 67),
    "8-ports-of-100": crowd(1, 100, ports="1,2,3,4,5,6,7,8"),
    "9-ports": crowd(1, 1, ports="1,2,3,4,5,6,7,8,9"),
    "11-assets": _assets('="[*.js]"', 11),
    "long-text": service(head=f'warning = "{"a" * 20_000}"'),
    "long-body": service(
        pool(more=f'options = {{ method = "POST", body = "{"a" * 20_000}" }}', check="https")
    ),
    "long-script": service(
        pool(
            more='options = { protocol = "x", script = "' + "S a: b\\n" * 3_000 + '" }',
            check="dialogue",
        )
    ),
    "script-of-21": service(
        pool(
            more='options = { protocol = "x", script = "' + "S a: b\\n" * 21 + '" }',
            check="dialogue",
        )
    ),
    "script-of-nothing": service(
        pool(more='options = { protocol = "x", script = "S a: ..." }', check="dialogue")
    ),
    "ok-at-huge": service(pool(more="ok_at = 10000000000")),
    "sample-huge": service(pool(more="sample = 100")),
}
_FINDS: Final = (
    *("(a+)+$", "(.*)*b", "([a-z]+)*!", "(x?){99}(x){99}", "(?:a|aa)+(b)", "((a))", "[a", "[*]"),
    *("a[*]b[*]", "[[*]]", "a" * 201 + "[*]"),
)
_MANY: Final[dict[str, str]] = {
    "20-pools-of-10": crowd(20, 10),
    "2-pools-of-100": crowd(2, 100),
    "25-members-of-8-ports": crowd(1, 25, ports="1,2,3,4,5,6,7,8"),
    "names-20-of-10": named_crowd(20, 10, "https"),
    "names-tls": named_crowd(2, 100, "tls"),
    "names-stun": named_crowd(2, 100, "stun"),
    "mtproto": crowd(2, 100, check="mtproto"),
    "10-assets": _assets("a[*aaaaaaaa]aaaaaaaa", 10),
    "untestable-finds": _assets('="[*]', 3),
}


def _masses() -> Iterator[Case]:
    for name, text in _TOO_MUCH.items():
        yield Case(name=f"much-{name}", make=_bytes(text), flags=(PRIVATE, MAIL))
    for find in _FINDS:
        yield Case(name=f"find-{find[:12]}", make=_bytes(_assets(find)))
    for name, text in _MANY.items():
        yield Case(name=f"many-{name}", make=_bytes(text), refused=False)


def cases() -> tuple[Case, ...]:
    """All of them, each under a name of its own."""
    special = (Case(name=f"special-{n}", make=_special(place)) for n, place in _SPECIAL.items())
    rubbish = (Case(name=f"rubbish-{n}", make=_bytes(d)) for n, d in _RUBBISH.items())
    return (*special, *rubbish, *_wrong(), *_named(), *_addressed(), *_replacing(), *_masses())
