"""What OONI Probe's four messenger tests would say of a run, from the same measurements.

Their rules as they are (ooni/probe-cli 3.31.0-alpha, internal/experiment/{whatsapp,telegram,signal,
fbmessenger}; ooni/spec ts-018, ts-019, ts-020 and ts-029): no control, no repeat, the system's
resolver, one address after another with IPv4 first, and any HTTP status is fine. The four share no
word for "cannot tell": a service is ``blocked`` where its test reports an anomaly, else ``ok``.

Our run asks other questions than theirs in places, so that three of their answers are read off
ours: an HTTP answer of a Telegram data centre is any octet that came from it in any form of
MTProto; hosts that a run did not try say nothing; a chain that we refuse for want of the service's
own root is good enough for them where public authorities signed it. Their deadlines, which make
them blame what they never tried, are left out: that is in their favour.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from ipaddress import ip_address, ip_network
from typing import Any, Final

Document = Mapping[str, Any]

BLOCKED: Final = "blocked"
OK: Final = "ok"

WHATSAPP_CHAT: Final = tuple(f"e{n}.whatsapp.net" for n in range(1, 17))
SIGNAL_HOSTS: Final = (
    "cdsi.signal.org",
    "chat.signal.org",
    "storage.signal.org",
    "sfu.voip.signal.org",
)
TELEGRAM_DC: Final = (
    "149.154.175.50",
    "149.154.167.51",
    "149.154.175.100",
    "149.154.167.91",
    "149.154.171.5",
    "95.161.76.100",
)
FACEBOOK_TCP: Final = (
    "b-api.facebook.com",
    "b-graph.facebook.com",
    "edge-mqtt.facebook.com",
    "external.xx.fbcdn.net",
    "scontent.xx.fbcdn.net",
    "star.c10r.facebook.com",
)
FACEBOOK_STUN: Final = "stun.fbsbx.com"

AS32934: Final = tuple(
    ip_network(prefix)
    for prefix in (
        "31.13.24.0/21",
        "31.13.64.0/18",
        "45.64.40.0/22",
        "57.144.0.0/14",
        "66.220.144.0/20",
        "69.63.176.0/20",
        "69.171.224.0/19",
        "74.119.76.0/22",
        "102.132.96.0/20",
        "103.4.96.0/22",
        "129.134.0.0/16",
        "157.240.0.0/16",
        "163.70.128.0/17",
        "173.252.64.0/18",
        "179.60.192.0/22",
        "185.60.216.0/22",
        "185.89.216.0/22",
        "204.15.20.0/22",
        "2620:0:1c00::/40",
        "2a03:2880::/32",
    )
)
"""Stands for their database of networks: Meta's announcements, from memory."""

_ONCE: Final = ("base",)
_ANY_FORM: Final = ("base", "repeat", "d9.port", "d14.payload")


@dataclass(frozen=True, slots=True)
class _Flow:
    """One conversation of ours: where to, for whom, in which arm, and what was seen."""

    host: str | None
    address: str
    port: int
    arm: str
    seen: Mapping[str, Mapping[str, Any]]

    @property
    def connected(self) -> bool:
        return "tcp" in self.seen and self.seen["tcp"]["failure"] is None


@dataclass(slots=True)
class _Run:
    """A document's measurements by what the rules ask for."""

    lookups: dict[str, tuple[str, ...] | None] = field(default_factory=dict)
    """Addresses by name, as the system gives them; None where it gave none."""
    flows: list[_Flow] = field(default_factory=list)
    issuers: set[str] = field(default_factory=set)
    """SHA-256 of certificates that signed for hosts whose public chain was verified."""
    controls: int = 0
    controls_alive: int = 0

    def flow(self, host: str, arms: Sequence[str], ports: Sequence[int]) -> list[_Flow]:
        return [f for f in self.flows if f.host == host and f.arm in arms and f.port in ports]

    @property
    def offline(self) -> bool:
        """Nothing neutral could be connected to: whatever they had asked would have failed."""
        return self.controls > 0 and not self.controls_alive


def judge(document: Document) -> dict[str, str]:
    """``blocked`` or ``ok`` by service, for those of the four that the run asked about.

    A service of which the run measured nothing that its test looks at is left out, unless the
    whole connection was dead.
    """
    run = _read(document)
    asked = {s["service"] for s in document["services"]}
    tests = {
        "whatsapp": _whatsapp,
        "telegram": _telegram,
        "signal": _signal,
        "messenger": _facebook,
    }
    words = {}
    for service, test in tests.items():
        if service not in asked:
            continue
        anomaly = test(run)
        if anomaly is None and run.offline:
            anomaly = True
        if anomaly is not None:
            words[service] = BLOCKED if anomaly else OK
    return words


# --- reading ------------------------------------------------------------------------------------


def _read(document: Document) -> _Run:
    run = _Run()
    for measurement in document["measurements"]:
        task, probe = measurement["task"], measurement["task"]["probe"]
        observations = measurement["observations"]
        if probe["type"] == "lookup" and task["arm"] in ("base", "gate"):
            if probe["resolver"]["kind"] == "system":
                _read_lookup(run, probe["name"], observations)
        elif probe["type"] == "flow":
            seen = {o["type"]: o for o in observations}
            flow = _Flow(probe["host"], probe["address"], probe["port"], task["arm"], seen)
            if task["role"] == "target":
                run.flows.append(flow)
            elif "tcp" in seen:
                run.controls += 1
                run.controls_alive += flow.connected
            tls = seen.get("tls")
            if tls is not None and tls["verified"] and not tls["root_pinned"]:
                run.issuers |= {c["sha256"] for c in tls["chain"][1:]}
    return run


def _read_lookup(run: _Run, name: str, observations: Sequence[Mapping[str, Any]]) -> None:
    for seen in observations:
        if seen["type"] == "dns":
            good = seen["failure"] is None and seen["addresses"]
            run.lookups.setdefault(name, tuple(seen["addresses"]) if good else None)


def _impossible(address: str) -> bool:
    return not ip_address(address).is_global


# --- steps --------------------------------------------------------------------------------------


def _reach(run: _Run, host: str, ports: Sequence[int]) -> list[_Flow] | None:
    """The flows to the addresses that the system gave, IPv4 first; none where the name fails or is
    answered with impossible addresses only; None where nothing was tried."""
    if host in run.lookups:
        given = run.lookups[host]
        if given is None or all(_impossible(a) for a in given):
            return []
    arms = ("d9.port",) if 443 not in ports else _ONCE
    tried = [f for f in run.flow(host, arms, ports) if "tcp" in f.seen]
    known = run.lookups.get(host)
    if known is not None:
        tried = [f for f in tried if f.address in known]
    return sorted(tried, key=lambda f: ":" in f.address) or None


def _connects(run: _Run, host: str, ports: Sequence[int] = (443,)) -> bool | None:
    tried = _reach(run, host, ports)
    return None if tried is None else any(f.connected for f in tried)


def _fetches(run: _Run, host: str, *, own_roots: bool = False) -> bool | None:
    """Whether a GET would end in any HTTP answer: the first address that connects decides."""
    tried = _reach(run, host, (443,))
    if tried is None:
        return None
    through = next((f for f in tried if f.connected), None)
    if through is None or not _trusts(run, through, own_roots=own_roots):
        return False
    answer = through.seen.get("http")
    return answer is None or answer["status"] is not None


def _trusts(run: _Run, flow: _Flow, *, own_roots: bool) -> bool:
    tls = flow.seen.get("tls")
    if tls is None:
        return False
    if tls["verified"]:
        return own_roots or not tls["root_pinned"]
    public = bool(tls["chain"][1:]) and tls["chain"][1]["sha256"] in run.issuers
    return tls["failure"] == "ssl_unknown_authority" and public


# --- the four tests: True is an anomaly, None nothing to go by ----------------------------------


def _whatsapp(run: _Run) -> bool | None:
    chat = [
        reached
        for host in WHATSAPP_CHAT
        for port in (443, 5222)
        if (reached := _connects(run, host, (port,))) is not None
    ]
    found = [
        any(chat) if chat else None,
        _fetches(run, "v.whatsapp.net"),
        _fetches(run, "web.whatsapp.com"),
    ]
    return _any_failed(found)


def _telegram(run: _Run) -> bool | None:
    asked = [
        f for f in run.flows if f.address in TELEGRAM_DC and f.arm in _ANY_FORM and "tcp" in f.seen
    ]
    connected: bool | None = None
    answered: bool | None = None
    if asked:
        connected = any(f.connected for f in asked)
        answered = any(f.seen.get("protocol", {}).get("bytes_received") for f in asked)
    return _any_failed([connected, answered, _fetches(run, "web.telegram.org")])


def _signal(run: _Run) -> bool | None:
    return _any_failed([_fetches(run, host, own_roots=True) for host in SIGNAL_HOSTS])


def _facebook(run: _Run) -> bool | None:
    named = [host for host in (*FACEBOOK_TCP, FACEBOOK_STUN) if host in run.lookups]
    reached = [_connects(run, host) for host in FACEBOOK_TCP]
    return _any_failed([*(_consistent(run, host) for host in named), *reached])


def _consistent(run: _Run, host: str) -> bool:
    given = run.lookups[host]
    return given is not None and all(_of_meta(address) for address in given)


def _of_meta(address: str) -> bool:
    one = ip_address(address)
    return any(one in network for network in AS32934)


def _any_failed(found: Iterable[bool | None]) -> bool | None:
    told = [one for one in found if one is not None]
    return not all(told) if told else None
