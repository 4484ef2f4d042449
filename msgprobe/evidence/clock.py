"""This device's clock: what web servers and certificates say of it."""

from typing import Final

from msgprobe.evidence.facts import Facts
from msgprobe.evidence.resigning import NEUTRAL_ARMS, OWNERS
from msgprobe.evidence.statistics import median
from msgprobe.model.observation import HttpObservation, TlsObservation

TOLERANCE: Final = 600.0
"""Seconds that a clock may be wrong before it is worth a note."""

BREAKS_TLS: Final = 86_400.0
"""Seconds from which on a wrong clock is a likely reason for a refused certificate."""

_MISSED: Final = ("certificate is not yet valid", "certificate has expired")
"""What OpenSSL says of a chain that ends in an authority it trusts, and whose dates alone are
amiss: it looks at them last."""


def offset(facts: Facts) -> float | None:
    """Median of what web servers of at least two owners say minus our clock, in seconds."""
    said: dict[str, float] = {}
    for conversation in facts.conversations:
        http = conversation.http
        if isinstance(http, HttpObservation) and http.clock_offset is not None:
            said[conversation.task.subject] = http.clock_offset
    return median(said.values()) if len(said) >= 2 else None


def denied(facts: Facts) -> tuple[TlsObservation, ...]:
    """Handshakes with neutral sites of several owners whose certificates are good but for their
    dates, which our clock misses on the same side; none where it hits those of a single one. Not
    all of them have let their certificates lapse."""
    asked = facts.site_conversations(*NEUTRAL_ARMS)
    told = [(site, t.tls) for site, t in asked if t.tls and t.tls.checked and t.flow.check_dates]
    if any(tls.verified for _, tls in told):
        return ()
    for missed in _MISSED:
        owners = {site.owner for site, tls in told if tls.verify_error == missed}
        if len(owners) >= OWNERS and all(tls.verify_error == missed for _, tls in told):
            return tuple(tls for _, tls in told)
    return ()
