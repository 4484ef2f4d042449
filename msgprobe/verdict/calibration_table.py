"""Counted in the lab's exam. Written by ``make calibrate``; don't edit.

Of all runs 16 were deliberately ambiguous. One family of scenarios in 3 was held out.
"""

from msgprobe.verdict.calibration import Table, Tally

TABLE: Table | None = Table(
    date="2026-11-25",
    rules_version=4,
    runs=255,
    scenarios=95,
    cells={
        ("blocked", "confirmed", "dns.injection"): Tally(3.0, 3),
        ("blocked", "confirmed", "dns.nxdomain"): Tally(1.0, 1),
        ("blocked", "confirmed", "dns.refused"): Tally(1.0, 1),
        ("blocked", "confirmed", "tls.early"): Tally(2.0, 2),
        ("blocked", "confirmed", "tls.mitm"): Tally(2.0, 2),
        ("blocked", "confirmed", "tls.sni"): Tally(5.0, 5),
        ("blocked", "confirmed", "udp.stun"): Tally(2.0, 2),
        ("blocked", "likely", "second.path"): Tally(7.0, 7),
        ("blocked", "likely", "second.report"): Tally(2.0, 2),
        ("blocked", "likely", "tcp.timeout"): Tally(3.0, 3),
        ("blocked", "likely", "transfer.freeze"): Tally(1.0, 1),
        ("blocked", "likely", "udp.drop"): Tally(1.0, 1),
        ("degraded", "-", "volley.freeze"): Tally(1.0, 1),
        ("degraded", "confirmed", "pool.reserve_only"): Tally(2.0, 2),
        ("degraded", "confirmed", "pool.some_members"): Tally(3.0, 4),
        ("degraded", "confirmed", "quic.sni"): Tally(1.0, 1),
        ("degraded", "confirmed", "quic.sni_residual"): Tally(1.0, 1),
        ("down", "confirmed", "down.names_fail"): Tally(1.0, 1),
        ("down", "likely", "second.path"): Tally(7.0, 7),
        ("down", "likely", "second.report"): Tally(2.0, 2),
        ("ok", "confirmed", "ok.authenticated"): Tally(88.9, 89),
        ("ok", "confirmed", "ok.own_override"): Tally(1.0, 1),
        ("ok", "likely", "http.refused_by_service"): Tally(1.0, 1),
        ("ok", "likely", "ok.own_protocol"): Tally(80.0, 80),
        ("throttled", "confirmed", "throttle.name"): Tally(2.0, 2),
        ("throttled", "likely", "throttle.address"): Tally(1.0, 1),
    },
)
