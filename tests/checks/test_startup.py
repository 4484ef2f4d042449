"""Heavy libraries come late: only a conversation that speaks their protocol waits for them."""

import sys

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from msgprobe.steps.prepare import prepare
from msgprobe.wire.curve25519 import public_key
from msgprobe.wire.noise import PROLOGUE
from tests.interpreter import python
from tests.lab.world.noise import chain, montgomery, server_hello
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
    assert wanted <= set(sys.modules)


_PROVED = """
import sys
from msgprobe.steps.prepare import prepare
from msgprobe.wire.mtproto_transport import Framing, Transport
from msgprobe.wire.noise import open_hello, parse_server_hello
from msgprobe.wire.noise_chain import parse_chain
from tests.steps.loopback import world

def loaded():
    print("cryptography" in sys.modules)

prepare(world())
private, frame, root = map(bytes.fromhex, sys.argv[1:])
opened = open_hello(private, parse_server_hello(frame[3:]))
assert parse_chain(opened.chain).flaw(static=opened.static, root=root) is None
assert Transport.obfuscated(Framing.ABRIDGED, 2, lambda n: bytes(range(1, n + 1))).pack(bytes(8))
loaded()
prepare(world(), library=True)
loaded()
"""


def test_whatsapps_and_telegrams_proofs_load_no_library_of_ciphers() -> None:
    """It takes ten megabytes: only who names a service that needs it has it loaded."""
    private, root, static = bytes(32), Ed25519PrivateKey.generate(), X25519PrivateKey.generate()
    certified = chain(root, static.public_key().public_bytes_raw(), 1_790_000_000)
    frame = server_hello(PROLOGUE, public_key(private), static, certified)
    code = _PROVED.replace(
        "sys.argv[1:]", repr([private.hex(), frame.hex(), montgomery(root).hex()])
    )
    assert python(code, check=True).stdout.split() == ["False", "True"]
