"""Counted in the lab's exam. Written by ``make calibrate``; don't edit.

Of all runs 160 were deliberately ambiguous. One family of scenarios in 3 was held out.
"""

from msgprobe.judging.calibration import Table, Tally

TABLE: Table | None = Table(
    date="2026-11-25",
    rules_version=7,
    runs=1496,
    scenarios=232,
    cells={
        ("blocked", "confirmed", "dns.injection"): Tally(13.0, 13),
        ("blocked", "confirmed", "dns.nxdomain"): Tally(1.0, 1),
        ("blocked", "confirmed", "dns.refused"): Tally(1.0, 1),
        ("blocked", "confirmed", "protocol.mtproto"): Tally(6.0, 6),
        ("blocked", "confirmed", "tls.early"): Tally(6.0, 6),
        ("blocked", "confirmed", "tls.mitm"): Tally(6.0, 6),
        ("blocked", "confirmed", "tls.post_handshake"): Tally(1.0, 1),
        ("blocked", "confirmed", "tls.sni"): Tally(30.0, 30),
        ("blocked", "confirmed", "tls.split_name"): Tally(2.0, 2),
        ("blocked", "confirmed", "udp.stun"): Tally(1.0, 1),
        ("blocked", "likely", "dns.nxdomain"): Tally(1.0, 1),
        ("blocked", "likely", "protocol.mtproto"): Tally(1.0, 1),
        ("blocked", "likely", "second.path"): Tally(2.0, 2),
        ("blocked", "likely", "second.report"): Tally(1.0, 1),
        ("blocked", "likely", "tcp.timeout"): Tally(8.0, 8),
        ("blocked", "likely", "tls.fingerprint"): Tally(1.0, 1),
        ("blocked", "likely", "transfer.freeze"): Tally(3.0, 3),
        ("blocked", "likely", "udp.drop"): Tally(4.0, 4),
        ("degraded", "-", "speed.lossy"): Tally(1.0, 1),
        ("degraded", "-", "speed.slow"): Tally(3.0, 3),
        ("degraded", "confirmed", "pool.reserve_only"): Tally(4.0, 4),
        ("degraded", "confirmed", "pool.some_members"): Tally(8.0, 8),
        ("degraded", "likely", "protocol.mtproto"): Tally(2.0, 2),
        ("degraded", "likely", "tcp.loss"): Tally(1.0, 1),
        ("degraded", "likely", "udp.loss"): Tally(1.0, 1),
        ("down", "confirmed", "down.names_fail"): Tally(5.0, 5),
        ("down", "likely", "second.path"): Tally(3.0, 3),
        ("down", "likely", "second.report"): Tally(1.0, 1),
        ("ok", "confirmed", "ok.authenticated"): Tally(211.93, 212),
        ("ok", "likely", "http.refused_by_service"): Tally(1.0, 1),
        ("ok", "likely", "ok.other_resolver"): Tally(2.0, 2),
        ("ok", "likely", "ok.own_filter"): Tally(2.0, 2),
        ("ok", "likely", "ok.own_protocol"): Tally(193.0, 193),
        ("throttled", "confirmed", "throttle.name"): Tally(3.0, 3),
        ("throttled", "likely", "throttle.losses"): Tally(1.0, 1),
    },
)
