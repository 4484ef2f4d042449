"""Sentences about what a second vantage adds, by rule."""

from collections.abc import Mapping
from typing import Final

WHY: Final[Mapping[str, str]] = {
    "second.path.tcp.timeout": "It is silent from here in repeated tries, also after the genuine "
    "service had answered at the same address through your proxy: it is not down. (A service "
    "that itself turns this network away, or fails in this region alone, would look the "
    "same.)",
    "second.path.tcp.refused": "It refuses from here in repeated tries, also after the genuine "
    "service had answered at the same address through your proxy: it is not down. (A service "
    "that itself turns this network away, or fails in this region alone, would look the "
    "same.)",
    "second.path.ip.unreachable": "It is declared unreachable from here in repeated tries, also "
    "after the genuine service had answered at the same address through your proxy: it is not "
    "down. (A service that itself turns this network away, or fails in this region alone, "
    "would look the same.)",
    "second.path.tls.reset": "Its first message (ClientHello) is reset from here in repeated "
    "tries, also after the genuine service had answered at the same address through your "
    "proxy: it is not down. (A service that itself turns this network away, or fails in this "
    "region alone, would look the same.)",
    "second.path.tls.eof": "Its first message (ClientHello) is cut short from here in repeated "
    "tries, also after the genuine service had answered at the same address through your "
    "proxy: it is not down. (A service that itself turns this network away, or fails in this "
    "region alone, would look the same.)",
    "second.path.tls.timeout": "Its first message (ClientHello) gets no answer from here in "
    "repeated tries, also after the genuine service had answered at the same address through "
    "your proxy: it is not down. (A service that itself turns this network away, or fails in "
    "this region alone, would look the same.)",
    "second.path.tls.alert": "Its first message (ClientHello) ends with an alert from here in "
    "repeated tries, also after the genuine service had answered at the same address through "
    "your proxy: it is not down. (A service that itself turns this network away, or fails in "
    "this region alone, would look the same.)",
    "second.path.tls.post_handshake": "Data dies after the TLS handshake from here in repeated "
    "tries, also after the genuine service had answered at the same address through your "
    "proxy: it is not down. (A service that itself turns this network away, or fails in this "
    "region alone, would look the same.)",
    "second.path.protocol.*": "Its own protocol fails from here in repeated tries, also after the "
    "genuine service had answered at the same address through your proxy: it is not down. (A "
    "service that itself turns this network away, or fails in this region alone, would look "
    "the same.)",
    "second.path.dns.*": "This connection's resolver denies the name and serves neutral ones; "
    "through your proxy the name leads to the genuine service.",
    "second.path.alike": "It fails alike through your proxy, which reaches neutral sites: the "
    "fault is probably the service's. (A proxy behind the same censor would look the same.)",
    "second.report.tcp.timeout": "It is silent from here in repeated tries; in the report for "
    "comparison the genuine service answers. (An outage that began since would look the same; "
    "whether that report was made on another network is for you to know.)",
    "second.report.tcp.refused": "It refuses from here in repeated tries; in the report for "
    "comparison the genuine service answers. (An outage that began since would look the same; "
    "whether that report was made on another network is for you to know.)",
    "second.report.ip.unreachable": "It is declared unreachable from here in repeated tries; in "
    "the report for comparison the genuine service answers. (An outage that began since would "
    "look the same; whether that report was made on another network is for you to know.)",
    "second.report.tls.reset": "Its first message (ClientHello) is reset from here in repeated "
    "tries; in the report for comparison the genuine service answers. (An outage that began "
    "since would look the same; whether that report was made on another network is for you to "
    "know.)",
    "second.report.tls.eof": "Its first message (ClientHello) is cut short from here in repeated "
    "tries; in the report for comparison the genuine service answers. (An outage that began "
    "since would look the same; whether that report was made on another network is for you to "
    "know.)",
    "second.report.tls.timeout": "Its first message (ClientHello) gets no answer from here in "
    "repeated tries; in the report for comparison the genuine service answers. (An outage "
    "that began since would look the same; whether that report was made on another network is "
    "for you to know.)",
    "second.report.tls.alert": "Its first message (ClientHello) ends with an alert from here in "
    "repeated tries; in the report for comparison the genuine service answers. (An outage "
    "that began since would look the same; whether that report was made on another network is "
    "for you to know.)",
    "second.report.tls.post_handshake": "Data dies after the TLS handshake from here in repeated "
    "tries; in the report for comparison the genuine service answers. (An outage that began "
    "since would look the same; whether that report was made on another network is for you to "
    "know.)",
    "second.report.protocol.*": "Its own protocol fails from here in repeated tries; in the report "
    "for comparison the genuine service answers. (An outage that began since would look the "
    "same; whether that report was made on another network is for you to know.)",
    "second.report.dns.*": "This connection's resolver denies the name and serves neutral ones; in "
    "the report for comparison the genuine service answers. (An outage that began since would "
    "look the same; whether that report was made on another network is for you to know.)",
    "second.report.udp": "Its call server never answers here, while neutral ones on that port do; "
    "in the report for comparison it answers. (An outage that began since would look the "
    "same; whether that report was made on another network is for you to know.)",
    "second.report.alike": "It fails alike in the report for comparison, whose connection was "
    "fine: the fault is probably the service's, if that report was made on another network, "
    "which is for you to know.",
}
"""What is said where the rule speaks."""

PROVES: Final[Mapping[str, str]] = {
    "second.path.*": "a second vantage reaches the same address while repeats from here fail, "
    "before and after",
    "second.path.dns.*": "a second vantage reaches the name that this connection's resolver "
    "denies, before and after",
    "second.path.alike": "a second vantage that reaches neutral sites fails alike, repeatedly",
    "second.report.*": "a report of the last day, made elsewhere, reached the same endpoint",
    "second.report.dns.*": "a report of the last day, made elsewhere, reached the endpoint whose "
    "name this connection's resolver denies",
    "second.report.udp": "a report of the last day, made elsewhere, got an answer of the same call "
    "server; neutral ones in two networks answer on that port here",
    "second.report.alike": "a report of the last day, made elsewhere on a connection that was "
    "fine, fails alike",
}
"""What kind of evidence allows its word."""
