"""The one exception that every codec raises for bytes that it cannot read."""


class WireError(ValueError):
    """The bytes are not what the protocol allows. The text says which part and why."""
