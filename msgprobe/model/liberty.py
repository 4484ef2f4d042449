"""What a target file may do only where its user allows it, and what was allowed in a run."""

from dataclasses import replace
from enum import StrEnum

from msgprobe.model.dataclass import dataclass


class Liberty(StrEnum):
    """What a file says under ``allow``, and a user with the flag of that name."""

    PRIVATE_ADDRESSES = "private_addresses"
    """To name addresses that are not of the Internet: of this device, its networks, a provider's
    inside. What answers there may be anybody's."""
    MAIL_PORTS = "mail_ports"
    """To speak to ports at which mail is handed over, so that this device could send some."""

    @property
    def flag(self) -> str:
        """As it stands on the command line."""
        return {
            Liberty.PRIVATE_ADDRESSES: "--allow-local",
            Liberty.MAIL_PORTS: "--allow-mail-ports",
        }[self]


OVERRIDE_FLAG = "--allow-override"


@dataclass(frozen=True, slots=True, kw_only=True)
class Override:
    """Something of msgprobe's own, or of an earlier file, that a target file replaced.

    ``kind`` is ``service``, a kind of control (``site``, ``resolver``, ...), ``controls`` (one of
    the lists of that table) or ``title`` (a service of another name that is called like ``name``).
    """

    kind: str
    name: str
    file: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """A liberty that a target file took, for its service or its controls."""

    liberty: Liberty
    owner: str
    file: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowances:
    """All that the target files of a run did with their user's leave."""

    overrides: tuple[Override, ...] = ()
    taken: tuple[Taken, ...] = ()

    def without_folders(self) -> "Allowances":
        """The same with the files' names alone: a folder may be called like its owner."""
        return Allowances(
            overrides=tuple(replace(o, file=_base(o.file)) for o in self.overrides),
            taken=tuple(replace(t, file=_base(t.file)) for t in self.taken),
        )


def _base(file: str) -> str:
    return file.replace("\\", "/").rpartition("/")[2]


NO_ALLOWANCES = Allowances()
"""No target file did what has to be allowed."""
