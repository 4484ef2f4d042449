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
from msgprobe.model.target import Key, Root, Service
from msgprobe.model.task import Flow
from msgprobe.verification.answer import HOLDS, Answer

UNSEEN = Answer(word=Word.NOT_ASKED, what="no endpoint showed it")
UNPROVED = Answer(word=Word.NOT_ASKED, what="no server proved it")


def authorities(service: Service, measurements: Iterable[Measurement]) -> Iterator[Checked]:
    """Roots in which some chain ended, keys that some server proved to hold."""
    mine = [m for m in measurements if m.task.subject == service.name]
    yield from _roots(service, mine)
    yield from _keys(service, mine)


def _roots(service: Service, mine: list[Measurement]) -> Iterator[Checked]:
    """An authority that nobody shows is no fault by itself (a spare, or one that is phased out),
    but where endpoints show another one it differs."""
    flows = [(m.task.probe, m) for m in mine if isinstance(m.task.probe, Flow)]
    seen = [(f, o) for f, m in flows for o in m.observations if isinstance(o, TlsObservation)]
    ended = {o.root_sha256 for _, o in seen}
    others = _other_authority([o for flow, o in seen if flow.roots_of == service.name])
    for root in service.roots:
        yield _row(service, root, Kind.ROOT, HOLDS if root.sha256 in ended else others)


def _other_authority(handshakes: list[TlsObservation]) -> Answer:
    """What a root is called that no chain ended in."""
    unknown = Failure.TLS_UNKNOWN_AUTHORITY
    strange = [o for o in handshakes if o.failure is unknown and o.chain]
    if not strange:
        return UNSEEN
    names = dict.fromkeys(o.server_name or o.address for o in strange)
    issuer = strange[0].chain[-1].issuer or "an authority without a name"
    what = f"{', '.join(names)} show another authority: {issuer}"
    return Answer(word=Word.DIFFERS, what=what, came=Came(shown=strange[0].chain))


def _keys(service: Service, mine: list[Measurement]) -> Iterator[Checked]:
    spoken = [o for m in mine for o in m.observations if isinstance(o, ProtocolObservation)]
    proved = " ".join(o.detail for o in spoken if o.proof is Proof.CRYPTO)
    others = UNPROVED
    strange = [o for o in spoken if o.stage in IMPOSTOR_STAGES]
    if strange:
        where = dict.fromkeys(o.address for o in strange)
        what = f"another key at {', '.join(where)}: {strange[0].detail}"
        others = Answer(word=Word.DIFFERS, what=what)
    for key in service.keys:
        yield _row(service, key, Kind.KEY, HOLDS if key.fingerprint in proved else others)


def _row(service: Service, own: Root | Key, kind: Kind, said: Answer) -> Checked:
    return Checked(
        service=service.name,
        table=own.name,
        row=f"{kind.value} {own.name}",
        kind=kind,
        word=said.word,
        what=said.what,
        provenance=own.provenance,
        came=said.came,
    )
