"""``volley``: how fast do the answers of one data centre come, asked many times at once?"""

from msgprobe.checks.base import flow_of
from msgprobe.checks.layers import connect_bound, opened
from msgprobe.checks.transfer import DEFAULT_PATIENCE
from msgprobe.model.task import Flow, Task
from msgprobe.model.traits import Traits
from msgprobe.steps.connect import WIDE, abandon
from msgprobe.steps.context import Done, StepContext
from msgprobe.wire.mtproto_transport import INIT_SIZE

_LONGEST_ANSWER = 256
"""Bytes: more than a resPQ with a score of fingerprints takes."""


class VolleyCheck:
    """TCP, then Telegram's ``req_pq_multi`` many times on one connection, against the clock.

    The small transfer that a data centre gives to anybody. Options: ``count`` (at most, and by
    default, what is polite), ``dc`` (the data centre's number), ``patience`` in seconds.
    """

    name = "volley"
    version = "1"
    title = "Many small answers of one Telegram data centre, against the clock"
    traits = Traits(moves=True)

    def max_bytes(self, task: Task) -> int:
        """So many questions, and so many answers."""
        from msgprobe.steps.mtproto_volley import QUESTION_SIZE

        flow = flow_of(task)
        count = _count(flow)
        sent = INIT_SIZE + (count + 1) * QUESTION_SIZE
        return connect_bound(flow, sent=sent, received=count * _LONGEST_ANSWER)

    async def run(self, ctx: StepContext, task: Task) -> None:
        """Record TCP and transfer observations. Raises ValueError for an unusable option."""
        # h11 takes its time to import: only who moves something waits for it.
        from msgprobe.steps.mtproto_volley import volley
        from msgprobe.steps.transfer import Meter

        flow = flow_of(task)
        count, dc = _count(flow), _whole(flow, "dc", 2)
        patience = float(flow.option("patience") or DEFAULT_PATIENCE)
        async with opened(ctx, flow, window=WIDE) as stream:
            if stream is None:
                return
            meter = Meter(ctx, stream)
            match await volley(ctx, meter, dc=dc, count=count, patience=patience):
                case Done(value=seen) if seen.answers == count:
                    pass
                case _:
                    abandon(ctx, stream)


def _count(flow: Flow) -> int:
    from msgprobe.steps.mtproto_volley import MOST

    count = _whole(flow, "count", MOST)
    if not 1 <= count <= MOST:
        raise ValueError(f"option count = {count}: give a number from 1 to {MOST}")
    return count


def _whole(flow: Flow, option: str, usual: int) -> int:
    text = flow.option(option)
    try:
        return usual if text is None else int(text)
    except ValueError as exc:
        raise ValueError(f"option {option} = {text!r}: give a whole number") from exc
