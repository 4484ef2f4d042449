"""The rows that are asked through others: a service's own authorities and keys. Pure."""

from collections.abc import Iterable, Iterator

from msgprobe.model.failure import Failure
from msgprobe.model.measurement import Measurement
from msgprobe.model.observation import (
    IMPOSTOR_STAGES,
    Proof,
    ProtocolObservation,
    TlsObservation,
)
from msgprobe.model.row import Came, Checked, Kind, Word
from msgprobe.model.target import Service
from msgprobe.model.task import Flow

UNSEEN = "no endpoint showed it"


def authorities(service: Service, measurements: Iterable[Measurement]) -> Iterator[Checked]:
    """Roots in which some chain ended, keys that some server proved to hold."""
    mine = [m for m in measurements if m.task.subject == service.name]
    yield from _roots(service, mine)
    yield from _keys(service, mine)


def _roots(service: Service, mine: list[Measurement]) -> Iterator[Checked]:
    """An authority that nobody shows is no fault by itself (a spare, or one that is phased out),
    but where endpoints show another one it differs."""
    seen = [
        (m.task.probe, o)
        for m in mine
        for o in m.observations
        if isinstance(o, TlsObservation) and isinstance(m.task.probe, Flow)
    ]
    ended = {o.root_sha256 for _, o in seen}
    strange = [
        o
        for flow, o in seen
        if flow.roots_of == service.name and o.failure is Failure.TLS_UNKNOWN_AUTHORITY and o.chain
    ]
    for root in service.roots:
        word, what, came = Word.NOT_ASKED, UNSEEN, Came()
        if root.sha256 in ended:
            word, what = Word.HOLDS, ""
        elif strange:
            names = dict.fromkeys(o.server_name or o.address for o in strange)
            issuer = strange[0].chain[-1].issuer or "an authority without a name"
            word, what = Word.DIFFERS, f"{', '.join(names)} show another authority: {issuer}"
            came = Came(shown=strange[0].chain)
        yield Checked(
            service=service.name,
            table=root.name,
            row=f"root {root.name}",
            kind=Kind.ROOT,
            word=word,
            what=what,
            provenance=root.provenance,
            came=came,
        )


def _keys(service: Service, mine: list[Measurement]) -> Iterator[Checked]:
    spoken = [o for m in mine for o in m.observations if isinstance(o, ProtocolObservation)]
    proved = " ".join(o.detail for o in spoken if o.proof is Proof.CRYPTO)
    strange = [o for o in spoken if o.stage in IMPOSTOR_STAGES]
    for key in service.keys:
        word, what = Word.NOT_ASKED, "no server proved it"
        if key.fingerprint in proved:
            word, what = Word.HOLDS, ""
        elif strange:
            where = dict.fromkeys(o.address for o in strange)
            word, what = Word.DIFFERS, f"another key at {', '.join(where)}: {strange[0].detail}"
        yield Checked(
            service=service.name,
            table=key.name,
            row=f"key {key.name}",
            kind=Kind.KEY,
            word=word,
            what=what,
            provenance=key.provenance,
        )
