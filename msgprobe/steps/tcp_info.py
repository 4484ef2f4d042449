"""Linux ``struct tcp_info``: what the kernel knows about one connection.

Source: Linux ``include/uapi/linux/tcp.h``. The struct only ever grew, and the kernel says how much
of it is filled; an older kernel's is refused when it ends before the fields that evidence needs.
"""

import socket
import struct

from msgprobe.model.observation import TcpInfo

_SIZE = 256
_THROUGH_BYTES_RETRANS = 208
"""Linux 4.19 and newer."""

_TCP_INFO: int | None = getattr(socket, "TCP_INFO", None)

# Offsets in bytes. tcpi_state and tcpi_retransmits are u8, times and counters u32, bytes u64.
_SND_MSS, _UNACKED, _PMTU, _RTT = 16, 24, 60, 68
_TOTAL_RETRANS, _BYTES_ACKED, _BYTES_RECEIVED = 100, 120, 128
_SEGS_OUT, _SEGS_IN, _MIN_RTT, _DELIVERY_RATE = 136, 140, 148, 160
_BYTES_SENT, _BYTES_RETRANS, _DSACK_DUPS, _OUT_OF_ORDER = 200, 208, 216, 224
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
    if len(raw) < _THROUGH_BYTES_RETRANS + 8:
        return None

    def u32(offset: int) -> int:
        return int(struct.unpack_from("=I", raw, offset)[0]) if offset + 4 <= len(raw) else 0

    def u64(offset: int) -> int:
        return int(struct.unpack_from("=Q", raw, offset)[0])

    min_rtt = u32(_MIN_RTT)
    return TcpInfo(
        state=raw[0],
        retransmits=raw[2],
        total_retrans=u32(_TOTAL_RETRANS),
        unacked=u32(_UNACKED),
        rtt=u32(_RTT) / 1e6,
        min_rtt=0.0 if min_rtt == _NO_MIN_RTT else min_rtt / 1e6,
        # The kernel's counter starts at 1: the SYN.
        bytes_acked=max(0, u64(_BYTES_ACKED) - 1),
        bytes_sent=u64(_BYTES_SENT),
        bytes_retrans=u64(_BYTES_RETRANS),
        bytes_received=u64(_BYTES_RECEIVED),
        segs_out=u32(_SEGS_OUT),
        segs_in=u32(_SEGS_IN),
        needless=u32(_DSACK_DUPS),
        out_of_order=u32(_OUT_OF_ORDER),
        delivery_rate=u64(_DELIVERY_RATE),
        mss=u32(_SND_MSS),
        pmtu=u32(_PMTU),
    )
