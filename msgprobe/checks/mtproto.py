"""``mtproto``: does one address speak Telegram's protocol, and to us?"""

from msgprobe.checks.base import flow_of
from msgprobe.checks.layers import connect_bound, opened
from msgprobe.model.task import Flow, Task
from msgprobe.steps.context import StepContext
from msgprobe.steps.mtproto import first_words
from msgprobe.wire.mtproto import KNOWN_FINGERPRINTS, MAX_FRAME


class MtprotoCheck:
    """TCP, then one ``req_pq_multi`` in the plain intermediate transport.

    Option ``fingerprints``: hexadecimal, separated by commas, taken for Telegram's instead of the
    built-in ones (a lab has keys of its own).
    """

    name = "mtproto"
    version = "1"
    title = "First words of Telegram's own protocol"

    def max_bytes(self, task: Task) -> int:
        """48 bytes out, one frame back."""
        return connect_bound(flow_of(task), sent=48, received=MAX_FRAME)

    async def run(self, ctx: StepContext, task: Task) -> None:
        """Record TCP and protocol observations. Raises ValueError for an unreadable option."""
        flow = flow_of(task)
        known = _fingerprints(flow)
        async with opened(ctx, flow) as stream:
            if stream is not None:
                await first_words(ctx, stream, fingerprints=known)


def _fingerprints(flow: Flow) -> frozenset[int]:
    text = flow.option("fingerprints")
    if text is None:
        return KNOWN_FINGERPRINTS
    try:
        return frozenset(int(word, 16) for word in text.split(","))
    except ValueError as exc:
        raise ValueError(
            f"option fingerprints = {text!r}: give hexadecimal numbers separated by commas"
        ) from exc
