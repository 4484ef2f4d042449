"""Linux ``struct tcp_info``: what the kernel knows about one connection.

Source: Linux ``include/uapi/linux/tcp.h``. The struct only ever grew, and the kernel says how much
of it is filled; an older kernel's is refused when it ends before the fields that evidence needs.
"""

import socket
import struct

from msgprobe.model.observation import TcpInfo
from msgprobe.steps.accounts.own import system_name

_SIZE = 256

# FreeBSD and macOS have structs of other forms under the same name.
_TCP_INFO: int | None = (
    getattr(socket, "TCP_INFO", None) if system_name() in ("linux", "android") else None
)

# What is read, and how many bytes are left out before it, as in the kernel's order. tcpi_state and
# tcpi_retransmits are u8 (B), times and counters u32 (I), bytes u64 (Q).
_FIELDS = struct.Struct(
    "=B x B 13x"  # state, retransmits
    "I 4x I 24x I 4x I 4x I 28x"  # snd_mss (16), unacked (24), last_data_recv (52), pmtu (60),
    # rtt (68)
    "I 16x Q Q I I 4x I 8x"  # total_retrans (100), bytes_acked (120), bytes_received (128),
    # segs_out (136), segs_in (140), min_rtt (148)
    "Q 32x Q Q"  # delivery_rate (160), bytes_sent (200), bytes_retrans (208)
)
_LATER = struct.Struct("=I 4x I")
"""dsack_dups (216), and rcv_ooopack (224), which a kernel before 5.0 lacks."""
_NO_MIN_RTT = 0xFFFFFFFF


def read_tcp_info(sock: socket.socket) -> TcpInfo | None:
    """The kernel's view of ``sock`` now; None where the platform or the socket has none."""
    if _TCP_INFO is None:
        return None
    try:
        raw = sock.getsockopt(socket.IPPROTO_TCP, _TCP_INFO, _SIZE)
    except OSError:
        return None
    return parse_tcp_info(raw)


def parse_tcp_info(raw: bytes) -> TcpInfo | None:
    """``struct tcp_info`` as far as ``raw`` goes; None when it ends too early."""
    if len(raw) < _FIELDS.size:  # bytes_retrans is in Linux 4.19 and newer
        return None
    (state, retransmits, mss, unacked, came, pmtu, rtt, total_retrans, acked, received, *rest) = (
        _FIELDS.unpack_from(raw)
    )
    segs_out, segs_in, min_rtt, delivery_rate, sent, again = rest
    # Where it ends in the middle of a field, that one is not filled.
    later = raw[_FIELDS.size : _FIELDS.size + (len(raw) - _FIELDS.size) // 4 * 4]
    needless, out_of_order = _LATER.unpack(later[: _LATER.size].ljust(_LATER.size, b"\0"))
    return TcpInfo(
        state=state,
        retransmits=retransmits,
        total_retrans=total_retrans,
        unacked=unacked,
        rtt=rtt / 1e6,
        min_rtt=0.0 if min_rtt == _NO_MIN_RTT else min_rtt / 1e6,
        # The kernel's counter starts at 1: the SYN.
        bytes_acked=max(0, acked - 1),
        bytes_sent=sent,
        bytes_retrans=again,
        bytes_received=received,
        segs_out=segs_out,
        segs_in=segs_in,
        needless=needless,
        out_of_order=out_of_order,
        delivery_rate=delivery_rate,
        mss=mss,
        pmtu=pmtu,
        # Milliseconds since any data came; of a connection that nothing came on, since it stood.
        last_received=came / 1e3 if received else 0.0,
    )
