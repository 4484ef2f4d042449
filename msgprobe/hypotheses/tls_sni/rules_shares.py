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
    licence="a share of the handshakes that name the service fails, here and at a neutral "
    "server, which other names and neutral sites do not (exact test, 1e-3 over all names)",
    why="A share of the connections that name the service fails, at its own addresses and at a "
    "neutral server that has nothing to do with it, while other names fail nowhere so often. "
    "So the name is filtered, and the filter lets some pass.",
    holds=_follows,
)

SHARE_RULES: tuple[PoolRule, ...] = LIKELY_IMPAIRED.at(Layer.TLS).rules(
    "tls.share.{kind}",
    _SYMPTOMS,
    licence="a share of the handshakes that name the service fails which neutral ones do not "
    "(exact test over the same minutes, 1e-3 over all names of the run)",
    why="A share of the connections to servers ({pool}) fails, far more than of those to "
    "neutral sites in the same minutes: servers that are overloaded, or something on the way.",
    holds=_share,
)
"""They impair, and speak where nothing accuses."""
