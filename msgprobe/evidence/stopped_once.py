"""Downloads that stopped for good, and were not looked into any further: nobody knows who stopped
them, and fine it is not."""

from collections.abc import Iterator

from msgprobe.evidence.conversation import Conversation
from msgprobe.evidence.cut_places import surely_ended
from msgprobe.evidence.paired_transfers import PairedTransfers
from msgprobe.evidence.transfer_samples import Ending, Sample
from msgprobe.model.observation import HttpObservation
from msgprobe.model.target import Direction
from msgprobe.model.task import Arm

SOON = 2.0
"""Seconds after a transfer stopped within which a line that is there answers somebody else."""


def stopped_once(paired: PairedTransfers) -> tuple[Sample, ...]:
    """Own downloads that fell silent for good amid their content, or whose page did that names the
    object, if others were still answered after that, and none of its own came to its end since."""
    if paired.asset.pool is not None or paired.asset.direction is Direction.UP:
        return ()
    stopped = [
        (s, at) for s, at in (*_transfers(paired), *_pages(paired)) if _others_go_on(paired, s, at)
    ]
    since = min((s.start for s, _ in stopped), default=0.0)
    if any(s.finished and s.start > since for s in paired.own):
        return ()
    return tuple(s for s, _ in stopped)


def _transfers(paired: PairedTransfers) -> Iterator[tuple[Sample, float]]:
    """Those, and since when nothing came."""
    for sample in paired.own:
        if sample.ending is Ending.SILENCE and surely_ended(paired.facts, sample):
            yield sample, paired.facts.window(sample.conversation).end - sample.pause


def _pages(paired: PairedTransfers) -> Iterator[tuple[Sample, float]]:
    """Those of which nothing came any more for most of their time, and since when."""
    for conversation in paired.facts.arm(Arm.TRANSFER_PAGE, subject=paired.service.name):
        sample, page = Sample(conversation=conversation), conversation.http
        mine = conversation.flow.option("asset") == paired.asset.name
        if mine and page is not None and sample.page_ending is Ending.SILENCE:
            since = _silent_since(paired, conversation, page)
            if since is not None:
                yield sample, since


def _silent_since(
    paired: PairedTransfers, conversation: Conversation, page: HttpObservation
) -> float | None:
    """When the page's last byte came, if within a quarter of its time. Where the platform does not
    tell, it did if the line has brought others as much in that."""
    quarter = page.window.seconds / 4
    if page.info is not None and page.info.last_received:
        silent = page.info.last_received
        return page.window.end - silent if silent >= 3 * quarter else None
    return page.window.start + quarter if _brings_as_much(paired, conversation, quarter) else None


def _brings_as_much(paired: PairedTransfers, page: Conversation, within: float) -> bool:
    """Some conversation of somebody else's received as many bytes in so many seconds."""
    least = _received(paired, page)
    return any(
        paired.facts.window(t).seconds <= within and _received(paired, t) >= least
        for t in paired.facts.conversations
        if t.task.subject != paired.service.name and _answered(t)
    )


def _received(paired: PairedTransfers, conversation: Conversation) -> int:
    measurement = paired.facts.measurement(conversation.task.id)
    return 0 if measurement is None else measurement.bytes_received


def _others_go_on(paired: PairedTransfers, sample: Sample, since: float) -> bool:
    """Somebody else was answered just after that: it was not the line that went away."""
    until = min(since + SOON, paired.facts.window(sample.conversation).end)
    return any(
        _answered(t) and since < paired.facts.window(t).end < until
        for t in paired.facts.conversations
        if t.task.subject != paired.service.name
    )


def _answered(conversation: Conversation) -> bool:
    moved = Sample(conversation=conversation).finished
    return moved if conversation.transfer is not None else conversation.genuine
