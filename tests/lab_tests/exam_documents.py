"""Runs' documents made by hand, as far as the exam reads them."""

from collections.abc import Mapping, Sequence
from typing import Any

GOOD_DNS = "157.240.1.35"
"""An address of Meta's (AS32934)."""


def document(
    words: Mapping[str, str],
    *measurements: Mapping[str, Any],
    state: str = "online",
    mechanisms: Mapping[str, Sequence[str]] | None = None,
    seconds: float = 2.0,
    octets: int = 100_000,
) -> dict[str, Any]:
    """``words`` maps services and ``service.function`` to their words."""
    given = mechanisms or {}
    services = [
        {
            "service": name,
            "outcome": word,
            "mechanisms": list(given.get(name, ())),
            "functions": [
                {
                    "function": key.partition(".")[2],
                    "outcome": found,
                    "mechanisms": list(given.get(key, ())),
                    "endpoints": {"tested": 1, "ok": 1},
                }
                for key, found in words.items()
                if key.startswith(f"{name}.")
            ],
        }
        for name, word in words.items()
        if "." not in name
    ]
    return {
        "tool": {"version": "1.2.3", "rules_version": 7},
        "started_at": "2026-01-02T03:04:05Z",
        "duration_s": seconds,
        "bytes": {"sent": octets // 2, "received": octets - octets // 2},
        "exit_code": 0,
        "connection": {"state": state, "notes": []},
        "services": services,
        "measurements": list(measurements),
    }


def lookup(name: str, *addresses: str, failure: str | None = None) -> dict[str, Any]:
    """One question to the system's resolver."""
    seen = {"type": "dns", "failure": failure, "addresses": list(addresses)}
    probe = {"type": "lookup", "name": name, "resolver": {"kind": "system"}}
    return _measured(probe, [seen], check="resolve")


def flow(
    host: str | None,
    address: str,
    *observations: Mapping[str, Any],
    port: int = 443,
    failure: str | None = None,
    arm: str = "base",
    role: str = "target",
    check: str = "https",
) -> dict[str, Any]:
    """One conversation; ``failure`` is that of its connect."""
    probe = {"type": "flow", "host": host, "address": address, "port": port}
    tcp = {"type": "tcp", "failure": failure}
    return _measured(probe, [tcp, *observations], check=check, arm=arm, role=role)


def tls(
    failure: str | None = None, *, issuer: str = "public-ca", pinned: bool = False
) -> dict[str, Any]:
    return {
        "type": "tls",
        "failure": failure,
        "verified": failure is None,
        "root_pinned": pinned,
        "chain": [{"sha256": "leaf"}, {"sha256": issuer}],
    }


def http(status: int | None = 200) -> dict[str, Any]:
    failure = None if status is not None else "generic_timeout_error"
    return {"type": "http", "failure": failure, "status": status}


def answer(octets: int) -> dict[str, Any]:
    """Something said in the messenger's own protocol."""
    return {"type": "protocol", "failure": None, "bytes_received": octets}


def _measured(
    probe: Mapping[str, Any],
    observations: Sequence[Mapping[str, Any]],
    *,
    check: str,
    arm: str = "base",
    role: str = "target",
) -> dict[str, Any]:
    return {
        "task": {"check": check, "arm": arm, "role": role, "probe": probe},
        "window": {"start": 0.5, "end": 1.5},
        "observations": list(observations),
        "bytes_sent": 1000,
        "bytes_received": 2000,
    }
