"""What a conversation cost on the wire: bytes with IP headers, without Ethernet.

Sources: RFC 791, RFC 8200, RFC 9293, RFC 7323 (sizes of headers; every current system uses TCP
timestamps, and a SYN carries MSS, SACK, timestamps and window scale: 20 bytes of options).
"""

from msgprobe.model.observation import TcpInfo
from msgprobe.steps.door import Stream

_MSS = 1448
_TCP_WITH_TIMESTAMPS, _SYN_EXTRA, _BARE_TCP = 32, 8, 20
_ESTABLISHED, _FIN_WAIT1, _FIN_WAIT2, _CLOSE_WAIT, _LAST_ACK = 1, 4, 5, 8, 9

# (segments out, segments in) that follow when a socket in this state is closed.
_TAIL = {
    _ESTABLISHED: (2, 2),
    _FIN_WAIT1: (1, 2),
    _FIN_WAIT2: (1, 1),
    _CLOSE_WAIT: (1, 1),
    _LAST_ACK: (0, 1),
}

RETRIES = 6
"""Copies of one segment that fit into the longest deadline (Linux ``tcp_syn_retries``)."""


def ip_header(address: str) -> int:
    """Bytes of an IP header towards ``address``."""
    return 40 if ":" in address else 20


def udp_bytes(address: str, payload: int) -> int:
    """One datagram on the wire."""
    return ip_header(address) + 8 + payload


def unconnected_bytes(address: str, info: TcpInfo | None) -> tuple[int, int]:
    """A connect that failed: SYNs out, at most bare resets in."""
    ip = ip_header(address)
    syn = ip + _TCP_WITH_TIMESTAMPS + _SYN_EXTRA
    if info is None:
        return syn, 0
    return info.segs_out * syn, info.segs_in * (ip + _BARE_TCP)


def stream_bytes(stream: Stream, *, aborted: bool = False) -> tuple[int, int]:
    """Bytes sent and received by ``stream`` until it is gone, its closing segments included."""
    ip = ip_header(stream.address)
    segment = ip + _TCP_WITH_TIMESTAMPS
    info = stream.tcp_info()
    if info is None:
        out = 3 + -(-stream.sent // _MSS) + stream.received // (2 * _MSS)
        back = 3 + -(-stream.received // _MSS) + stream.sent // (2 * _MSS)
        return (
            out * segment + _SYN_EXTRA + stream.sent,
            back * segment + _SYN_EXTRA + stream.received,
        )
    tail_out, tail_in = (0, 0) if aborted else _TAIL.get(info.state, (0, 0))
    sent = (info.segs_out + tail_out) * segment + _SYN_EXTRA + info.bytes_sent
    received = (info.segs_in + tail_in) * segment + _SYN_EXTRA + info.bytes_received
    return sent + (ip + _BARE_TCP if aborted else 0), received


def lookup_bytes(name: str, questions: int) -> tuple[int, int]:
    """A guess for getaddrinfo, whose datagrams we do not see: one question a family over IPv4."""
    question = 28 + 17 + len(name)
    return questions * question, questions * (question + 16)


def tcp_bound(address: str, *, sent: int, received: int) -> int:
    """Most that one conversation can cost both ways, retransmissions included.

    ``sent`` and ``received`` are the payloads that our own limits allow. A hostile peer can push a
    receive buffer more into the kernel before the reset reaches it.
    """
    segment = ip_header(address) + _TCP_WITH_TIMESTAMPS
    data_out, data_in = -(-sent // _MSS), -(-received // _MSS)
    control = (RETRIES + 6) * 2 * (segment + _SYN_EXTRA)
    # Each data segment may be sent again; each that comes may be acknowledged alone.
    return control + 2 * (sent + data_out * segment) + received + 2 * data_in * segment
