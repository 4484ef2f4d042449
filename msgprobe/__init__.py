"""msgprobe tells whether a messenger is blocked, throttled, down or fine from where you are."""

__version__ = "0.1.0"
