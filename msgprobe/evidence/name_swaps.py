"""D7: a service's name at a neutral server. Does the fault follow it there?

Plans ask while attempts are still under way, rules when all has ended; both ask here.
"""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What came of one name at one neutral server.

    ``answered``: it answered some attempt. ``dies``: an attempt died, or has hung for longer than
    any honest answer takes. ``others``: whether it answers other names that it does not own; None
    as long as that is not known.
    """

    answered: bool
    dies: bool
    others: bool | None


def follows(places: Sequence[Shown]) -> bool | None:
    """Whether the fault follows one name to the neutral servers that it was shown to.

    False where some server answers to it, or none answers foreign names at all: nothing can be
    learned there. True where it dies at each of the others, None while that is not known.
    """
    if any(p.answered for p in places):
        return False
    telling = [p for p in places if p.others is not False]
    if not telling:
        return False
    return True if all(p.dies and p.others for p in telling) else None
