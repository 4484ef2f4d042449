"""The net under moves: what was recorded before a change must come out the same after it."""
