"""What a line loses, and the way to one service alone, by what had to be sent again."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence

from msgprobe.evidence.conversation import Conversation
from msgprobe.evidence.losses import upwards
from msgprobe.evidence.statistics import fisher_greater
from msgprobe.model.task import Role

LOSSIER_P = 1e-3
"""Fisher's p below which the way to one service loses more than those to all others."""


def standing(conversations: Iterable[Conversation]) -> tuple[int, int]:
    """Segments with data lost, and sent, on connections that stood, in what ended well: whether
    what merely acknowledged was lost, nobody knows."""
    lost = sent = 0
    for t in conversations:
        last = t.http or t.protocol or t.tls
        if t.failure is None and t.tcp is not None and last is not None and last.info is not None:
            again, every = upwards(last.info)
            lost += max(0, again - t.sent_again)
            sent += every - t.sent_again
    return lost, sent


def repeated_segments(conversations: Iterable[Conversation]) -> tuple[int, int]:
    """Segments lost, and sent, in conversations, whoever's, that ended well: what a censor drops is
    not among them, nor what a full queue only delayed."""
    infos = [
        last.info
        for t in conversations
        if t.failure is None
        for last in [t.http or t.protocol or t.tls or t.tcp]
        if last is not None and last.info is not None
    ]
    lost = sum(max(0, i.total_retrans - i.needless) for i in infos)
    return lost, sum(i.segs_out for i in infos)


def repeated_by_the_line(conversations: Sequence[Conversation]) -> tuple[int, int]:
    """The same without the `lossiest` service."""
    lossy = lossiest(conversations, repeated_segments)
    return repeated_segments(t for t in conversations if not lossy or subject_of(t) != lossy)


def lossiest(
    conversations: Iterable[Conversation],
    count: Callable[[Iterable[Conversation]], tuple[int, int]],
) -> str | None:
    """The service on the way to which more is lost than on all others by more than chance: that the
    line did not lose. ``count`` gives what was lost, and sent. None: there is no such service."""
    by_subject: dict[str, list[Conversation]] = defaultdict(list)
    for t in conversations:
        by_subject[subject_of(t)].append(t)
    counted = {subject: count(of) for subject, of in by_subject.items()}
    shares = {of: lost / sent for of, (lost, sent) in counted.items() if of and lost and sent}
    worst = max(shares, key=shares.__getitem__, default=None)
    if worst is None:
        return None
    rest = [found for subject, found in counted.items() if subject != worst]
    others = sum(lost for lost, _ in rest), sum(sent for _, sent in rest)
    return worst if fisher_greater(*counted[worst], *others) < LOSSIER_P else None


def subject_of(conversation: Conversation) -> str:
    """The service that it is about; nothing where it is about none."""
    task = conversation.task
    return task.subject if task.role is Role.TARGET else ""


def repeated_share(conversations: Iterable[Conversation], *, without_first: bool) -> float:
    """The share of segments that had to be sent again (0 to 1), ``without_first`` those that opened
    the connections; 0 where too few tell."""
    lost = sent = 0
    for t in conversations:
        last = t.http or t.tls or t.tcp
        if last is not None and last.info is not None:
            sent += last.info.segs_out
            lost += last.info.total_retrans - (t.sent_again if without_first else 0)
    return lost / sent if sent >= 20 else 0.0
