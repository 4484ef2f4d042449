"""OONI's rules once more, over the entries of an exported measurement alone.

Written from the descriptions of their tests (ooni/spec ts-017 to ts-020, ts-029; what each rule
does in ooni/probe-cli 3.31.0-alpha), without a look at what the export does: it reads queries,
tcp_connect, tls_handshakes, requests and network_events as whoever gets the file does.
"""

from collections.abc import Iterable
from ipaddress import ip_address
from typing import Any, Final

Entry = dict[str, Any]

DC: Final = {
    *("149.154.175.50", "149.154.167.51", "149.154.175.100"),
    *("149.154.167.91", "149.154.171.5", "95.161.76.100"),
}
FACEBOOK: Final = {
    "b_api": "b-api.facebook.com",
    "b_graph": "b-graph.facebook.com",
    "edge": "edge-mqtt.facebook.com",
    "external_cdn": "external.xx.fbcdn.net",
    "scontent_cdn": "scontent.xx.fbcdn.net",
    "star": "star.c10r.facebook.com",
    "stun": "stun.fbsbx.com",
}
AS_META: Final = 32934
GIVEN_UP: Final = ("interrupted", "unknown_failure: address_not_allowed")
"""What this program ended or did not begin says nothing of the network."""


class Seen:
    """The lists of one measurement, by what the rules ask."""

    def __init__(self, keys: Entry) -> None:
        self.keys = keys
        self.public: set[str] = set()
        for lists in (keys, keys["x_msgprobe"]["controls"]):
            for shake in lists.get("tls_handshakes", ()):
                if shake["failure"] is None and not shake["x_own_root"]:
                    self.public |= {c["sha256"] for c in shake["x_certificates"][1:]}

    def query(self, host: str) -> Entry | None:
        for one in self.keys["queries"]:
            if one["hostname"] == host and one["engine"] == "getaddrinfo":
                return None if one["failure"] in GIVEN_UP else one
        return None

    def addresses(self, host: str) -> list[str]:
        asked = self.query(host)
        return [] if asked is None else [a.get("ipv4") or a["ipv6"] for a in asked["answers"]]

    def name_fails(self, host: str) -> str | None:
        """Why the name leads nowhere, None where it does or was not asked."""
        asked = self.query(host)
        if asked is None:
            return None
        if asked["failure"] is not None:
            return str(asked["failure"])
        if not asked["answers"]:
            return "dns_no_answer"
        here = self.addresses(host)
        return None if any(ip_address(a).is_global for a in here) else "dns_bogon_error"

    def dials(self, host: str, port: int) -> list[Entry]:
        """Connects to the addresses of a name, IPv4 first; of the others only the second port is
        tried in an experiment of its own."""
        arm = "arm=base" if port == 443 else "arm=d9.port"
        given = self.addresses(host)
        found = [
            one
            for one in self.keys["tcp_connect"]
            if f"host={host}" in one["tags"] and arm in one["tags"] and one["port"] == port
            if (one["ip"] in given or self.query(host) is None)
            if one["status"]["failure"] not in GIVEN_UP
        ]
        return [o for o in found if ":" not in o["ip"]] + [o for o in found if ":" in o["ip"]]

    def connect(self, host: str, port: int = 443) -> tuple[bool, str | None] | None:
        if (why := self.name_fails(host)) is not None:
            return False, why
        dials = self.dials(host, port)
        if not dials:
            return None
        good = any(one["status"]["success"] for one in dials)
        return good, None if good else dials[0]["failure"]

    def get(self, host: str, own_roots: bool = False) -> tuple[bool, str | None, float] | None:
        if (why := self.name_fails(host)) is not None:
            asked = self.query(host)
            assert asked is not None
            return False, why, asked["t"]
        dials = self.dials(host, 443)
        open_ones = [one for one in dials if one["status"]["success"]]
        if not open_ones:
            return (False, dials[0]["failure"], dials[0]["t"]) if dials else None
        number = open_ones[0]["transaction_id"]
        shakes = [s for s in self.keys["tls_handshakes"] if s["transaction_id"] == number]
        if not shakes or shakes[0]["failure"] in GIVEN_UP:
            return None
        shake = shakes[0]
        if shake["failure"] is not None:
            issuer = shake["x_certificates"][1:2]
            theirs = bool(issuer) and issuer[0]["sha256"] in self.public
            if not (theirs and shake["failure"] == "ssl_unknown_authority"):
                return False, shake["failure"], shake["t"]
        elif shake["x_own_root"] and not own_roots:
            return False, "ssl_unknown_authority", shake["t"]
        asked = next((r for r in self.keys["requests"] if r["transaction_id"] == number), None)
        if asked is None or asked["response"] is not None or asked["failure"] in GIVEN_UP:
            return True, None, shake["t"]
        return False, asked["failure"], asked["t"]


def status(found: tuple[Any, ...] | None) -> str | None:
    return None if found is None else "ok" if found[0] else "blocked"


def failure(found: tuple[Any, ...] | None) -> str | None:
    return None if found is None else found[1]


def whatsapp(seen: Seen) -> Entry:
    hosts = [f"e{n}.whatsapp.net" for n in range(1, 17)]
    chat = {host: [seen.connect(host, port) for port in (443, 5222)] for host in hosts}
    told = [one[0] for both in chat.values() for one in both if one is not None]
    register, web = seen.get("v.whatsapp.net"), seen.get("web.whatsapp.com")
    return {
        "whatsapp_endpoints_status": status((any(told),) if told else None),
        "whatsapp_endpoints_blocked": [
            host for host, both in chat.items() if all(o is not None and not o[0] for o in both)
        ],
        "whatsapp_endpoints_dns_inconsistent": [],
        "registration_server_status": status(register),
        "registration_server_failure": failure(register),
        "whatsapp_web_status": status(web),
        "whatsapp_web_failure": failure(web),
    }


def telegram(seen: Seen) -> Entry:
    dials = [
        one
        for one in seen.keys["tcp_connect"]
        if one["ip"] in DC and one["status"]["failure"] not in GIVEN_UP
    ]
    numbers = {one["transaction_id"] for one in dials}
    heard = any(
        event["operation"] == "read" and event["num_bytes"] > 0
        for event in seen.keys["network_events"]
        if event["transaction_id"] in numbers
    )
    web = seen.get("web.telegram.org")
    return {
        "telegram_tcp_blocking": not any(o["status"]["success"] for o in dials) if dials else None,
        "telegram_http_blocking": not heard if dials else None,
        "telegram_web_status": status(web),
        "telegram_web_failure": failure(web),
    }


def signal(seen: Seen) -> Entry:
    hosts = ("cdsi", "chat", "storage", "sfu.voip")
    pages = [p for host in hosts if (p := seen.get(f"{host}.signal.org", True)) is not None]
    bad = sorted((p for p in pages if not p[0]), key=lambda p: p[2])
    return {
        "signal_backend_status": status((not bad,) if pages else None),
        "signal_backend_failure": bad[-1][1] if bad else None,
    }


def facebook_messenger(seen: Seen) -> Entry:
    found: Entry = {"facebook_stun_reachable": None}
    for name, host in FACEBOOK.items():
        consistent = in_meta(seen, host)
        found[f"facebook_{name}_dns_consistent"] = consistent
        if name != "stun":
            tried = seen.connect(host) if consistent is not False else None
            found[f"facebook_{name}_reachable"] = None if tried is None else tried[0]
    found["facebook_dns_blocking"] = any_false(v for k, v in found.items() if "consistent" in k)
    found["facebook_tcp_blocking"] = any_false(v for k, v in found.items() if "reachable" in k)
    return found


def in_meta(seen: Seen, host: str) -> bool | None:
    asked = seen.query(host)
    if asked is None:
        return None
    if seen.name_fails(host) is not None:
        return False
    elsewhere = [a for a in asked["answers"] if a["asn"] != AS_META]
    strange = {a.get("ipv4") or a["ipv6"] for a in elsewhere}
    if any(not ip_address(a).is_global for a in strange):
        return False
    shakes = seen.keys["tls_handshakes"]
    proven = {
        s["address"].rpartition(":")[0].strip("[]")
        for s in shakes
        if f"host={host}" in s["tags"] and s["failure"] is None and not s["no_tls_verify"]
    }
    if not strange:
        return True
    return None if strange <= proven else False


def any_false(values: Iterable[bool | None]) -> bool | None:
    told = [v for v in values if v is not None]
    return None if not told else False in told


def web_connectivity(seen: Seen, url: str) -> Entry:
    host = url.removeprefix("https://").rstrip("/")
    return {
        "dns_experiment_failure": seen.name_fails(host),
        "http_experiment_failure": failure(seen.get(host)),
        "control": None,
        "blocking": None,
        "accessible": None,
    }


def expected(measurement: Entry) -> Entry:
    """What the test keys of ``measurement`` should be, of those that a rule makes."""
    seen = Seen(measurement["test_keys"])
    if measurement["test_name"] == "web_connectivity":
        return web_connectivity(seen, measurement["input"])
    rules = {
        "whatsapp": whatsapp,
        "telegram": telegram,
        "signal": signal,
        "facebook_messenger": facebook_messenger,
    }
    return rules[measurement["test_name"]](seen)


def anomaly(measurement: Entry) -> bool | None:
    """What their pages would show of it; None where nothing is known."""
    keys = measurement["test_keys"]
    bad = {
        "whatsapp": [
            _is(keys.get(f"{part}_status"), "blocked")
            for part in ("whatsapp_endpoints", "registration_server", "whatsapp_web")
        ],
        "telegram": [
            keys.get("telegram_tcp_blocking"),
            keys.get("telegram_http_blocking"),
            _is(keys.get("telegram_web_status"), "blocked"),
        ],
        "signal": [_is(keys.get("signal_backend_status"), "blocked")],
        "facebook_messenger": [
            keys.get("facebook_dns_blocking"),
            keys.get("facebook_tcp_blocking"),
        ],
    }[measurement["test_name"]]
    told = [one for one in bad if one is not None]
    return any(told) if told else None


def _is(value: str | None, word: str) -> bool | None:
    return None if value is None else value == word
