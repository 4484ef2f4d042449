"""What a run may contact, before it does."""

from msgprobe.model.dataclass import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """One line of ``msgprobe plan``.

    ``target`` is a host name (every address that it resolves to may be contacted) or an address;
    ``transport`` is ``tcp``, ``udp`` or ``icmp`` (port 0); ``condition`` is empty when
    it is always contacted, else says in words when; ``max_bytes`` is the most that this line can
    cost on the wire, per run, and ``usual_bytes`` what one conversation of it costs with an honest
    server.
    ``asks`` names what is asked there when the contact is a resolver; ``over`` what the check's
    protocol rides on when that is not TCP or UDP itself (``websocket``, which takes TLS; a proxy).
    Where the user's proxy is stays unsaid: it is ``your proxy``, at port 0.
    """

    target: str
    port: int
    transport: str
    round: int
    subject: str
    check: str
    condition: str = ""
    reason: str = ""
    asks: str = ""
    over: str = ""
    max_bytes: int = 0
    usual_bytes: int = 0
