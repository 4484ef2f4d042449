"""Heavy libraries come late: only a conversation that speaks their protocol waits for them."""

import sys

from msgprobe.steps.prepare import prepare
from tests.interpreter import python
from tests.steps.loopback import world

HEAVY = (
    "httpx",
    "httpcore",
    "h11",
    "wsproto",
    "h2",
    "anyio",
    "dns",
    "cryptography",
    "certifi",
    "rich",
    "typer",
)


def test_importing_every_check_imports_no_heavy_library() -> None:
    code = (
        "import sys, msgprobe.checks.registry, msgprobe.steps.world;"
        f"print([m for m in {HEAVY!r} if m in sys.modules])"
    )
    done = python(code, check=True)
    assert done.stdout.strip() == "[]"


def test_preparing_leaves_nothing_slow_for_later() -> None:
    prepare(world())
    wanted = {"h11", "wsproto", "h2.connection", "dns.message", "certifi"}
    proofs = {f"cryptography.hazmat.primitives.{n}" for n in ("asymmetric.x25519", "ciphers.aead")}
    assert wanted | proofs <= set(sys.modules)
