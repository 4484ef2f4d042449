"""The smallest Internet: says on every address who it is. For the middlebox's own tests.

TCP on a few ports: answers the first bytes with ``<address> <port> <bytes read>`` and closes on
EOF; ``GET big`` gets 300 kB. UDP 53 answers every A question with 203.0.113.80; UDP 9000 echoes,
and answers ``resets`` with the number of connections that were reset.
"""

import selectors
import socket
import struct
import sys
from typing import Final

from tests.lab.content import dns_reply, question

_TCP_PORTS: Final = (80, 179, 443, 5222, 10443)
_UDP_PORTS: Final = (53, 9000)
_reset_count = [0]
_BIG: Final = b"x" * 300_000


def _pktinfo_reply(sock: socket.socket, v6: bool) -> None:
    data, ancillary, _, peer = sock.recvmsg(4096, 256)
    if sock.getsockname()[1] == 53:
        if question(data) is None:
            return
        data = dns_reply(data, 0, ["203.0.113.80", "2001:db8::80"])
    elif data == b"resets":
        data = str(_reset_count[0]).encode()
    info = ancillary[0][2]
    if v6:
        control = (socket.IPPROTO_IPV6, socket.IPV6_PKTINFO, info[:16] + bytes(4))
    else:
        source = struct.pack("i4s4s", 0, info[4:8], bytes(4))
        control = (socket.IPPROTO_IP, 8, source)  # 8: IP_PKTINFO
    sock.sendmsg([data], [control], 0, peer)


def _answer(conn: socket.socket, heard: dict[socket.socket, int]) -> bool:
    """Answers once; False when the connection is over."""
    try:
        data = conn.recv(65536)
        if not data:
            return False
        if data.startswith(b"GET big"):
            conn.setblocking(True)
            conn.settimeout(10)
            conn.sendall(_BIG)
            return False
        heard[conn] = heard.get(conn, 0) + len(data)
        address, port = conn.getsockname()[:2]
        conn.sendall(f"{address} {port} {heard[conn]}".encode())
    except ConnectionResetError:
        _reset_count[0] += 1
        return False
    except OSError:
        return False
    return True


def _listen(chooser: selectors.BaseSelector, family: int, anywhere: str) -> None:
    v6 = family == socket.AF_INET6
    for port in _TCP_PORTS:
        listener = socket.socket(family, socket.SOCK_STREAM)
        if v6:
            listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        listener.bind((anywhere, port))
        listener.listen(128)
        chooser.register(listener, selectors.EVENT_READ, "listener")
    for port in _UDP_PORTS:
        sock = socket.socket(family, socket.SOCK_DGRAM)
        if v6:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_RECVPKTINFO, 1)
        else:
            sock.setsockopt(socket.IPPROTO_IP, 8, 1)
        sock.bind((anywhere, port))
        chooser.register(sock, selectors.EVENT_READ, "udp6" if v6 else "udp")


def main() -> None:
    chooser = selectors.DefaultSelector()
    _listen(chooser, socket.AF_INET, "0.0.0.0")
    _listen(chooser, socket.AF_INET6, "::")
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    heard: dict[socket.socket, int] = {}
    while True:
        for key, _ in chooser.select():
            assert isinstance(key.fileobj, socket.socket)
            sock = key.fileobj
            if key.data == "listener":
                chooser.register(sock.accept()[0], selectors.EVENT_READ, "conn")
            elif key.data != "conn":
                _pktinfo_reply(sock, key.data == "udp6")
            elif not _answer(sock, heard):
                chooser.unregister(sock)
                sock.close()


if __name__ == "__main__":
    main()
