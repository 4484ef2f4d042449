"""Rules about names of which a share of the handshakes fails: interference that fails open."""

from collections.abc import Callable

from msgprobe.evidence.controls import DYING
from msgprobe.evidence.pool import PoolFacts
from msgprobe.evidence.shares import joined
from msgprobe.hypotheses.rule import BLOCKED, LIKELY_IMPAIRED, Cited, PoolRule
from msgprobe.model.verdict import Layer

_SYMPTOMS = {
    **DYING,
    **{s: s for s in ("tcp.timeout", "tcp.refused", "protocol.mtproto", "protocol.noise")},
}


def _hosts(p: PoolFacts) -> frozenset[str]:
    """Names of this pool that fail in a share that neutral ones do not."""
    own = [e for e in p.service.endpoints if e.pool == p.pool.name]
    mine = {e.host for e in own} | {e.name for e in own if e.host is None}
    return frozenset(h for h in p.shares.excessive.get(p.service.name, ()) if h in mine)


def _share(symptom: str) -> Callable[[PoolFacts], Cited]:
    def holds(p: PoolFacts) -> Cited:
        hosts = _hosts(p)
        found = joined(t for h, t in p.shares.own(p.service).items() if h in hosts)
        return found.every if found.symptom == symptom else ()

    return holds


def _follows(symptom: str) -> Callable[[PoolFacts], Cited]:
    """The service's names fail in such a share at neutral servers as well."""

    def holds(p: PoolFacts) -> Cited:
        there = p.shares.following.get(p.service.name)
        hosts = _hosts(p)
        if there is None or there.symptom != symptom or not hosts:
            return ()
        if not p.connection.fair(p.connection.servers(there.failed)):
            return ()
        own = (t for h, t in p.shares.own(p.service).items() if h in hosts)
        return (*joined(own).failed, *there.every)

    return holds


FOLLOWING_RULES: tuple[PoolRule, ...] = BLOCKED.at(Layer.TLS).rules(
    "tls.share.elsewhere.{kind}",
    {symptom: f"{mechanism}.sni" for symptom, mechanism in DYING.items()},
    holds=_follows,
)

SHARE_RULES: tuple[PoolRule, ...] = LIKELY_IMPAIRED.at(Layer.TLS).rules(
    "tls.share.{kind}", _SYMPTOMS, holds=_share
)
"""They impair, and speak where nothing accuses."""
