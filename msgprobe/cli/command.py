"""The shared options reach a command as ready values, not one by one."""

from collections.abc import Callable, Sequence
from functools import wraps
from inspect import Parameter, Signature, signature
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

    return _taking(called, [*own, *taken])


def given(name: str, make: Callable[..., Any]) -> Callable[[Callable[..., T]], Callable[..., T]]:
    """A command whose parameter ``name`` is made for it by ``make``, whose own parameters the
    command takes in its place.

    Calling it raises what ``make`` raises.
    """
    made = [p.replace(kind=Parameter.KEYWORD_ONLY) for p in signature(make).parameters.values()]

    def decorated(command: Callable[..., T]) -> Callable[..., T]:
        taken: list[Parameter] = []
        for p in signature(command).parameters.values():
            taken += made if p.name == name else [p]

        @wraps(command)
        def called(**values: Any) -> T:
            asked = {p.name: values.pop(p.name) for p in made}
            return command(**{name: make(**asked)}, **values)

        return _taking(called, taken)

    return decorated


def _taking(called: Callable[..., T], taken: Sequence[Parameter]) -> Callable[..., T]:
    # typer reads the one, and resolves names in the other
    called.__signature__ = Signature(taken)  # type: ignore[attr-defined]
    called.__annotations__ = {p.name: p.annotation for p in taken}
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
