"""What goes wrong with a store or an engine."""


class FleetError(Exception):
    """A store or an engine cannot be used as asked; the text names it and the remedy, and never a
    password."""
