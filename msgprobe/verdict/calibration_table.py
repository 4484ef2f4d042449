"""Counted in the lab's exam. Written by ``make calibrate``; don't edit.

Of all runs 16 were deliberately ambiguous. One family of scenarios in 3 was held out.
"""

from msgprobe.verdict.calibration import Table, Tally

TABLE: Table | None = Table(
    date="2026-11-25",
    rules_version=4,
    runs=255,
    scenarios=88,
    cells={
        ("blocked", "confirmed", "dns.injection"): Tally(2.0, 2),
        ("blocked", "confirmed", "dns.nxdomain"): Tally(1.0, 1),
        ("blocked", "confirmed", "dns.refused"): Tally(1.0, 1),
        ("blocked", "confirmed", "protocol.mtproto"): Tally(3.0, 3),
        ("blocked", "confirmed", "tls.early"): Tally(1.0, 1),
        ("blocked", "confirmed", "tls.mitm"): Tally(2.0, 2),
        ("blocked", "confirmed", "tls.sni"): Tally(6.0, 6),
        ("blocked", "confirmed", "udp.stun"): Tally(2.0, 2),
        ("blocked", "likely", "dns.nxdomain"): Tally(1.0, 1),
        ("blocked", "likely", "ip.unreachable"): Tally(1.0, 1),
        ("blocked", "likely", "second.path"): Tally(5.0, 5),
        ("blocked", "likely", "second.report"): Tally(1.0, 1),
        ("blocked", "likely", "transfer.freeze"): Tally(1.0, 1),
        ("degraded", "-", "volley.freeze"): Tally(1.0, 1),
        ("degraded", "confirmed", "pool.reserve_only"): Tally(3.0, 3),
        ("degraded", "confirmed", "pool.some_members"): Tally(1.0, 1),
        ("degraded", "confirmed", "quic.sni"): Tally(1.0, 1),
        ("degraded", "confirmed", "quic.sni_residual"): Tally(1.0, 1),
        ("degraded", "likely", "udp.loss"): Tally(1.0, 1),
        ("down", "likely", "second.path"): Tally(4.0, 4),
        ("down", "likely", "second.report"): Tally(1.0, 1),
        ("ok", "confirmed", "ok.authenticated"): Tally(79.93, 80),
        ("ok", "confirmed", "ok.own_override"): Tally(1.0, 1),
        ("ok", "likely", "http.refused_by_service"): Tally(1.0, 1),
        ("ok", "likely", "ok.other_resolver"): Tally(1.0, 1),
        ("ok", "likely", "ok.own_filter"): Tally(1.0, 1),
        ("ok", "likely", "ok.own_protocol"): Tally(64.0, 64),
        ("throttled", "confirmed", "throttle.name"): Tally(2.0, 2),
        ("throttled", "likely", "throttle.address"): Tally(1.0, 1),
    },
)
