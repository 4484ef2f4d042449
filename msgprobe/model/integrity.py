"""Whether what was written down is still so."""

from enum import StrEnum


class Integrity(StrEnum):
    """Whether a run is as it was written down."""

    UNSEALED = "unsealed"
    """Nothing shows that it was changed, and nothing that it was not."""
    SEALED = "sealed"
    """It is in a package that is unchanged since a key signed it."""
    ALTERED = "altered"
    """It contradicts its own hash, or was made of one that does."""
