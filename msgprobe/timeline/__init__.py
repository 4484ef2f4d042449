"""Remembered words become segments and events: pure, and a gap is never "fine"."""
