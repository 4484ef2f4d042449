"""Why a watch looks."""

from enum import StrEnum


class Reason(StrEnum):
    """Why something is looked at now."""

    PULSE = "pulse"
    FIRST = "first"
    """This network was never looked at, or not for long."""
    DAILY = "daily"
    SPEED = "speed"
    SURPRISE = "surprise"
    CONFIRM = "confirm"
    CHANGED = "changed"
    """A change was confirmed: the whole picture."""
    STILL = "still"
    """Is what was found blocked blocked still?"""
