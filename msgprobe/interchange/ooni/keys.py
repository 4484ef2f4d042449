"""The test keys of OONI's four messenger tests, by their rules, from what a run saw.

Their tests have no control, no repeat and no word for "cannot tell": the keys say what their rules
say of the same line, not what this program says (that is in ``x_msgprobe``). Two things differ for
the sake of truth: what a run did not try is null, never ``blocked``, and a time-out of theirs that
blames what was never tried has no counterpart.

An HTTP answer of a Telegram data centre is read off any octet that came from it in any form of
MTProto, for no run asks one over HTTP first.
"""

from collections.abc import Iterable
from typing import Any

from msgprobe.interchange.ooni.archival import Archive
from msgprobe.interchange.ooni.tried import Result, Spoken, Tried, possible
from msgprobe.model.task import Arm

Keys = dict[str, Any]

WHATSAPP_CHAT = tuple(f"e{number}.whatsapp.net" for number in range(1, 17))
WHATSAPP_PORTS = (443, 5222)
SIGNAL_HOSTS = ("cdsi.signal.org", "chat.signal.org", "storage.signal.org", "sfu.voip.signal.org")
TELEGRAM_DC = (
    *("149.154.175.50", "149.154.167.51", "149.154.175.100"),
    *("149.154.167.91", "149.154.171.5", "95.161.76.100"),
)
TELEGRAM_ARMS = (Arm.BASE, Arm.REPEAT, Arm.OTHER_PORT, Arm.OTHER_PAYLOAD)
FACEBOOK_HOSTS = {
    "b_api": "b-api.facebook.com",
    "b_graph": "b-graph.facebook.com",
    "edge": "edge-mqtt.facebook.com",
    "external_cdn": "external.xx.fbcdn.net",
    "scontent_cdn": "scontent.xx.fbcdn.net",
    "star": "star.c10r.facebook.com",
}
FACEBOOK_STUN = "stun.fbsbx.com"
META = 32934
"""Meta's autonomous system, which their test wants every address to be in."""


def whatsapp(tried: Tried, archive: Archive) -> Keys:
    """ts-018: one open port of one chat server, the page for registering, the page of the web."""
    chat = {host: [tried.connect(host, port) for port in WHATSAPP_PORTS] for host in WHATSAPP_CHAT}
    told = [one for ports in chat.values() for one in ports if one is not None]
    register, web = tried.fetch("v.whatsapp.net"), tried.fetch("web.whatsapp.com")
    return {
        "whatsapp_endpoints_status": _status(
            any(r.failure is None for r in told) if told else None
        ),
        "whatsapp_endpoints_blocked": [host for host, ports in chat.items() if _all_failed(ports)],
        "whatsapp_endpoints_dns_inconsistent": [],
        "registration_server_status": _status(_good(register)),
        "registration_server_failure": _failure(register),
        "whatsapp_web_status": _status(_good(web)),
        "whatsapp_web_failure": _failure(web),
    }


def telegram(tried: Tried, archive: Archive) -> Keys:
    """ts-020: one data centre that connects, one that answers, the page of the web."""
    centres = tried.with_addresses(TELEGRAM_DC, TELEGRAM_ARMS)
    web = tried.fetch("web.telegram.org")
    return {
        "telegram_tcp_blocking": _none_is(centres, lambda s: s.connected),
        "telegram_http_blocking": _none_is(centres, _answered),
        "telegram_web_status": _status(_good(web)),
        "telegram_web_failure": _failure(web),
    }


def signal(tried: Tried, archive: Archive) -> Keys:
    """ts-029: all of four pages; the failure is the last one's."""
    pages = [tried.fetch(host, own_roots=True) for host in SIGNAL_HOSTS]
    told = [page for page in pages if page is not None]
    failed = sorted((p for p in told if p.failure is not None), key=lambda p: p.at)
    return {
        "signal_backend_status": _status(not failed if told else None),
        "signal_backend_failure": failed[-1].failure if failed else None,
    }


def facebook_messenger(tried: Tried, archive: Archive) -> Keys:
    """ts-019: names that lead into Meta's network, and open ports there."""
    keys: Keys = {}
    for name, host in FACEBOOK_HOSTS.items():
        consistent = _of_meta(tried, archive, host)
        reached = None if consistent is False else _good(tried.connect(host, 443))
        keys[f"facebook_{name}_dns_consistent"] = consistent
        keys[f"facebook_{name}_reachable"] = reached
    keys["facebook_stun_dns_consistent"] = _of_meta(tried, archive, FACEBOOK_STUN)
    keys["facebook_stun_reachable"] = None
    keys["facebook_dns_blocking"] = _some_false(keys, "_dns_consistent")
    keys["facebook_tcp_blocking"] = _some_false(keys, "_reachable")
    return keys


def web_connectivity(tried: Tried, host: str) -> Keys:
    """ts-017 without its control, and so without its verdict: ``blocking`` is null."""
    named, page = tried.looked_up(host), tried.fetch(host)
    return {
        "dns_experiment_failure": _failure(named),
        "dns_consistency": None,
        "http_experiment_failure": _failure(page),
        "control": None,
        "control_failure": None,
        "control_request": None,
        "blocking": None,
        "accessible": None,
        "body_length_match": None,
        "body_proportion": 0.0,
        "headers_match": None,
        "status_code_match": None,
        "title_match": None,
        "client_resolver": None,
        "retries": None,
    }


def _good(result: Result | None) -> bool | None:
    return None if result is None else result.failure is None


def _failure(result: Result | None) -> str | None:
    return None if result is None else result.failure


def _status(good: bool | None) -> str | None:
    return None if good is None else "ok" if good else "blocked"


def _all_failed(results: Iterable[Result | None]) -> bool:
    """Every port was tried, and none opened."""
    return all(one is not None and one.failure is not None for one in results)


def _none_is(spoken: list[Spoken], good: Any) -> bool | None:
    return None if not spoken else not any(map(good, spoken))


def _answered(spoken: Spoken) -> bool:
    return spoken.protocol is not None and spoken.protocol.bytes_received > 0


def _some_false(keys: Keys, ending: str) -> bool | None:
    told = [value for key, value in keys.items() if key.endswith(ending) and value is not None]
    return None if not told else not all(told)


def _of_meta(tried: Tried, archive: Archive, host: str) -> bool | None:
    """The name led into Meta's network.

    The prefixes that are known acquit alone: an address outside of them counts as another network's
    unless whoever answers there has a certificate for the name; then nothing is known.
    """
    named = tried.looked_up(host)
    if named is None:
        return None
    if named.failure is not None:
        return False
    strange = [a for a in tried.addresses(host) if archive.asn(a) != META]
    if not strange:
        return True
    if not all(map(possible, strange)):
        return False
    proven = {
        s.flow.address
        for s in tried.about(host, Arm.BASE, 443)
        if s.tls is not None and s.tls.verified
    }
    return None if set(strange) <= proven else False
