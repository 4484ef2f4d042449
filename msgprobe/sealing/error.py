"""What is wrong with a package: one word of a short list, and where."""

from enum import StrEnum


class Fault(StrEnum):
    """The word for what is wrong."""

    NO_PACKAGE = "no package"
    TOO_LARGE = "too large"
    CUT_OFF = "cut off"
    COMPRESSED = "compressed"
    UNSAFE_NAME = "unsafe name"
    DUPLICATE = "duplicate name"
    EXTRA_BYTES = "extra bytes"
    EXTRA_FILE = "extra file"
    ORDER = "wrong order"
    MISSING = "missing file"
    CHANGED = "changed"
    SIGNATURE = "wrong signature"
    KEY = "wrong key"
    STAMP = "wrong stamp"


class PackageError(ValueError):
    """A package that is not as it was sealed, or was never one."""

    def __init__(self, fault: Fault, where: str) -> None:
        super().__init__(f"{fault.value}: {where}")
        self.fault = fault
        self.where = where


class SealError(ValueError):
    """What cannot be sealed or done to a package, and what would be right."""
