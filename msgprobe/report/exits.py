"""The exit statuses. Imports next to nothing: every start needs them."""

from enum import IntEnum


class Exit(IntEnum):
    """The exit statuses of ``msgprobe``: sysexits.h for 70 and 74, 128 + signal for the rest."""

    OK = 0
    """All that was tested works."""
    INTERFERENCE = 1
    """Something is ``blocked`` or ``throttled``; or an outcome that ``--fail-on`` names was met."""
    USAGE = 2
    """Wrong arguments, settings, target files or saved run."""
    UNPROVEN = 3
    """Something is ``inconclusive``, ``degraded`` or ``down``, were it one function of a service,
    or a service is ``not_tested``; or what ``--fail-on`` names could not be measured."""
    CONNECTION = 4
    """The connection itself is neither ``online`` nor ``bad_link``."""
    CRASH = 70
    OUTPUT = 74
    SIGHUP = 129
    SIGINT = 130
    SIGTERM = 143
