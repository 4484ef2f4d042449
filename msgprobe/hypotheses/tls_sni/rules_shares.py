"""Rules about names of which a share of the handshakes fails: interference that fails open."""

from collections.abc import Callable

from msgprobe.evidence.controls import DYING
from msgprobe.evidence.doubts import doubts
from msgprobe.evidence.pool import PoolFacts
from msgprobe.evidence.tallies import joined
from msgprobe.hypotheses.rule import BLOCKED, LIKELY_IMPAIRED, UNCLEAR, Cited, PoolRule
from msgprobe.model.verdict import Layer

SPARED = 0.01
"""The chance, at most, that names which fail less often than others do so by luck."""

_SYMPTOMS = {
    **DYING,
    **{s: s for s in ("tcp.timeout", "tcp.refused", "protocol.mtproto", "protocol.noise")},
}


def _hosts(p: PoolFacts) -> frozenset[str | None]:
    """Names of this pool that fail in a share that neutral ones do not."""
    return p.shares.striking(p.service) & _mine(p)


def strikes(p: PoolFacts) -> bool:
    """The pool has such names: where it has none, no rule about shares holds."""
    return bool(_hosts(p))


def _mine(p: PoolFacts) -> frozenset[str | None]:
    """What names this pool's conversations."""
    own = [e for e in p.service.endpoints if e.pool == p.pool.name]
    return frozenset({e.host for e in own} | {e.name for e in own if e.host is None})


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


def _doubtful(p: PoolFacts) -> Cited:
    mine = _mine(p)
    return joined(t for what, t in doubts(p.facts).of(p.service).items() if what in mine).every


SHARE_DOUBT: PoolRule = UNCLEAR.at(Layer.TLS).rule("tls.share.unclear", holds=_doubtful)
"""Too many fail to say that it works, and too few to say more."""


def spares_enough(p: PoolFacts) -> bool:
    """As many members as the pool needs answer under names that do not fail in such a share, and
    more than luck spares these: names of the service that were merely lucky fail like the rest."""
    striking = p.shares.striking(p.service)
    names = p.shares.planned(p.service)
    struck = joined(t for what, t in names.items() if what in striking)
    spared = joined(t for what, t in names.items() if what not in striking)
    well = [m for m in p.ok if not any(e.endpoint.host in striking for e in m.endpoints)]
    return len(well) >= p.need and struck.exceeds(spared) <= SPARED
