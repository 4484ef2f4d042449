"""``threema``: does one address answer Threema's first words with a key of Threema's?"""

from msgprobe.checks.keys import KeyedCheck
from msgprobe.model.traits import Traits
from msgprobe.steps.context import StepContext
from msgprobe.steps.door import Stream
from msgprobe.steps.threema import first_words
from msgprobe.wire.threema import CLIENT_HELLO_SIZE, KEY_SIZE


class ThreemaCheck(KeyedCheck):
    """TCP, then a 48-byte hello and the server's 80-byte answer. Stops before the login.

    Option ``server_keys``: the servers' permanent public keys in hexadecimal, with commas.
    """

    name = "threema"
    title = "First words of Threema's own protocol, with the server's seal"
    traits = Traits(asks_proof=True, names_host=False, proxyable=True, usual_bytes=1_000)
    size, asked = KEY_SIZE, CLIENT_HELLO_SIZE

    async def speak(self, ctx: StepContext, stream: Stream, keys: tuple[bytes, ...]) -> None:
        """48 bytes out, an honest answer of 80 back."""
        await first_words(ctx, stream, keys=keys)
