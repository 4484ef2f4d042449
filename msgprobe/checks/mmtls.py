"""``mmtls``: does one address answer WeChat's first words, signed with a key of WeChat's?"""

from msgprobe.checks.keys import KeyedCheck
from msgprobe.model.traits import Traits
from msgprobe.steps.context import StepContext
from msgprobe.steps.door import Stream
from msgprobe.steps.mmtls import first_words
from msgprobe.wire.mmtls import POINT_SIZE


class MmtlsCheck(KeyedCheck):
    """TCP, then a hello and the server's signed answer. Stops before anything about an account.

    Option ``server_keys``: the service's static P-256 keys as uncompressed points (04, X and Y) in
    hexadecimal, with commas.
    """

    name = "mmtls"
    title = "First words of WeChat's own protocol, with the server's signature"
    traits = Traits(asks_proof=True, names_host=False, proxyable=True, usual_bytes=2_500)
    wants_library = True
    size = POINT_SIZE
    asked = 512
    """More than the hello with its two keys takes (226 bytes)."""

    async def speak(self, ctx: StepContext, stream: Stream, keys: tuple[bytes, ...]) -> None:
        """A hello out, the server's and its signature back."""
        await first_words(ctx, stream, keys=keys)
