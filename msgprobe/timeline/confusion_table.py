"""Counted in the lab's exam. Written by ``python -m tests.lab confusion``; don't edit.

Source: the services, functions and connections of which one word alone was true in 470 kept
runs of the lab's scenarios (the last of 2026-11-27), under the rules of version 16;
for what came twice running 690 looks.
"""

from collections.abc import Mapping

Counts = Mapping[str, Mapping[str, int]]
"""By the word that was true and the one that was told, how often."""

OUTCOMES: Counts = {
    "ok": {"ok": 7471, "inconclusive": 8},
    "degraded": {"ok": 1, "degraded": 52},
    "throttled": {"degraded": 1, "throttled": 10},
    "blocked": {"ok": 2, "blocked": 179, "inconclusive": 1},
    "down": {"down": 339},
    "inconclusive": {"inconclusive": 282},
}

STATES: Counts = {
    "online": {"online": 359},
    "bad_link": {"bad_link": 13},
    "intermittent": {"intermittent": 4},
    "captive_portal": {"captive_portal": 8},
    "dns_fault": {"dns_fault": 7},
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
