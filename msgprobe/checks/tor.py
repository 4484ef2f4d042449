"""``tor``: is one address the Tor relay that it should be?"""

from msgprobe.checks.base import flow_of
from msgprobe.checks.keys import KeyedCheck
from msgprobe.checks.layers import connect_bound
from msgprobe.model.task import Task
from msgprobe.model.traits import Traits
from msgprobe.steps.context import Done, StepContext
from msgprobe.steps.door import Stream
from msgprobe.steps.protocol import READ_CAP
from msgprobe.steps.tls import HANDSHAKE_CAP, HELLO_BOUND, handshake
from msgprobe.steps.tor import first_words
from msgprobe.wire.tor import FINGERPRINT_SIZE


class TorCheck(KeyedCheck):
    """TCP, TLS without a server name, then the relay's certificates.

    The TLS certificate proves nothing by itself: it is new every few hours, and the relay's
    identity signs for it inside. Option ``fingerprint``: the SHA-1 of that identity in hexadecimal,
    several with commas.
    """

    name = "tor"
    title = "Link handshake with one Tor relay, with its identity"
    traits = Traits(asks_proof=True, names_host=False, proxyable=True, usual_bytes=7_000)
    wants_library = True
    option, size = "fingerprint", FINGERPRINT_SIZE
    asked = 64
    """More than a VERSIONS cell in its TLS record takes."""

    def max_bytes(self, task: Task) -> int:
        """A handshake, one cell out, and what conversations may read."""
        sent, received = HELLO_BOUND + self.asked, HANDSHAKE_CAP + READ_CAP
        return connect_bound(flow_of(task), sent=sent, received=received)

    async def speak(self, ctx: StepContext, stream: Stream, keys: tuple[bytes, ...]) -> None:
        """TLS, then the relay's certificates."""
        match await handshake(ctx, stream, server_name=None, trust=None, alpn=()):
            case Done(value=inside):
                await first_words(ctx, inside, fingerprints=keys)
            case _:
                return
