"""What passed at the client's end of the line: written by the middlebox, read by the lab."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.lab.content import answers, question
from tests.lab.packet import TCP, UDP, Packet, text

_DNS_PORT: Final = 53


@dataclass(frozen=True, slots=True, kw_only=True)
class Captured:
    """One IP packet as the client sent or (unless ``fate`` says otherwise) received it.

    ``at`` is seconds since the middlebox started; ``length`` is that of the IP packet, ``payload``
    that of what TCP or UDP carried. ``fate`` is empty for what passed; else ``link`` (lost on the
    line), ``nobody`` (nobody lives at that address) or the name of the action that dropped it.
    ``question`` and ``answers`` are those of DNS over UDP/53, or of TCP/53 in one segment.
    """

    at: float
    up: bool
    proto: str
    src: str
    dst: str
    sport: int
    dport: int
    length: int
    payload: int
    flags: str
    fate: str
    question: str = ""
    answers: tuple[str, ...] = ()

    @property
    def far(self) -> str:
        """The world-side address."""
        return self.dst if self.up else self.src

    @property
    def far_port(self) -> int:
        """The world-side port; 0 where the protocol has none."""
        return self.dport if self.up else self.sport


class CaptureWriter:
    """Appends packets to a file, one JSON array per line; buffered until `flush`."""

    def __init__(self, path: Path, start: float) -> None:
        self._file = path.open("w", encoding="utf-8", buffering=1 << 16)
        self._start = start
        self._texts: dict[bytes, str] = {}
        self._fates: dict[str, str] = {}

    def packet(self, now: float, up: bool, packet: Packet, fate: str) -> None:
        """Notes one packet."""
        texts = self._texts
        for address in (packet.src, packet.dst):
            if address not in texts:
                texts[address] = text(address)
        if fate not in self._fates:
            self._fates[fate] = json.dumps(fate)
        line = (
            f'[{now - self._start:.6f},{"true" if up else "false"},"{packet.proto_name}",'
            f'"{texts[packet.src]}","{texts[packet.dst]}",{packet.sport},{packet.dport},'
            f'{len(packet.data)},{packet.payload_size},"{packet.flag_names}",{self._fates[fate]}'
        )
        if _DNS_PORT in (packet.sport, packet.dport) and packet.proto in (TCP, UDP):
            message = packet.payload if packet.proto == UDP else packet.payload[2:]
            asked = question(message)
            if asked is not None:
                line += f",{json.dumps(asked.name)},{json.dumps(answers(message))}"
        self._file.write(line + "]\n")

    def flush(self) -> None:
        """Makes all that was noted readable."""
        self._file.flush()


def read(path: Path) -> list[Captured]:
    """The packets in a capture file, in the order in which they were noted."""
    packets = []
    with path.open(encoding="utf-8") as file:
        for line in file:
            if not line.endswith("\n"):
                break  # still being written
            (at, up, proto, src, dst, sport, dport, length, payload, flags, fate, *dns) = (
                json.loads(line)
            )
            packets.append(
                Captured(
                    at=at,
                    up=up,
                    proto=proto,
                    src=src,
                    dst=dst,
                    sport=sport,
                    dport=dport,
                    length=length,
                    payload=payload,
                    flags=flags,
                    fate=fate,
                    question=dns[0] if dns else "",
                    answers=tuple(dns[1]) if dns else (),
                )
            )
    return packets
