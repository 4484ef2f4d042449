"""Counted in the lab's exam. Written by ``python -m tests.lab confusion``; don't edit.

Source: the services, functions and connections of which one word alone was true in 299 kept
runs of the lab's scenarios (the last of 2026-11-26), under the rules of version 12.
"""

from collections.abc import Mapping

Counts = Mapping[str, Mapping[str, int]]
"""By the word that was true and the one that was told, how often."""

OUTCOMES: Counts = {
    "ok": {"ok": 3445, "degraded": 2, "inconclusive": 6},
    "degraded": {"degraded": 17},
    "throttled": {"throttled": 3},
    "blocked": {"blocked": 105, "inconclusive": 1},
    "down": {"down": 19},
    "inconclusive": {"inconclusive": 48},
}

STATES: Counts = {
    "online": {"online": 228, "bad_link": 1},
    "bad_link": {"bad_link": 5},
    "intermittent": {"intermittent": 4},
    "captive_portal": {"captive_portal": 4},
    "dns_fault": {"dns_fault": 3},
    "domestic_only": {"domestic_only": 3},
    "allowlist": {"allowlist": 6},
    "shutdown": {"shutdown": 6},
    "no_internet": {"no_internet": 6},
    "local_fault": {"local_fault": 5},
}

REPEATED: Mapping[tuple[str, str], tuple[int, int]] = {
    ("service", "pulse"): (0, 0),
    ("service", "apart"): (0, 0),
    ("line", "pulse"): (0, 0),
    ("line", "apart"): (0, 0),
}
"""By whose error it is and by how was looked: wrong words that another look followed, and
those of them that it repeated."""
