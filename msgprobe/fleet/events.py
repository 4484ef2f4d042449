"""What happened to a country: interference in enough networks, or on enough lines, at once.

A network alone is no event of a country, unless half of the lines are in it. Onsets that follow
each other within hours belong to one event, as do functions of one service: a block is rolled out.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import groupby

from msgprobe.fleet.answers import Named
from msgprobe.model.fleet import CountryEvent, Episode, Onset, Subject
from msgprobe.model.timeline import Bracket

LEAST_NETWORKS = 3
"""Networks that make an event of a country; so do those with half of its lines, ..."""

LEAST_LINES = 3
"""... if they are as many as this."""

BELONGS = 6 * 3600
"""Seconds between two networks' onsets up to which they are one story: providers carry an order
out within hours, not within minutes."""

WITNESSES = 3
"""Lines that agree on an onset, where it is to begin an event, or a network's part in it, before
others: one network can be full of liars."""

NAMED_BY = 3
"""One vote in so many names a mechanism: it is told of the event."""

FOR_EVER = 1 << 60


def episodes(onsets: Iterable[Onset]) -> dict[Subject, list[Episode]]:
    """Each network's times of interference, by subject, in the order of their onsets."""
    found: dict[Subject, list[Episode]] = {}
    by_line = sorted(onsets, key=lambda o: (o.subject.country, o.subject.name, o.asn, _at(o)))
    for (subject, asn), some in groupby(by_line, key=lambda o: (o.subject, o.asn)):
        begun: Onset | None = None
        for one in some:
            if one.hit and begun is None:
                begun = one
            elif not one.hit and begun is not None:
                found.setdefault(subject, []).append(Episode(asn=asn, onset=begun, resolution=one))
                begun = None
        if begun is not None:
            found.setdefault(subject, []).append(Episode(asn=asn, onset=begun, resolution=None))
    return {subject: sorted(some, key=_onset) for subject, some in found.items()}


def events(
    onsets: Iterable[Onset],
    lines: Mapping[str, Mapping[int, int]],
    named: Sequence[Named] = (),
) -> list[CountryEvent]:
    """Every event, in the order of time; ``lines`` is how many vantages each network has."""
    found: dict[tuple[str, str], list[tuple[str, list[Episode]]]] = {}
    for subject, some in episodes(onsets).items():
        for cluster in _clusters(some, lines.get(subject.country, {})):
            found.setdefault((subject.country, subject.service), []).append(
                (subject.function, cluster)
            )
    made = [
        _event(country, service, group, lines.get(country, {}), named)
        for (country, service), spans in found.items()
        for group in _together(spans, lines.get(country, {}))
    ]
    return sorted(made, key=lambda e: (e.onset.until, e.country, e.service))


def _clusters(some: list[Episode], weights: Mapping[int, int]) -> list[list[Episode]]:
    """The episodes of each time in which the quorum was met, with those that led up to it."""
    found: list[list[Episode]] = []
    moments = sorted({_onset(e) for e in some})
    reached: list[Episode] = []
    for now in moments:
        going = [e for e in some if _onset(e) <= now < _end(e)]
        if not quorum({e.asn for e in going}, weights):
            continue
        fresh = _linked(going)
        if found and any(e in reached for e in fresh):
            found[-1] += [e for e in fresh if e not in found[-1]]
        else:
            found.append(fresh)
        reached = found[-1]
    return found


def _linked(going: list[Episode]) -> list[Episode]:
    """Of those that are going on the newest, back to the first long pause between onsets."""
    ordered = sorted(going, key=_onset)
    first = len(ordered) - 1
    while first and _onset(ordered[first]) - _onset(ordered[first - 1]) <= BELONGS:
        first -= 1
    return ordered[first:]


def quorum(asns: Collection[int], weights: Mapping[int, int]) -> bool:
    """These networks are enough to speak of the country."""
    have = sum(weights.get(asn, 0) for asn in asns)
    return len(asns) >= LEAST_NETWORKS or (
        have >= LEAST_LINES and 2 * have >= sum(weights.values())
    )


def _together(
    spans: list[tuple[str, list[Episode]]], weights: Mapping[int, int]
) -> list[list[tuple[str, list[Episode]]]]:
    """Functions whose times overlap, as one."""
    found: list[list[tuple[str, list[Episode]]]] = []
    until = -1
    for span in sorted(spans, key=lambda s: _onset(s[1][0])):
        over = _resolution(span[1], weights)
        end = FOR_EVER if over is None else over.until
        if found and _onset(span[1][0]) < until:
            found[-1].append(span)
            until = max(until, end)
        else:
            found.append([span])
            until = end
    return found


def _event(
    country: str,
    service: str,
    group: list[tuple[str, list[Episode]]],
    weights: Mapping[int, int],
    named: Sequence[Named],
) -> CountryEvent:
    every = sorted((e for _, some in group for e in some), key=_onset)
    firsts: dict[int, Episode] = {}
    for one in every:
        before = firsts.get(one.asn)
        if before is None or before.onset.vantages < WITNESSES <= one.onset.vantages:
            firsts[one.asn] = one
    onsets = [e.onset for e in every]
    functions = tuple(sorted({function for function, _ in group}))
    return CountryEvent(
        country=country,
        service=service,
        functions=functions,
        onset=next((o for o in onsets if o.vantages >= WITNESSES), onsets[0]).bracket,
        resolution=_resolution(every, weights),
        episodes=tuple(sorted(firsts.values(), key=_onset)),
        all_networks=firsts.keys() >= weights.keys(),
        mechanisms=_mechanisms(
            [n for n in named if n.subject.country == country and n.subject.service == service],
            set(firsts),
            (_onset(every[0]), max(map(_end, every))),
        ),
    )


def _resolution(every: Sequence[Episode], weights: Mapping[int, int]) -> Bracket | None:
    """When so many networks were free again that the rest are no event of the country.

    That is the end of the n-th of them: after the n-th smallest beginning of their brackets, at or
    before the n-th smallest end, whichever networks those are.
    """
    ends = sorted((e.resolution.bracket for e in every if e.resolution is not None), key=_until)
    afters = sorted(0 if b.after is None else b.after for b in ends)
    for after, bracket in zip(afters, ends, strict=True):
        if not quorum({e.asn for e in every if _end(e) > bracket.until}, weights):
            return Bracket(after=after or None, until=bracket.until)
    return None


def _until(bracket: Bracket) -> int:
    return bracket.until


def _mechanisms(named: Sequence[Named], asns: set[int], span: tuple[int, int]) -> tuple[str, ...]:
    counts: dict[str, int] = {}
    for one in named:
        if one.asn in asns and one.day + 86400 > span[0] and one.day < span[1]:
            counts[one.mechanism] = counts.get(one.mechanism, 0) + one.votes
    most = max(counts.values(), default=0)
    return tuple(sorted(name for name, n in counts.items() if NAMED_BY * n >= most))


def _at(onset: Onset) -> int:
    return onset.bracket.until


def _onset(episode: Episode) -> int:
    return _at(episode.onset)


def _end(episode: Episode) -> int:
    return FOR_EVER if episode.resolution is None else _at(episode.resolution)
