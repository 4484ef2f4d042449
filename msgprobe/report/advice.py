"""What a verdict means for the user, and what to do next: short sentences, in order."""

from collections.abc import Callable, Sequence

from msgprobe.model.verdict import ConnectionVerdict, Outcome, ServiceVerdict, State, Strength
from msgprobe.report.advice_line import LINE, Advice, again, keep
from msgprobe.report.language import N_, _, listing, safely
from msgprobe.report.wording import function_word


def advise(
    connection: ConnectionVerdict, services: Sequence[ServiceVerdict], *, saved: bool = False
) -> Advice:
    """What this means and what to do next; ``saved``: the evidence is in a file already.

    Nothing where nothing neutral was asked, as in measurements of others: what to do next is said
    to who is on the line.
    """
    if connection.state is State.UNKNOWN:
        return Advice(meaning="")
    forged = _forged_names(services)
    if forged:
        return _forged(listing(forged), connection, saved)
    if connection.state in LINE:
        return LINE[connection.state](saved)
    if "clock_skew" in connection.notes:
        return Advice(
            meaning=_("This device's clock is wrong. That breaks secure connections."),
            steps=(_("Set the clock."), again()),
        )
    if "tls_inspection" in connection.notes:
        return _read_along(connection, _named(services, Outcome.BLOCKED, Outcome.THROTTLED))
    doubt = _until_known(services)
    found = _about(connection, services, saved) or _calm(connection, services)
    graver = any(s.outcome in (Outcome.BLOCKED, Outcome.THROTTLED) for s in services)
    if not doubt or graver:
        return found
    return Advice(meaning=found.meaning, steps=(doubt, *found.steps))


# -- the services


def _about(
    connection: ConnectionVerdict, services: Sequence[ServiceVerdict], saved: bool
) -> Advice | None:
    """What to do about the gravest word of a service; None where nothing failed."""
    by = {o: [s for s in services if s.outcome is o] for o in Outcome}
    by[Outcome.BLOCKED] += by[Outcome.THROTTLED]
    by[Outcome.INCONCLUSIVE] = [s for s in by[Outcome.INCONCLUSIVE] if not s.partial]
    for outcome, advice in ABOUT.items():
        if about := by[outcome]:
            found = advice(about, saved)
            return Advice(
                meaning=found.meaning,
                steps=(*found.steps, *_here(outcome, connection, services)),
            )
    return None


def _sure(about: Sequence[ServiceVerdict]) -> bool:
    return all(s.strength is Strength.CONFIRMED for s in about)


def _names(about: Sequence[ServiceVerdict]) -> str:
    return listing([s.name for s in about])


def _interfered(about: Sequence[ServiceVerdict], saved: bool) -> Advice:
    return Advice(
        meaning=_what_it_does(about),
        steps=(
            keep(saved),
            _("Ask somebody on another network to run this too."),
            _("Another network may help, or a VPN that you trust."),
        ),
    )


def _what_it_does(about: Sequence[ServiceVerdict]) -> str:
    """What the network does to services that it interferes with."""
    blocked = listing(_named(about, Outcome.BLOCKED))
    slowed = listing(_named(about, Outcome.THROTTLED))
    if not slowed:
        text = (
            _("Your network is blocking {blocked}. Your device is fine.")
            if _sure(about)
            else _("Your network is probably blocking {blocked}. Your device is fine.")
        )
    elif not blocked:
        text = (
            _("Your network is slowing down {slowed}. Your device is fine.")
            if _sure(about)
            else _("Your network is probably slowing down {slowed}. Your device is fine.")
        )
    else:
        text = (
            _("Your network is blocking {blocked} and slowing down {slowed}. Your device is fine.")
            if _sure(about)
            else _(
                "Your network is probably blocking {blocked} and slowing down {slowed}. Your "
                "device is fine."
            )
        )
    return text.format(blocked=blocked, slowed=slowed)


def _impaired(about: Sequence[ServiceVerdict], _saved: bool) -> Advice:
    return Advice(
        meaning=_("Only a part of {names} works.").format(names=_names(about)),
        steps=(
            _("Run this again in some minutes."),
            _("Run it on another network too: that shows whether it is this network."),
        ),
    )


def _down(about: Sequence[ServiceVerdict], _saved: bool) -> Advice:
    text = (
        _("{names}: the service itself has a fault. It is not your network.")
        if _sure(about)
        else _("{names}: the service itself probably has a fault. It is not your network.")
    )
    return Advice(
        meaning=text.format(names=_names(about)), steps=(_("Wait, and try again later."),)
    )


def _unclear(about: Sequence[ServiceVerdict], _saved: bool) -> Advice:
    return Advice(
        meaning=_("There is no clear result for {names}.").format(names=_names(about)),
        steps=(
            _("Run this again in some minutes."),
            _(
                "Ask somebody on another network to run this too. Their saved run (--compare "
                "FILE), or a proxy abroad (--via URL), can tell an outage from blocking."
            ),
        ),
    )


ABOUT: dict[Outcome, Callable[[Sequence[ServiceVerdict], bool], Advice]] = {
    Outcome.BLOCKED: _interfered,
    Outcome.DEGRADED: _impaired,
    Outcome.DOWN: _down,
    Outcome.INCONCLUSIVE: _unclear,
}
"""What to do about services with such a word, the gravest first."""


def _here(
    outcome: Outcome, connection: ConnectionVerdict, services: Sequence[ServiceVerdict]
) -> list[str]:
    """What else helps on this device and this network."""
    steps = []
    if "vpn" in connection.notes and outcome is not Outcome.DOWN:
        steps.append(
            _(
                "Your traffic leaves through a VPN, so this is about the network behind it. Run "
                "this again without the VPN."
            )
        )
    if "proxy_configured" in connection.notes and outcome is not Outcome.DOWN:
        steps.append(
            _("This test does not use the proxy of this device. Apps that use it may work.")
        )
    works = [s.name for s in services if s.outcome is Outcome.OK]
    if works:
        steps.append(_("What works from here: {names}.").format(names=listing(works)))
    return steps


def _named(services: Sequence[ServiceVerdict], *words: Outcome) -> list[str]:
    """The services with one of these words, in the order of the words."""
    return [s.name for word in words for s in services if s.outcome is word]


# -- certificates


def _forged_names(services: Sequence[ServiceVerdict]) -> list[str]:
    return [s.name for s in services if "tls.mitm" in s.mechanisms]


def _forged(names: str, connection: ConnectionVerdict, saved: bool) -> Advice:
    meaning = _(
        "On this network somebody forges the certificates of {names}, and can read along."
    ).format(names=names)
    return Advice(
        meaning=" ".join((meaning, *_of_states(connection))),
        steps=(
            safely(N_("Do not log in to {names} on this network."), names=names),
            safely(N_("Do not click through certificate warnings.")),
            _("Use another network."),
            keep(saved),
        ),
    )


_DOUBTED = ("tls.mitm.", "tls.certificate", "tls.store_age", "protocol.impostor")
"""Rules about certificates or keys that may or may not be the service's own."""


def _until_known(services: Sequence[ServiceVerdict]) -> str:
    """A warning, where it is not known who answers for some services that have no clear result;
    empty where all is known."""
    doubted = [
        s.name
        for s in services
        if s.outcome is Outcome.INCONCLUSIVE
        if any(r.startswith(_DOUBTED) for f in s.functions for r in f.rules[:1])
    ]
    if not doubted:
        return ""
    warning = N_(
        "Do not log in to {names} here until you know who answers: its certificate or key is not "
        "one that this version knows."
    )
    return safely(warning, names=listing(doubted))


def _of_states(connection: ConnectionVerdict) -> list[str]:
    """Whose authority the certificates name, a sentence each."""
    named = {
        "state_root_kz": _("The certificates name an authority of Kazakhstan's state."),
        "state_root_ru": _("The certificates name an authority of Russia's state."),
    }
    return [text for note, text in named.items() if note in connection.notes]


def _read_along(connection: ConnectionVerdict, hit: Sequence[str]) -> Advice:
    """Everything is signed again: whoever does it reads along."""
    meaning = [
        _("Somebody can read along here: all encrypted traffic is opened and signed again."),
        *_of_states(connection),
    ]
    if hit:
        text = _("The network interferes with {names} as well.")
        meaning.append(text.format(names=listing(hit)))
    return Advice(
        meaning=" ".join(meaning),
        steps=(
            safely(
                N_(
                    "Do not log in, unless you know who does this (an employer, a school, an "
                    "antivirus program) and trust them."
                )
            ),
            safely(N_("Do not click through certificate warnings.")),
        ),
    )


# -- nothing failed as a whole


def _calm(connection: ConnectionVerdict, services: Sequence[ServiceVerdict]) -> Advice:
    """Nothing failed as a whole: what then?"""
    fine = [s.name for s in services if s.outcome is Outcome.OK or s.partial]
    works = _("What works from here: {names}.").format(names=listing(fine))
    if fine and (unclear := _open(services)):
        text = _("There is no clear result for {names}.").format(names=listing(unclear))
        return Advice(meaning=f"{works} {text}")
    if connection.state is State.BAD_LINK:
        return Advice(
            meaning=_("Nothing is blocked. The connection itself is poor."),
            steps=(_("Wait, or try another network."),),
        )
    if fine and any(s.outcome is Outcome.NOT_TESTED for s in services):
        rest = _("The rest was not tested.")
        return Advice(meaning=f"{works} {rest}")
    if fine:
        return Advice(meaning=_("Everything that was tested works from here."))
    return Advice(meaning=_("Nothing was tested."))


def _open(services: Sequence[ServiceVerdict]) -> list[str]:
    """Functions without a clear result, each with the services that it is about."""
    found: dict[str, list[str]] = {}
    for service in services:
        for function in service.functions:
            if function.outcome is Outcome.INCONCLUSIVE:
                found.setdefault(function_word(function.function), []).append(service.name)
    return [f"{function} ({_(', ').join(names)})" for function, names in found.items()]
