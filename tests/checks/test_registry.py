"""The plug-in door: what is built in, what may come in, and what is refused in plain words."""

import re
from importlib.metadata import EntryPoint

import pytest

from msgprobe.checks.base import Check
from msgprobe.checks.registry import BUILTIN, GROUP, PluginError, installed, registry
from msgprobe.model.task import Task
from msgprobe.steps.context import StepContext

NAMES = (
    "local",
    "resolve",
    "connect",
    "tls",
    "https",
    "page",
    "mtproto",
    "noise",
    "stun",
    "ping",
    "transfer",
)


class Extra:
    name = "extra"
    version = "1"
    title = "A plug-in"

    def max_bytes(self, task: Task) -> int:
        return 0

    async def run(self, ctx: StepContext, task: Task) -> None:
        return None


class Clash(Extra):
    name = "tls"


class Nameless(Extra):
    name = None  # type: ignore[assignment]


def broken() -> Check:
    raise RuntimeError("no libfoo")


def point(attribute: str) -> EntryPoint:
    return EntryPoint(name=attribute.lower(), value=f"{__name__}:{attribute}", group=GROUP)


def test_the_built_in_checks() -> None:
    assert tuple(check.name for check in BUILTIN) == NAMES
    assert tuple(registry()) == NAMES
    for check in BUILTIN:
        assert re.fullmatch(r"[a-z]+", check.name) and check.version and check.title


def test_a_plug_in_is_found_and_registered() -> None:
    (extra,) = installed([point("Extra")])
    assert registry([extra])["extra"] is extra


def test_a_second_check_of_the_same_name_is_refused() -> None:
    with pytest.raises(PluginError, match=r"'tls'.*Clash.*TlsCheck"):
        registry([Clash()])


@pytest.mark.parametrize(
    ("attribute", "why"),
    [
        ("broken", "RuntimeError: no libfoo"),
        ("missing", "AttributeError"),
        ("Nameless", "'name' is not text"),
        ("NAMES", "TypeError"),
        ("object", "'name' is not text"),
    ],
)
def test_a_broken_plug_in_is_named(attribute: str, why: str) -> None:
    with pytest.raises(PluginError) as caught:
        installed([point(attribute)])
    message = str(caught.value)
    assert f"plug-in {attribute.lower()}" in message and why in message
    assert "ninstall" in message


object = object  # something callable that gives no check
