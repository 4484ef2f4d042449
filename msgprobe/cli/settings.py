"""What the environment and the settings file say where no flag does.

Flags over ``MSGPROBE_*`` over ``config.toml`` in the platform's configuration folder. How to
identify oneself less (``--no-redact``) and where output goes are never settings, only flags.
"""

import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from msgprobe.model.dataclass import dataclass


class SettingsError(ValueError):
    """A setting cannot be used; the text names file and key, or variable, and the remedy."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """A value and where it is from, as it is to be named when the value is wrong."""

    value: Any
    origin: str


def _text(value: object) -> str:
    if isinstance(value, str):
        return value
    raise ValueError("should be text")


def _hidden(value: object) -> str:
    """Text that no message repeats."""
    return _text(value)


def _flag(value: object) -> bool:
    if isinstance(value, bool):
        return value
    words = {"1": True, "true": True, "yes": True, "on": True}
    words |= {"0": False, "false": False, "no": False, "off": False, "": False}
    if isinstance(value, str) and value.lower() in words:
        return words[value.lower()]
    raise ValueError("should be true or false")


def _family(value: object) -> int:
    if str(value) in ("4", "6") and not isinstance(value, bool):
        return int(str(value))
    raise ValueError("should be 4 or 6")


def _number(value: object) -> str:
    if isinstance(value, str | int | float) and not isinstance(value, bool):
        return str(value)
    raise ValueError("should be a number, with or without a unit")


def _list(value: object) -> tuple[str, ...]:
    if isinstance(value, str):
        return tuple(part.strip() for part in value.split(",") if part.strip())
    if isinstance(value, list) and all(isinstance(v, str) for v in value):
        return tuple(value)
    raise ValueError("should be a list of texts")


def _paths(value: object) -> tuple[str, ...]:
    if isinstance(value, str):
        return tuple(part for part in value.split(os.pathsep) if part)
    return _list(value)


def _place(value: object) -> str | None:
    """A path; nothing where it is the default one, None where none is wanted."""
    try:
        return "" if _flag(value) else None
    except ValueError:
        pass
    if isinstance(value, str):
        return value
    raise ValueError("should be a path, or true or false")


KEYS: Mapping[str, Callable[[object], Any]] = {
    "asn": _number,
    "country": _text,
    "fail_on": lambda value: ",".join(_list(value)),
    "family": _family,
    "history": _place,
    "history_keep": _text,
    "label": _text,
    "max_bytes": _number,
    "max_time": _number,
    "notify": _hidden,
    "only": _list,
    "quick": _flag,
    "targets": _paths,
    "throttle": _flag,
    "via": _hidden,
    "wait": _number,
}


def folder(environ: Mapping[str, str], platform: str = sys.platform) -> Path | None:
    """The platform's folder for settings, None where there is no home."""
    home = environ.get("HOME") or environ.get("USERPROFILE")
    if platform == "win32":
        base = environ.get("APPDATA")
        return Path(base, "msgprobe") if base else None
    if platform == "darwin":
        return Path(home, "Library", "Application Support", "msgprobe") if home else None
    # XDG Base Directory Specification: a relative path is invalid and to be ignored
    given = environ.get("XDG_CONFIG_HOME", "")
    if given.startswith("/"):
        return Path(given, "msgprobe")
    return Path(home, ".config", "msgprobe") if home else None


def read(
    environ: Mapping[str, str] = os.environ, platform: str = sys.platform
) -> dict[str, Setting]:
    """Every setting that is given, the environment's over the file's. Raises SettingsError."""
    base = folder(environ, platform)
    found = {} if base is None else _file(base / "config.toml")
    for key, convert in KEYS.items():
        variable = f"MSGPROBE_{key.upper()}"
        if variable in environ and environ[variable] != "":
            found[key] = _setting(convert, environ[variable], variable)
    return found


def _file(path: Path) -> dict[str, Setting]:
    try:
        text = path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except OSError as error:
        raise SettingsError(f"{path}: {error.strerror}; mend or remove it") from None
    import tomllib

    try:
        data = tomllib.loads(text.decode())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path}: is not TOML ({error}); mend or remove it") from None
    for key in data:
        if key not in KEYS:
            raise SettingsError(f"{path}: unknown key {key!r}; known are: {', '.join(KEYS)}")
    return {k: _setting(KEYS[k], v, f"{path}: {k}") for k, v in data.items()}


def _setting(convert: Callable[[object], Any], value: object, origin: str) -> Setting:
    try:
        return Setting(value=convert(value), origin=origin)
    except ValueError as error:
        # credentials are shown nowhere, whatever they are wrapped in
        shown = "" if convert is _hidden else f", is {value!r:.60}"
        raise SettingsError(f"{origin}: {error}{shown}") from None
