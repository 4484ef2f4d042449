"""Rules about connects and the messengers' own first words."""

from collections.abc import Callable

from msgprobe.evidence import addresses as ips
from msgprobe.evidence.conversation import Conversation
from msgprobe.evidence.facts import networks
from msgprobe.evidence.pool import AddressFacts, EndpointFacts, PoolFacts
from msgprobe.hypotheses.rule import Cited, Rule, rule
from msgprobe.model.observation import Proof
from msgprobe.model.task import Arm
from msgprobe.model.verdict import Layer, Outcome, Strength


def _all_fail(p: PoolFacts, symptom: str) -> tuple[Conversation, ...]:
    """Every address of every failing member fails this way (the usual ports in repeats, the
    reserve ports once at least); no member answers."""
    if p.ok or not p.failing:
        return ()
    main = [a for e in p.failing if not e.endpoint.reserve for a in _dialled(e)]
    reserve = [a for e in p.failing if e.endpoint.reserve for a in _dialled(e)]
    views = [*main, *reserve]
    if not main or any(a.symptom != symptom for a in views) or any(not a.repeated for a in main):
        return ()
    if any(a.genuine for e in p.failing for a in e.elsewhere):
        return ()
    return tuple(t for a in views for t in a.failed)


def _dialled(e: EndpointFacts) -> list[AddressFacts]:
    return [a for a in (*e.addresses, *e.elsewhere) if a.failed]


def _alive(p: PoolFacts) -> tuple[Conversation, ...]:
    """The same addresses answer on another port: the machines are there."""
    return tuple(t for t in p.probes(Arm.OTHER_PORT) if t.connected)


def _connect(symptom: str, *, alive: bool) -> Callable[[PoolFacts], Cited]:
    """The licence for silence: two servers in two networks, names that hold, controls that work.

    Two servers, because one server with two addresses may simply have been switched off.
    """

    def holds(p: PoolFacts) -> Cited:
        talks = _all_fail(p, symptom)
        if len(networks(talks)) < 2 or not p.names_hold or not p.gate.controls_hold:
            return ()
        if len(p.tested) < 2 or not _still_known(p):
            return ()
        other = _alive(p)
        if bool(other) is not alive:
            return ()
        return (*talks, *other)

    return holds


def _still_known(p: PoolFacts) -> bool:
    """The failing addresses are not all the catalogue's own, or today's names of the service still
    lead into the networks that the catalogue knows it by.

    Addresses that nobody resolves may all have been given up at once; where the service's names
    have left its networks as well, that is the cheaper explanation. Without any name nothing speaks
    against them.
    """
    known = p.service.prefixes
    if not known or any(e.endpoint.host is not None for e in p.failing):
        return True
    hosts = {e.host for e in p.service.endpoints if e.host is not None}
    names = [p.facts.name(host) for host in sorted(hosts)]
    today = {a for n in names for a in (*n.system_addresses, *n.encrypted_addresses)}
    real = [a for a in today if not ips.is_bogon(a)]
    return not real or any(ips.within(a, known) for a in real)


def _early_refusal(p: PoolFacts) -> Cited:
    """A refusal that came faster than the measured path to that address, twice at least."""
    early = [t for t in p.with_symptom("tcp.refused") if p.facts.early(t)]
    return early if len(early) >= 2 else ()


def _refused_everywhere(p: PoolFacts) -> Cited:
    return _all_fail(p, "tcp.refused")


def _one_network(p: PoolFacts) -> Cited:
    for symptom in ("tcp.timeout", "ip.unreachable"):
        talks = _all_fail(p, symptom)
        if talks and (len(networks(talks)) < 2 or len(p.tested) < 2):
            return talks
    return ()


def _other_words(protocol: str) -> Callable[[PoolFacts], Cited]:
    """The messenger's own words get nothing where another protocol is answered."""

    def holds(p: PoolFacts) -> Cited:
        if p.with_symptom("protocol.impostor"):
            return ()
        other = [t for t in p.probes(Arm.OTHER_PAYLOAD) if t.http is not None and t.http.status]
        both = {t.address for t in other}
        hit = [t for t in p.with_symptom(f"protocol.{protocol}") if t.address in both]
        if p.ok or len(networks(hit)) < 2 or not p.gate.controls_hold or not _still_known(p):
            return ()
        return (*hit, *other)

    return holds


def _other_form(protocol: str) -> Callable[[PoolFacts], Cited]:
    """The protocol dies repeatedly in the form that the apps use; in between, the same addresses
    prove in another form that they are the service's (in between: else an outage that ended in
    time for the second form would look the same)."""

    def holds(p: PoolFacts) -> Cited:
        if p.ok or not p.gate.controls_hold:
            return ()
        cited: list[Conversation] = []
        for view in (a for e in p.failing for a in e.addresses):
            if view.symptom != f"protocol.{protocol}" or not view.repeated:
                continue
            last = max(_begun(t) for t in view.failed)
            other = [t for t in view.probes if _proved(t) and _ended(t) <= last]
            cited += (*view.failed, *other) if other else ()
        return cited if len(networks(cited)) >= 2 else ()

    return holds


def _proved(talk: Conversation) -> bool:
    """Another form of the service's own protocol, up to the proof of its key."""
    spoken = talk.task.arm is Arm.OTHER_PAYLOAD and talk.protocol is not None
    return spoken and talk.genuine and talk.proof >= Proof.CRYPTO


def _begun(talk: Conversation) -> float:
    """Seconds since the run began when it was dialled."""
    return talk.tcp.window.start if talk.tcp is not None else 0.0


def _ended(talk: Conversation) -> float:
    """Seconds since the run began when its answer was whole."""
    return talk.protocol.window.end if talk.protocol is not None else 0.0


def _impostor(p: PoolFacts) -> Cited:
    """Whoever answers in the service's own protocol does not hold its key."""
    return () if p.ok else p.with_symptom("protocol.impostor")


TCP_RULES: tuple[Rule, ...] = (
    rule(
        "tcp.timeout.alive",
        Layer.TCP,
        Outcome.BLOCKED,
        Strength.CONFIRMED,
        mechanism="tcp.timeout",
        licence="every address in two networks silent, and an asymmetry shows the service alive",
        why="Every address is silent in repeated tries while the same machines answer on another "
        "port and neutral sites in several networks work.",
        holds=_connect("tcp.timeout", alive=True),
    ),
    rule(
        "tcp.timeout.everywhere",
        Layer.TCP,
        Outcome.BLOCKED,
        Strength.LIKELY,
        mechanism="tcp.timeout",
        licence="every address in two networks or more silent in repeats, controls in three hold",
        why="Every address in several networks is silent in repeated tries while neutral sites "
        "work and the names are right. (A rare total outage would look the same.)",
        holds=_connect("tcp.timeout", alive=False),
    ),
    rule(
        "ip.unreachable.alive",
        Layer.TCP,
        Outcome.BLOCKED,
        Strength.CONFIRMED,
        mechanism="ip.unreachable",
        licence="every address in two networks unreachable, and an asymmetry shows them alive",
        why="Routers on the way answer 'unreachable' for every address while the same machines "
        "answer on another port.",
        holds=_connect("ip.unreachable", alive=True),
    ),
    rule(
        "ip.unreachable.everywhere",
        Layer.TCP,
        Outcome.BLOCKED,
        Strength.LIKELY,
        mechanism="ip.unreachable",
        licence="every address in two networks or more unreachable in repeats, controls hold",
        why="Routers on the way answer 'unreachable' for every address in several networks while "
        "neutral sites work. (A rare total outage would look the same.)",
        holds=_connect("ip.unreachable", alive=False),
    ),
    rule(
        "tcp.refused.alive",
        Layer.TCP,
        Outcome.BLOCKED,
        Strength.LIKELY,
        mechanism="tcp.refused",
        licence="every address in two networks refuses, and an asymmetry shows the service alive",
        why="Every address refuses in repeated tries while the same machines answer on another "
        "port.",
        holds=_connect("tcp.refused", alive=True),
    ),
    rule(
        "tcp.refused.early",
        Layer.TCP,
        Outcome.BLOCKED,
        Strength.CONFIRMED,
        mechanism="tcp.refused",
        licence="an artefact: the refusal came faster than the path to that address allows",
        why="The refusal came sooner than the server could have answered: something nearer sent "
        "it.",
        holds=_early_refusal,
    ),
    rule(
        "protocol.mtproto.other_form",
        Layer.PROTOCOL,
        Outcome.BLOCKED,
        Strength.CONFIRMED,
        mechanism="protocol.mtproto",
        licence="same address and port, the genuine server proves itself in another form of the "
        "protocol, in two networks, while repeats in the apps' own form fail",
        why="The genuine servers answer when their protocol is spoken in another form, and never "
        "as the apps speak it: something on the way recognises that form.",
        holds=_other_form("mtproto"),
    ),
    rule(
        "protocol.mtproto.other_words",
        Layer.PROTOCOL,
        Outcome.BLOCKED,
        Strength.LIKELY,
        mechanism="protocol.mtproto",
        licence="same address, another protocol works, in two networks",
        why="The servers answer plain HTTP and not Telegram's own protocol, in several networks: "
        "the protocol is the trigger.",
        holds=_other_words("mtproto"),
    ),
    rule(
        "protocol.impostor",
        Layer.PROTOCOL,
        Outcome.INCONCLUSIVE,
        None,
        licence="an answer in the messenger's own protocol without its key",
        why="Something answers in the messenger's own protocol and could not prove that it is the "
        "messenger: an impostor, or the service has a key that this version does not know. Do not "
        "log in until you know.",
        holds=_impostor,
    ),
    rule(
        "tcp.refused.everywhere",
        Layer.TCP,
        Outcome.INCONCLUSIVE,
        None,
        licence="every address refuses, and nothing else",
        why="Every address refuses the connection: a censor that forges refusals and a service "
        "that closed the port look the same from one place.",
        holds=_refused_everywhere,
    ),
    rule(
        "tcp.one_network",
        Layer.TCP,
        Outcome.INCONCLUSIVE,
        None,
        licence="silence of a single server or network",
        why="It is cut off, but it is one server or one network only: blocking and an outage of "
        "that one place look the same.",
        holds=_one_network,
    ),
)
