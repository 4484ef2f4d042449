"""D7: a service's name at a neutral server. Does the fault follow it there?

Plans ask while attempts are still under way, rules when all has ended; both ask here.
"""

from collections.abc import Iterable, Sequence

from msgprobe.evidence.facts import TRIES
from msgprobe.model.dataclass import dataclass

BROKEN_OFF = 2
"""Attempts that must be broken off; of those that get no answer it takes `TRIES`."""


def enough(silences: Iterable[bool]) -> bool:
    """Whether attempts that all died are as many as a claim needs. Each is True where it met
    silence: that may be a lost packet, and a lost reset looks the same. What broke one off did not
    get lost, so that silence beside it counts for what it is: one more attempt that died."""
    silent = tuple(silences)
    return len(silent) >= TRIES or silent.count(False) >= BROKEN_OFF


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What came of one name at one neutral server.

    ``answered``: it answered some attempt. ``died``: for each attempt that died, whether it met
    silence. ``hangs``: an attempt has hung for longer than any honest answer takes. ``more``: an
    attempt has not ended, or is still to come. ``others``: whether it answers other names that it
    does not own; None as long as that is not known.
    """

    answered: bool
    died: tuple[bool, ...]
    hangs: bool = False
    more: bool = False
    others: bool | None

    @property
    def dies(self) -> bool:
        """Some attempt died, or hangs."""
        return bool(self.died) or self.hangs


def follows(places: Sequence[Shown]) -> bool | None:
    """Whether the fault follows one name to the neutral servers that it was shown to.

    False where some server answers to it, or none answers foreign names at all, or too few attempts
    died and no more come: nothing can be learned there. True where it dies at each of the others,
    None while that is not known.
    """
    if any(p.answered for p in places):
        return False
    telling = [p for p in places if p.others is not False]
    over = not any(p.more for p in telling)
    if not telling or (over and not enough(s for p in telling for s in p.died)):
        return False
    return True if all(p.dies and p.others for p in telling) else None
