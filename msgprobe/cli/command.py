"""The shared options reach a command as ready values, not one by one."""

from collections.abc import Callable
from functools import wraps
from inspect import Signature, signature
from typing import Any, TypeVar

from msgprobe.cli.formats import FORMATS
from msgprobe.cli.option import Flags, options

T = TypeVar("T")

READY = ("flags", "wish", "delivery")
"""The parameters of a command that are made for it from the shared options."""


def shared(command: Callable[..., T]) -> Callable[..., T]:
    """``command`` for typer: its own parameters and, for the `READY` ones, its shared options.

    Calling it raises UsageError or SettingsError.
    """
    parameters = signature(command).parameters
    wanted = [name for name in parameters if name in READY]
    own = [p for name, p in parameters.items() if name not in READY]
    taken = list(options(command.__name__))

    @wraps(command)
    def called(**values: Any) -> T:
        mine = {p.name: values.pop(p.name) for p in own}
        return command(**mine, **_ready(wanted, values))

    # typer reads the one, and resolves names in the other
    called.__signature__ = Signature([*own, *taken])  # type: ignore[attr-defined]
    called.__annotations__ = {p.name: p.annotation for p in (*own, *taken)}
    return called


def _ready(wanted: list[str], values: dict[str, Any]) -> dict[str, Any]:
    asked = {f.name: values.pop(f.name, None) for f in FORMATS}
    flags = Flags(formats={name: value for name, value in asked.items() if value}, **values)
    found: dict[str, Any] = {"flags": flags}
    if "wish" in wanted or "delivery" in wanted:
        from msgprobe.cli.request import wish

        found["wish"] = wish(flags)
    if "delivery" in wanted:
        from msgprobe.cli.show import delivery

        found["delivery"] = delivery(flags, found["wish"].fail_on)
    return {name: found[name] for name in wanted}
