"""What a check's conversations are like, as far as plans and rules must know: said by the check."""

from collections.abc import Iterable
from enum import StrEnum

from msgprobe.model.dataclass import dataclass
from msgprobe.model.target import Endpoint


class Transport(StrEnum):
    """What a check's first packet is."""

    TCP = "tcp"
    UDP = "udp"
    """Nothing is opened or refused before the answer."""
    ICMP = "icmp"
    NONE = "none"
    """Nothing is sent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Traits:
    """The defaults are those of a check of which nothing is known."""

    transport: Transport = Transport.TCP
    names_host: bool = True
    """Whoever is on the way can read the host's name in its first words, where it has one."""
    opens_tls: bool = False
    """It opens TLS at once. A check that does not say so counts as doing so once it was seen to."""
    asks_proof: bool = False
    """The peer has to prove itself, by a certificate or a key, before anything but the opening of
    that is said to it; a check that opens TLS at once does so too."""
    proxyable: bool = False
    """It speaks over any stream, and its answer proves something: a proxy can carry it."""
    forms: tuple[str, ...] = ()
    """Values of the option ``transport`` in which it can speak at one and the same port."""
    moves: bool = False
    """It moves bytes to see how fast they go: the most that it costs is what it costs as a rule."""
    usual_bytes: int = 9_000
    """Bytes on the wire that one conversation with an honest server stays below."""


class KnownTraits:
    """The traits of every check that takes part in a run."""

    def __init__(self, known: Iterable[tuple[str, Traits]]) -> None:
        self._known = dict(known)

    def of(self, check: str) -> Traits:
        """The check's own, or those of one that is not known."""
        return self._known.get(check, _UNKNOWN)

    def datagrams(self, endpoint: Endpoint) -> bool:
        """Its check speaks over UDP."""
        return self.of(endpoint.check).transport is Transport.UDP

    def sends_no_name(self, endpoint: Endpoint) -> bool:
        """Its check names nobody, or not at first (STARTTLS), or the option ``sni`` says so.

        Inside TLS or a WebSocket even a protocol of its own names its host.
        """
        if endpoint.option("sni") == "none":
            return True
        return not self.of(endpoint.check).names_host and not inside_tls(endpoint)

    def speaks_tls(self, endpoint: Endpoint) -> bool:
        """Its check is known to open TLS, before any was seen."""
        return self.of(endpoint.check).opens_tls or inside_tls(endpoint)

    def asks_proof(self, endpoint: Endpoint) -> bool:
        """Its peer proves itself first."""
        traits = self.of(endpoint.check)
        return traits.asks_proof or self.speaks_tls(endpoint)

    def has_forms(self, endpoint: Endpoint) -> bool:
        """It speaks a protocol that has other forms on the same port."""
        return bool(self.of(endpoint.check).forms) and not over_websocket(endpoint)


_UNKNOWN = Traits()


def inside_tls(endpoint: Endpoint) -> bool:
    """The option ``transport`` of built-in checks says so."""
    return endpoint.option("transport") == "tls" or over_websocket(endpoint)


def over_websocket(endpoint: Endpoint) -> bool:
    """The option ``transport`` of built-in checks says so."""
    return endpoint.option("transport") == "websocket"
