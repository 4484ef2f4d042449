"""The box in the middle: a process that passes frames between two interfaces, as a line with a
censor on it would.

Started as ``python -m tests.lab.middlebox CONFIG.json`` in a network namespace that holds just the
two interfaces. It writes ``ready`` on stdout, then obeys one JSON command per line of stdin and
answers each with a line: ``{"do": "log"}`` (what happened so far; the capture is flushed),
``{"do": "actions", "actions": [...]}`` (other actions from now on, counting anew). It ends when
stdin does. ARP, IPv6 neighbour discovery and multicast reports pass at once: a gateway is near,
whatever the line.
"""

import contextlib
import errno
import gc
import heapq
import json
import os
import random
import select
import socket
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from tests.lab.action_file import ActionFile
from tests.lab.capture import CaptureWriter
from tests.lab.enforce import Bench, Censor
from tests.lab.link import Link, Pipe
from tests.lab.matching import Prefixes
from tests.lab.packet import ICMP6, Packet, parse

_ETH_P_ALL: Final = 3
_SOL_PACKET: Final = 263
_PACKET_IGNORE_OUTGOING: Final = 23
_BATCH: Final = 32
_LONGEST_FRAME: Final = 2048
_NEIGHBOURLY: Final = frozenset({*range(130, 138), 143})
"""Neighbour discovery, and the multicast reports that kernels send when they please (RFC 3810)."""
_GONE: Final = frozenset({errno.ENETDOWN, errno.ENXIO, errno.ENODEV})


def _open(interface: str) -> socket.socket:
    """A raw socket that hears what arrives at ``interface``, but not what is sent there."""
    raw = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
    raw.setsockopt(_SOL_PACKET, _PACKET_IGNORE_OUTGOING, 1)
    with contextlib.suppress(PermissionError):  # the force variants are root's alone
        raw.setsockopt(socket.SOL_SOCKET, 33, 8 << 20)  # SO_RCVBUFFORCE
        raw.setsockopt(socket.SOL_SOCKET, 32, 8 << 20)  # SO_SNDBUFFORCE
    raw.bind((interface, _ETH_P_ALL))
    raw.setblocking(False)
    return raw


class Middlebox:
    """Two interfaces, a link and a censor. Times are seconds of the monotonic clock."""

    def __init__(self, config: Mapping[str, Any]) -> None:
        self.link = Link(**config["link"])
        self._seed = int(config["seed"])
        self._up = Pipe(self.link, self.link.up_kbit, random.Random(f"up {self._seed}"))
        self._down = Pipe(self.link, self.link.down_kbit, random.Random(f"down {self._seed}"))
        self._start = time.monotonic()
        self._capture = CaptureWriter(Path(config["capture"]), self._start)
        inhabited = config["inhabited"]
        self._inhabited = None if inhabited is None else Prefixes(inhabited)
        self._uninhabited = 0
        self._refused_by_kernel = 0
        self._last_up = 0.0
        self._order = 0
        self._heap: list[tuple[float, int, bool, bytes, Packet | None]] = []
        self._held: list[tuple[float, int, bytes, Packet]] = []
        self._censor = self._make_censor(config["actions"])
        self._client = _open(config["client_interface"])
        self._world = _open(config["world_interface"])

    def _make_censor(self, actions: list[Mapping[str, Any]]) -> Censor:
        chance = random.Random(f"censor {self._seed}")
        bench = Bench(self.link.delay_ms * 2 / 1000, chance, self._seed)
        return Censor(ActionFile.load(actions), bench)

    def _push(self, at: float, up: bool, frame: bytes, shown: Packet | None = None) -> None:
        self._order += 1
        heapq.heappush(self._heap, (at, self._order, up, frame, shown))

    def _from_client(self, frame: bytes, now: float) -> None:
        packet = parse(frame)
        if packet is None or self._is_neighbourly(packet):
            self._push(now, True, frame)
            return
        out = self._up.admit(now, len(packet.data))
        follows = now
        if out is None:
            fate = "link"
        else:
            # The censor's box comes first: it may answer for addresses where nobody lives.
            passed, fate = self._censor.handle(packet, True, now, out)
            follows = max(now, self._last_up)
            if passed is not None and self._lives(passed.dst):
                self._last_up = out
                follows = out + self._censor.bench.hold
                self._push(follows, True, frame[:14] + passed.data)
            elif passed is not None:
                self._uninhabited += 1
                fate = "nobody"
        self._capture.packet(now, True, packet, fate)
        self._inject(frame, True, now, follows)

    def _lives(self, address: bytes) -> bool:
        return self._inhabited is None or address in self._inhabited

    def _from_world(self, frame: bytes, now: float) -> None:
        packet = parse(frame)
        if packet is None or self._is_neighbourly(packet):
            self._push(now, False, frame)
            return
        passed, fate = self._censor.handle(packet, False, now, now)
        self._inject(frame, False, now, max(now, self._last_up))
        if passed is None:
            self._capture.packet(now, False, packet, fate)
            return
        hold = self._censor.bench.hold
        if hold > 0:
            self._order += 1
            heapq.heappush(self._held, (now + hold, self._order, frame[:14], passed))
        else:
            self._enter_line(now, frame[:14], passed)

    def _enter_line(self, now: float, header: bytes, packet: Packet) -> None:
        """Sends a packet from the world down the line, once the censor has let go of it."""
        out = self._down.admit(now, len(packet.data))
        if out is None:
            self._capture.packet(now, False, packet, "link")
        else:
            self._push(out, False, header + packet.data, packet)

    def _inject(self, frame: bytes, up: bool, now: float, follows: float) -> None:
        """Sends what the censor has to say by itself, with the ethernet header turned as needed.

        What goes to the server leaves at ``follows``, behind what the client said before.
        """
        injections = self._censor.bench.injections
        if not injections:
            return
        turned = frame[6:12] + frame[0:6] + frame[12:14]
        for one in injections:
            header = turned if one.to_client == up else frame[:14]
            if not one.to_client:
                self._push(follows, True, header + one.data)
            elif not self._down.loses():
                self._push(now + one.delay, False, header + one.data, parse(one.data, 0))
        injections.clear()

    @staticmethod
    def _is_neighbourly(packet: Packet) -> bool:
        return (
            packet.proto == ICMP6
            and packet.payload_size > 0
            and packet.data[packet.payload_at] in _NEIGHBOURLY
        )

    def _receive(self, raw: socket.socket, up: bool) -> None:
        take = self._from_client if up else self._from_world
        for _ in range(_BATCH):
            try:
                frame = raw.recv(_LONGEST_FRAME)
            except BlockingIOError:
                return
            except OSError as fault:
                if fault.errno in _GONE:
                    return
                raise
            take(frame, time.monotonic())

    def _deliver(self) -> None:
        heap, held = self._heap, self._held
        while held and held[0][0] <= time.monotonic():
            at, _, header, packet = heapq.heappop(held)
            self._enter_line(at, header, packet)
        while heap and heap[0][0] <= time.monotonic():
            _, _, up, frame, shown = heapq.heappop(heap)
            try:
                (self._world if up else self._client).send(frame)
            except OSError as fault:
                if fault.errno not in _GONE | {errno.ENOBUFS, errno.EAGAIN}:
                    raise
                self._refused_by_kernel += 1
            if shown is not None:
                self._capture.packet(time.monotonic(), False, shown, "")

    def log(self) -> dict[str, Any]:
        """What happened so far, as JSON values."""
        return {
            "fired": dict(self._censor.bench.fired),
            "lost": {"up": self._up.lost, "down": self._down.lost},
            "overflowed": {"up": self._up.overflowed, "down": self._down.overflowed},
            "too_long": self._up.too_long + self._down.too_long,
            "uninhabited": self._uninhabited,
            "refused_by_kernel": self._refused_by_kernel,
        }

    def _obey(self, line: bytes) -> None:
        command = json.loads(line)
        if command["do"] == "actions":
            self._censor = self._make_censor(command["actions"])
        self._capture.flush()
        print(json.dumps(self.log()), flush=True)

    def run(self) -> None:
        """Passes frames until stdin ends."""
        stdin, pending = sys.stdin.fileno(), b""
        readable = [self._client, self._world, stdin]
        while True:
            self._deliver()
            due = [heap[0][0] for heap in (self._heap, self._held) if heap]
            wait = max(0.0, min(due) - time.monotonic()) if due else 0.5
            ready, _, _ = select.select(readable, [], [], wait)
            if not ready:
                if wait >= 0.5:
                    self._capture.flush()
                continue
            if self._client in ready:
                self._receive(self._client, True)
            if self._world in ready:
                self._receive(self._world, False)
            if stdin in ready:
                chunk = os.read(stdin, 1 << 20)
                *lines, pending = (pending + chunk).split(b"\n")
                for line in lines:
                    self._obey(line)
                if not chunk:
                    self._capture.flush()
                    return


def main(arguments: list[str]) -> int:
    box = Middlebox(json.loads(Path(arguments[0]).read_text(encoding="utf-8")))
    gc.freeze()
    gc.disable()  # a collection is a pause in the middle of somebody's round trip
    print("ready", flush=True)
    box.run()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
