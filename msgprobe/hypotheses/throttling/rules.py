"""Rules about speed: throttled, frozen, slow for reasons unknown, and how far we can see at all."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace

from msgprobe.evidence import speeds
from msgprobe.evidence.cut_places import (
    TWICE,
    beyond,
    networks,
    not_stopped,
    of_other_services,
)
from msgprobe.evidence.cuts import Cuts
from msgprobe.evidence.dying_transfers import dying_by_name
from msgprobe.evidence.facts import transactions
from msgprobe.evidence.kinds import Kind
from msgprobe.evidence.losing import lasting, losing, without_worst
from msgprobe.evidence.losing_services import lossy_parts, well
from msgprobe.evidence.losses import FLOOR, disturbed, each_exceeds, exceeds, lost_share
from msgprobe.evidence.lulls import out_of_lulls
from msgprobe.evidence.paired_transfers import PairedTransfers
from msgprobe.evidence.pool import PoolFacts
from msgprobe.evidence.speeds import mechanism, speed, unfinished
from msgprobe.evidence.statistics import Decision
from msgprobe.evidence.stopped_once import stopped_once
from msgprobe.evidence.transfer_pairs import OTHER_SERVER, SAME_SERVER, Pair
from msgprobe.evidence.transfer_samples import Sample
from msgprobe.hypotheses.rule import (
    LIKELY_BLOCKED,
    LIKELY_IMPAIRED,
    UNCLEAR,
    Cited,
    Finding,
    PoolRule,
    Rule,
    Word,
    first_holding,
)
from msgprobe.model.target import Direction
from msgprobe.model.verdict import FunctionVerdict, Layer, Outcome, Speed, Strength

SpeedRule = Rule[PairedTransfers]

_THROTTLED = Word(Outcome.THROTTLED, Strength.CONFIRMED, Layer.HTTP)
_LIKELY_THROTTLED = Word(Outcome.THROTTLED, Strength.LIKELY, Layer.HTTP)
_LIKELY_BLOCKED = LIKELY_BLOCKED.at(Layer.HTTP)
_IMPAIRED = Word(Outcome.DEGRADED, None, Layer.HTTP)


def _paired(paired: PairedTransfers) -> tuple[Sample, ...]:
    pairs = (*paired.here_pairs, *paired.there_pairs)
    return tuple({id(s): s for p in pairs for s in (p.target, p.control)}.values())


def _by_name(paired: PairedTransfers) -> Iterable[Sample]:
    """The name alone makes the difference, by the sequential test, and a second kind agrees."""
    return _paired(paired) if paired.slow_by_name and _name_decides(paired) else ()


def _by_name_lossy(paired: PairedTransfers) -> Iterable[Sample]:
    """The name alone decides how much is lost, by an exact test, and a second kind agrees."""
    return _paired(paired) if _name_decides(paired) else ()


def _name_decides(paired: PairedTransfers) -> bool:
    named = paired.kinds & {Kind.HERE, Kind.ELSEWHERE, Kind.NAME_LOSS}
    return bool(named) and len(paired.kinds) >= 2 and not _dies(paired)


def _dies(paired: PairedTransfers) -> bool:
    """Most of what was slow under its name was not answered at all, not even its ClientHello; or,
    where no time decides, of what lost something, too: whoever limits a rate, or takes a share,
    lets something through."""
    pairs = (*paired.here_pairs, *paired.there_pairs)
    timed = paired.slow_by_name
    hurt = [p for p in pairs if p.beyond > SAME_SERVER or (disturbed(p.target.info) and not timed)]
    dead = (p.target.info for p in hurt if not p.target.begun)
    return 2 * sum(i is not None and not i.bytes_received for i in dead) > len(hurt)


def _poisoned(paired: PairedTransfers) -> Iterable[Sample]:
    """Neutral servers become slow once the service is named to them, and stay so for all names."""
    if Decision.SLOW in (paired.here, paired.elsewhere) or paired.wide is not Decision.SLOW:
        return ()
    return paired.poisoned


def _by_losses(paired: PairedTransfers) -> Iterable[Sample]:
    """Losing far more than neutral sources do, and a second kind agrees: slower than those of
    three networks, or every other conversation with the service loses as much. And so for long
    enough: a way that is crowded for some seconds loses as much."""
    return losing(paired) if lasting(paired) else ()


def _by_address(paired: PairedTransfers) -> Iterable[Sample]:
    """The same whatever the name: a neutral one at that address fares no better, and at neutral
    servers the service's name changes nothing."""
    if paired.kinds & {Kind.HERE, Kind.ELSEWHERE, Kind.NAME_LOSS}:
        return ()
    here = paired.here is Decision.NORMAL or _neutral_loses(paired)
    if not (paired.here_fails if not paired.here_pairs else here):
        return ()
    if paired.there_pairs and paired.elsewhere is not Decision.NORMAL:
        return ()
    return _by_losses(paired)


def _neutral_loses(paired: PairedTransfers) -> bool:
    """Under a neutral name the same address loses as much."""
    return exceeds((s.info for s in paired.neutral), (s.info for s in paired.sources))


def _unexplained(paired: PairedTransfers) -> Iterable[Sample]:
    """Slower than the neutral sources, and nothing that shows who makes it so. A server that only
    takes its time before it answers is not slow."""
    if paired.wide_settled is Decision.SLOW or paired.here is Decision.SLOW:
        return (*paired.own, *paired.fair)
    return _paired(paired) if paired.elsewhere is Decision.SLOW else ()


def _only_lossy(paired: PairedTransfers) -> Iterable[Sample]:
    """Losing far more than neutral sources do, whichever of its transfers is left out (a burst of
    losses hits one), and nothing else that is amiss."""
    if not paired.lossy:
        return ()
    rest = [s.info for s in without_worst(paired.own)]
    others = [s.info for s in paired.sources]
    lossy = exceeds(rest, others) or each_exceeds((s.info for s in paired.own), others)
    return (*paired.own, *paired.sources) if lossy else ()


def _lost_by_name(paired: PairedTransfers) -> Iterable[Sample]:
    """The name seems to decide what is lost, and no second kind agrees: fine it is not."""
    if not paired.seems_to_lose_by_name or _dies(paired):
        return ()
    return {id(s): s for side in paired.sides for couple in side for s in couple}.values()


def _nothing(paired: PairedTransfers) -> Iterable[Sample]:
    """Nothing at all came of the service's own transfers, of two hosts' at least, as neutral ones
    ran the same way. One object that does not come may have been moved or retired."""
    ran = paired.asset.pool is None and any(s.moved for s in paired.fair)
    others = [p for p in paired.peers if p.silent and p.asset.host != paired.asset.host]
    if not paired.silent or not ran or not others or paired.impatient:
        return ()
    return (*paired.own, *(s for p in others for s in p.own), *paired.fair)


def _undecided(paired: PairedTransfers) -> Iterable[Sample]:
    """Slow more often than not, beside neutral sources or under its name, and the run ended before
    the test had decided."""
    if paired.mostly_slow_by_name:
        return _paired(paired)
    pairs = paired.wide_pairs
    slow = sum(p.settled > OTHER_SERVER and not _mere_losses(paired, p) for p in pairs)
    if paired.wide_settled is not Decision.OPEN or 2 * slow <= len(pairs):
        return ()
    if len(pairs) < 2 and (paired.asset.pool is not None or pairs[0].held_up):
        return ()  # one server says nothing about the others, one handshake nothing about speed
    return (*paired.own, *paired.fair)


def _mere_losses(paired: PairedTransfers, pair: Pair) -> bool:
    """Its handshake or a single pause that ended took the time and something was lost in it, as in
    most neutral ones, which lose as much."""
    mine, others = pair.target, paired.sources
    accident = mine.finished and pair.held_up and disturbed(mine.info)
    alike = 2 * sum(disturbed(s.info) for s in others) > len(others)
    return accident and alike and not paired.lossy


def _cut_on_the_way(paired: PairedTransfers) -> Iterable[Sample]:
    cuts = Cuts(paired)
    shown = cuts.on_the_way
    return (*cuts.here, *shown, *paired.fair) if shown else ()


def _cut_as_others(paired: PairedTransfers) -> Iterable[Sample]:
    """Silent at the place where servers of unrelated owners fall silent too: no server's doing."""
    shown = Cuts(paired).as_others
    return (*shown, *paired.fair) if shown else ()


def _cut(paired: PairedTransfers) -> Iterable[Sample]:
    """Broken off each time at one place, and its servers may do so; what they did not ask for they
    break off as a rule."""
    cuts = Cuts(paired)
    cut = cuts.pages or (cuts.here if not cuts.refused and not cuts.late else ())
    return (*cut, *paired.fair) if cut and paired.asset.pool is None else ()


def _broken_off(paired: PairedTransfers) -> Iterable[Sample]:
    """Most of its own were broken off, wherever, and neutral ones of two networks, which moved
    more, were not. Uploads servers break off that did not ask for them."""
    if paired.asset.direction is Direction.UP or paired.asset.pool is not None:
        return ()
    broken, neutral = Cuts(paired).torn, not_stopped(paired.facts, paired.sources)
    if not broken or any(s.ending and s.moved for s in neutral):
        return ()
    further = Cuts(paired).passing(broken)
    enough = len({s.conversation.task.subject for s in further}) >= 2
    return (*broken, *further) if enough else ()


def _broken_off_alone(paired: PairedTransfers) -> Iterable[Sample]:
    """The same where every neutral source is cut by whoever cuts those of unrelated owners: what
    other services moved from two networks shows that the line carries more."""
    if paired.asset.direction is Direction.UP or paired.asset.pool is not None:
        return ()
    broken = Cuts(paired).torn
    if not broken or not paired.sources or not_stopped(paired.facts, paired.sources):
        return ()
    others = of_other_services(paired.facts, paired.service.name, paired.asset.direction)
    further = beyond(others, broken)
    return (*broken, *further) if len(networks(further)) >= TWICE else ()


def _volleys_cut(paired: PairedTransfers) -> Iterable[Sample]:
    """Nobody knows how many questions such servers answer: a limit of theirs may look alike."""
    here = Cuts(paired).here if paired.asset.pool is not None else ()
    return (*here, *paired.fair) if here else ()


ALIKE = _LIKELY_THROTTLED.info("throttle.alike", "throttle")
"""Where one comparison has shown who slows the service down, the others are not all held as
well."""

NOTHING: SpeedRule = _IMPAIRED.rule("transfer.nothing", holds=_nothing)
"""Not a speed: where nothing moves, nothing else about transfers is said."""

STOPPED: SpeedRule = UNCLEAR.at(Layer.HTTP).rule("transfer.stopped", holds=stopped_once)
"""Fine it is not, and whether it was an accident nobody knows."""

LOST_BY_NAME: SpeedRule = UNCLEAR.at(Layer.HTTP).rule("speed.name_loss", holds=_lost_by_name)

DIES: SpeedRule = _IMPAIRED.rule("transfer.dies", holds=dying_by_name)

SPEED_RULES: tuple[SpeedRule, ...] = (
    NOTHING,
    _LIKELY_BLOCKED.rule("transfer.as_others", "tcp.freeze", holds=_cut_as_others),
    _LIKELY_BLOCKED.rule("transfer.freeze", "tcp.freeze", holds=_cut_on_the_way),
    _IMPAIRED.rule("transfer.as_all", holds=lambda p: Cuts(p).as_all),
    _IMPAIRED.rule("transfer.once_as_others", holds=lambda p: Cuts(p).among_some),
    _IMPAIRED.rule("volley.freeze", holds=_volleys_cut),
    _IMPAIRED.rule("transfer.cut", holds=_cut),
    _THROTTLED.rule("throttle.name", "throttle.sni", holds=_by_name),
    _LIKELY_THROTTLED.rule("throttle.name_loss", "throttle.sni", holds=_by_name_lossy),
    _LIKELY_THROTTLED.rule("throttle.name_then_address", "throttle.sni", holds=_poisoned),
    _LIKELY_THROTTLED.rule("throttle.address", "throttle.ip", holds=_by_address),
    _LIKELY_THROTTLED.rule("throttle.losses", "throttle", holds=_by_losses),
    DIES,
    _IMPAIRED.rule("transfer.broken", holds=_broken_off),
    _IMPAIRED.rule("transfer.broken_alone", holds=_broken_off_alone),
    _IMPAIRED.rule("speed.slow", holds=_unexplained),
    _IMPAIRED.rule("speed.lossy", holds=_only_lossy),
    _IMPAIRED.rule("speed.undecided", holds=_undecided),
    LOST_BY_NAME,
    STOPPED,
)


Compared = tuple[PairedTransfers, Finding | None]
"""A comparison, and what the first rule that holds says of it."""


def judge_speeds(
    functions: Iterable[FunctionVerdict],
    comparisons: Iterable[PairedTransfers],
    doubts: Collection[str] = (),
) -> tuple[FunctionVerdict, ...]:
    """The verdicts on a service's functions with what its transfers say: a worse word replaces a
    better one. ``doubts`` are rules that leave open whether a function's handshakes fail by chance:
    transfers that die by name settle that."""
    found = [(paired, _finding(paired)) for paired in comparisons]
    return tuple(_judge_speed(f, found, doubts) for f in functions)


def _judge_speed(
    verdict: FunctionVerdict, found: Sequence[Compared], doubts: Collection[str]
) -> FunctionVerdict:
    mine = [(c, said) for c, said in found if c.asset.function is verdict.function]
    known = any(_accuses(said) for _, said in found)
    verdict = replace(verdict, speeds=_told([c for c, _ in mine], known=known))
    every = sorted(filter(None, (_shown(said) for _, said in found)))
    shown = every[-1] if every else None  # by name before by address
    for paired, finding in mine:
        if shown is not None and _weaker(finding, shown):
            finding = _alike(paired, shown) or _renamed(finding, shown)
        if finding is None or _known(paired, finding, verdict, doubts):
            continue
        if _worse(finding.info.outcome, verdict.outcome):
            verdict = _apply(verdict, paired, finding)
    return verdict


def _known(
    paired: PairedTransfers, finding: Finding, verdict: FunctionVerdict, doubts: Collection[str]
) -> bool:
    """It adds nothing to a word that is not ok."""
    of_what_works = paired.silent or finding.info.rule_id == STOPPED.info.rule_id
    settles = finding.info.rule_id == DIES.info.rule_id and verdict.rules[0] in doubts
    return of_what_works and verdict.outcome is not Outcome.OK and not settles


def _told(mine: Iterable[PairedTransfers], *, known: bool) -> tuple[Speed, ...]:
    """The speeds in numbers. Where nothing is ``known`` of who slows the service down, and what was
    slow was not compared to the end, no limit can be said to have been visible."""
    pairs = [(c, s) for c in mine if (s := speed(c)) is not None]
    blind = {c.asset.name for c, _ in pairs if not known and unfinished(c)}
    return tuple(replace(s, floor_kbit=0.0) if s.asset in blind else s for _, s in pairs)


_GRAVITY = (Outcome.BLOCKED, Outcome.THROTTLED, Outcome.DEGRADED, Outcome.INCONCLUSIVE)


def _weaker(finding: Finding | None, shown: str) -> bool:
    """Another comparison of the service could tell more: that the name decides, or who slows it."""
    if finding is None or finding.info.outcome in (Outcome.DEGRADED, Outcome.INCONCLUSIVE):
        return True
    unsure = ("throttle.address", "throttle.losses")
    return finding.info.rule_id in unsure and shown.startswith("throttle.sni")


def _renamed(finding: Finding | None, shown: str) -> Finding | None:
    """Losses that were not told apart, with the mechanism that another comparison has shown."""
    if finding is None or finding.info.rule_id != "throttle.losses":
        return finding
    return replace(finding, info=replace(finding.info, mechanism=shown))


def _worse(new: object, old: Outcome) -> bool:
    order = {outcome: rank for rank, outcome in enumerate(_GRAVITY)}
    assert isinstance(new, Outcome)
    return order[new] < order.get(old, len(order))


def _finding(paired: PairedTransfers) -> Finding | None:
    """What the first rule that holds says, with the mechanism as exactly as it is known."""
    cuts = Cuts(paired)
    nothing = paired.silent and not cuts.here and not cuts.pages
    found = first_holding((DIES, NOTHING) if nothing else SPEED_RULES, paired)
    if found is None or found.info.mechanism is None:
        return found
    frozen = found.info.mechanism == "tcp.freeze"
    path = cuts.path if frozen else mechanism(paired, found.info.mechanism)
    return replace(found, info=replace(found.info, mechanism=path))


def accuses(paired: PairedTransfers) -> bool:
    """The comparison alone shows interference."""
    return _accuses(_finding(paired))


def _accuses(finding: Finding | None) -> bool:
    return finding is not None and finding.info.outcome in (Outcome.BLOCKED, Outcome.THROTTLED)


def _shown(finding: Finding | None) -> str | None:
    """The mechanism by which the comparison shows the service throttled, None when it does not."""
    throttled = finding is not None and finding.info.outcome is Outcome.THROTTLED
    return finding.info.mechanism if finding is not None and throttled else None


def _alike(paired: PairedTransfers, path: str) -> Finding | None:
    pairs = paired.wide_pairs
    if paired.silent or not pairs or not all(p.corrected > OTHER_SERVER for p in pairs):
        return None
    cited = [s.conversation for p in pairs for s in (p.target, p.control)]
    return Finding(info=replace(ALIKE, mechanism=path), evidence=transactions(cited))


def _apply(verdict: FunctionVerdict, paired: PairedTransfers, found: Finding) -> FunctionVerdict:
    outcome = found.info.outcome
    assert isinstance(outcome, Outcome)
    return replace(
        verdict,
        outcome=outcome,
        strength=found.info.strength,
        mechanisms=(found.info.mechanism,) if found.info.mechanism else (),
        why=speeds.said(found.info.rule_id, paired),
        rules=(found.info.rule_id,),
        evidence=found.evidence,
    )


def _lossy(p: PoolFacts) -> Cited:
    """The service's conversations and transfers lose far more than those of all others, and so do
    this pool's conversations; all of them, or a part that the rest must not dilute."""
    lossy = lossy_parts(p.facts, p.service)
    own = out_of_lulls(p.facts, well(p.facts, p.genuine)) if lossy else []
    for part in lossy:
        shown = part.of(own)
        if lost_share(t.info for t in shown) >= FLOOR:
            return shown
    return ()


CONVERSATION_LOSS: PoolRule = LIKELY_IMPAIRED.at(Layer.TCP).rule("tcp.loss", holds=_lossy)
