"""Flags and settings become a `Request`, every fault named with the flag or setting it is in."""

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from msgprobe.catalog.country import COUNTRIES
from msgprobe.catalog.permission import Allowed
from msgprobe.cli import notify, secret_url, settings
from msgprobe.cli import proxy as proxies
from msgprobe.cli.option import Flags
from msgprobe.cli.streams import say
from msgprobe.model.dataclass import dataclass
from msgprobe.model.liberty import Liberty
from msgprobe.model.run import NOWHERE, Request, Vantage
from msgprobe.model.target import Function
from msgprobe.report.language import _
from msgprobe.steps.door import Proxy
from msgprobe.steps.notify import Notifier

T = TypeVar("T")

MOST_SECONDS = 3600.0
MOST_BYTES = 10**9
DEEP_LOOK = 120.0
"""Seconds for each of the two rounds of ``--throttle``."""
DEEP_BYTES = 30_000_000
ALL_TIME = 120.0
"""Seconds for a run over every service, unless something else is asked for."""
ALL_BYTES = 20_000_000
_UNITS = {"": 1, "k": 1000, "m": 1000**2, "g": 1000**3}
_UNITS |= {"ki": 1024, "mi": 1024**2, "gi": 1024**3}
_TIMES = {"": 1.0, "s": 1.0, "m": 60.0, "min": 60.0}


class UsageError(ValueError):
    """Arguments that make no sense, said with the argument and what would be right."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What is to be measured and what the exit status depends on."""

    request: Request
    targets: tuple[Path, ...]
    allowed: Allowed
    """What those files may do; never a setting, for it is a matter of each file."""
    fail_on: frozenset[str] | None
    proxy: Proxy | None = None
    compare: tuple[str, ...] = ()
    """Files with reports made elsewhere."""
    vantage: Vantage = NOWHERE
    guesses: bool = True
    """The country may be guessed, for none was given and the guess was not switched off."""


def byte_count(text: str) -> int:
    """``500k``, ``2M``, ``1.5 MB``, ``1MiB`` in bytes. Raises ValueError."""
    found = re.fullmatch(r"(\d{1,12}(?:\.\d{1,6})?) ?([kmg]i?)?b?", text.strip().lower())
    if found is None:
        raise ValueError(f"{text!r:.40} is no number of bytes; write it like 500k or 2M")
    count = int(float(found[1]) * _UNITS[found[2] or ""])
    if not 1000 <= count <= MOST_BYTES:
        raise ValueError(f"{text!r:.40} is out of range; from 1k to 1G")
    return count


def duration(text: str) -> float:
    """``30``, ``30s`` or ``2min`` in seconds. Raises ValueError."""
    found = re.fullmatch(r"(\d{1,6}(?:\.\d{1,6})?) ?(s|m|min)?", text.strip().lower())
    if found is None:
        raise ValueError(f"{text!r:.40} is no time; write it like 30, 30s or 2min")
    value = float(found[1]) * _TIMES[found[2] or ""]
    if not 0.1 <= value <= MOST_SECONDS:
        raise ValueError(f"{text!r:.40} is out of range; from 0.1 s to one hour")
    return value


def functions(words: Sequence[str]) -> tuple[Function, ...]:
    """Functions by name, each once. Raises ValueError naming the one that is unknown."""
    known = {f.value: f for f in Function}
    parts = [part.strip().lower() for word in words for part in word.split(",") if part.strip()]
    for part in parts:
        if part not in known:
            raise ValueError(f"{part!r:.40} is no function; known are: {', '.join(known)}")
    return tuple(known[part] for part in dict.fromkeys(parts))


NO_COUNTRY = "none"
"""Instead of a country: none is assumed, and none is guessed."""


def country_code(text: str) -> str:
    """An ISO 3166 code of two letters, in capitals, or ``none``. Raises ValueError."""
    if text.strip().lower() == NO_COUNTRY:
        return NO_COUNTRY
    if text.upper() not in COUNTRIES:
        raise ValueError(f"{text!r:.40} is no country of ISO 3166-1; write it like KZ, or none")
    return text.upper()


def as_number(text: object) -> int:
    """``AS9198`` or ``9198`` (RFC 6793: 32 bits, 0 is nobody's). Raises ValueError."""
    found = re.fullmatch(r"(?:AS)?(\d{1,10})", str(text).strip().upper(), re.ASCII)
    if found is None or not 0 < int(found[1]) < 1 << 32:
        raise ValueError(f"{str(text)!r:.40} is no number of a network; write it like AS9198")
    return int(found[1])


MOST_OF_A_LABEL = 64


def label(text: str) -> str:
    """A name of the user's own for where this is. Raises ValueError."""
    name = text.strip()
    if not name or not name.isprintable() or len(name) > MOST_OF_A_LABEL:
        raise ValueError(
            f"{text!r:.40} is no label; take 1 to {MOST_OF_A_LABEL} characters that can be seen"
        )
    return name


def family(four: bool, six: bool) -> int | None:
    """The one IP version that ``-4`` or ``-6`` asks for. Raises UsageError for both at once."""
    if four and six:
        raise UsageError("-4 and -6 exclude each other; leave out both to use both")
    return 4 if four else 6 if six else None


def names(flags: Flags) -> Sequence[str] | None:
    """The services named; None for all of them. Raises UsageError."""
    if flags.everything and flags.services:
        raise UsageError("--all: measures every service, so name none beside it")
    return None if flags.everything else flags.services or ()


def wish(flags: Flags) -> Wish:
    """Flags over environment over file. Raises UsageError or SettingsError."""
    from msgprobe.report.exit_status import fail_on_words

    asked = family(flags.ipv4, flags.ipv6)
    given = settings.read()
    only = _pick(given, "only", "--only", flags.only or None, functions)
    version = _pick(given, "family", "-4/-6", asked, int)
    targets = _pick(given, "targets", "--targets", flags.targets or None, tuple)
    quick, throttle = _depth(given, flags)
    wait = _wait(given, flags, throttle)
    proxy = _proxy(given, flags)
    country = _pick(given, "country", "--country", flags.country, country_code)
    plain = Request()
    if flags.everything:
        plain = replace(plain, max_time=ALL_TIME, max_bytes=ALL_BYTES)
    if throttle:
        plain = replace(plain, max_time=2 * DEEP_LOOK + wait, max_bytes=DEEP_BYTES)
    request = Request(
        functions=only or (),
        families=plain.families if version is None else (version,),
        country=None if country == NO_COUNTRY else country,
        quick=quick,
        throttle=throttle,
        throttle_wait=wait,
        max_time=_pick(given, "max_time", "--max-time", flags.max_time, duration) or plain.max_time,
        max_bytes=_pick(given, "max_bytes", "--max-bytes", flags.max_bytes, byte_count)
        or plain.max_bytes,
        seed=_seed() if flags.seed is None else flags.seed,
        via=None if proxy is None else proxy.scheme,
    )
    return Wish(
        request=request,
        targets=tuple(Path(t) for t in targets or ()),
        allowed=_allowed(flags),
        fail_on=_pick(given, "fail_on", "--fail-on", flags.fail_on, fail_on_words),
        proxy=proxy,
        compare=tuple(flags.compare or ()),
        vantage=Vantage(
            asn=_pick(given, "asn", "--asn", flags.asn, as_number),
            label=_pick(given, "label", "--label", flags.label, label),
        ),
        guesses=country is None,
    )


def _allowed(flags: Flags) -> Allowed:
    """What the user lets target files do."""
    given = {
        Liberty.PRIVATE_ADDRESSES: flags.allow_private_addresses,
        Liberty.MAIL_PORTS: flags.allow_mail_ports,
    }
    liberties = frozenset(liberty for liberty, wanted in given.items() if wanted)
    return Allowed(override=flags.allow_override, liberties=liberties)


def _proxy(given: dict[str, settings.Setting], flags: Flags) -> Proxy | None:
    """The user's proxy; credentials may stand anywhere but in the flags. Raises UsageError."""
    places = flags.via, flags.via_file
    return _secret(given, "via", places, proxies.from_command_line, proxies.proxy)


def notifier(flags: Flags) -> Notifier | None:
    """The service by which changes are told, if one is wanted. Raises UsageError."""
    places = flags.notify, flags.notify_file
    return _secret(settings.read(), "notify", places, notify.from_command_line, notify.notifier)


def _secret(
    given: dict[str, settings.Setting],
    key: str,
    places: tuple[str | None, str | None],
    from_command_line: Callable[[str], T],
    made: Callable[[str], T],
) -> T | None:
    """What is ``made`` of a URL that nobody else should read: on the command line or in a file
    (``places``), or in the environment or the settings. Raises UsageError."""
    flag, (typed, file) = f"--{key}", places
    if typed is not None and file is not None:
        raise UsageError(f"{flag} and {flag}-file exclude each other")
    if typed is not None:
        return _pick(given, key, flag, typed, from_command_line)
    if file is None:
        return _pick(given, key, flag, None, made)
    found = _pick(given, key, f"{flag}-file", file, lambda name: made(secret_url.in_file(name)))
    if secret_url.readable_by_others(file):
        told = _("{flag}: others on this machine can read that file: chmod 600 it")
        say("msgprobe: " + told.format(flag=f"{flag}-file"))
    return found


def _depth(given: dict[str, settings.Setting], flags: Flags) -> tuple[bool, bool]:
    """Quick or deep, or neither. A flag outweighs the opposite setting. Raises UsageError."""
    quick = bool(_pick(given, "quick", "--quick", flags.quick, bool))
    throttle = bool(_pick(given, "throttle", "--throttle", flags.throttle, bool))
    if quick and throttle:
        if flags.quick == flags.throttle:
            raise UsageError(
                "--quick and --throttle exclude each other: one leaves out the search for "
                "throttling, the other deepens it"
            )
        return bool(flags.quick), bool(flags.throttle)
    return quick, throttle


def _wait(given: dict[str, settings.Setting], flags: Flags, throttle: bool) -> float:
    """Seconds until a deep look is repeated. Raises UsageError for a wait for nothing."""
    if flags.wait is not None and not throttle:
        raise UsageError(
            "--wait: is the time until --throttle repeats its transfers; add --throttle"
        )
    wait = _pick(given, "wait", "--wait", flags.wait, duration)
    return Request().throttle_wait if wait is None else wait


def _seed() -> int:
    from secrets import randbits

    return randbits(32)


def _pick(
    given: dict[str, settings.Setting],
    key: str,
    flag: str,
    value: object | None,
    convert: Callable[..., T],
) -> T | None:
    origin = flag
    if value is None:
        if key not in given:
            return None
        value, origin = given[key].value, given[key].origin
    try:
        return convert(value)
    except ValueError as error:
        raise UsageError(f"{origin}: {error}") from None
