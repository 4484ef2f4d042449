"""How a run is to be rendered. Each format takes from it what it has a use for."""

from msgprobe.model.dataclass import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """What was asked for, and what the stream can show."""

    exit_code: int = 0
    fail_on: frozenset[str] | None = None
    """The words that alone are failures (``--fail-on``); None: the usual ones."""
    evidence: bool = False
    """With every observation, not the verdict alone."""
    verbose: int = 0
    quiet: bool = False
    saved: str | None = None
    """The file that holds the evidence of this run, as its user named it; None: nowhere."""
    kept: bool = False
    """The evidence stands somewhere already, be it without a name that can be told."""
    width: int | None = 80
    """In columns; None wraps nothing."""
    color: bool = False
    unicode: bool = True
