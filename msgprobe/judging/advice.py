"""What a verdict means for the user, and what to do next: short sentences, in order."""

from collections.abc import Sequence
from dataclasses import dataclass

from msgprobe.model.verdict import ConnectionVerdict, Outcome, ServiceVerdict, State, Strength


@dataclass(frozen=True, slots=True, kw_only=True)
class Advice:
    """``meaning`` are sentences, ``steps`` are things to do, the most urgent first."""

    meaning: str
    steps: tuple[str, ...] = ()

    def __str__(self) -> str:
        return " ".join((self.meaning, *self.steps))


_AGAIN = "Run this again."
_SAVE = "Save the evidence: run this again with -o FILE."
_KEEP = "Keep the saved file: it is the evidence."
_OTHER_NETWORK = "Try another network, such as mobile data or a neighbour's line."
_ABROAD = "A VPN to a server abroad will probably not connect either."

_LINE: dict[State, Advice] = {
    State.LOCAL_FAULT: Advice(
        meaning="This device is not connected.",
        steps=(
            "Check the cable, the Wi-Fi or the mobile data, and any firewall on this device.",
            _AGAIN,
        ),
    ),
    State.CAPTIVE_PORTAL: Advice(
        meaning="A login page stands between you and the Internet. Nothing is known yet about the "
        "messengers.",
        steps=(
            "Open any web page and log in to this network. Do not click through certificate "
            "warnings.",
            _AGAIN,
        ),
    ),
    State.DNS_FAULT: Advice(
        meaning="The names of sites are not found on this network.",
        steps=("Set another DNS resolver on this device, or restart the router.", _AGAIN),
    ),
    State.INTERMITTENT: Advice(
        meaning="The connection comes and goes. What failed may work in a minute.",
        steps=(
            _AGAIN,
            "Note the times at which it is gone: whole or half hours may mean intent.",
        ),
    ),
    State.NO_INTERNET: Advice(
        meaning="There is no Internet here. From one device, an outage and a shutdown look the "
        "same.",
        steps=("Wait, and try again.", _OTHER_NETWORK, _SAVE),
    ),
    State.SHUTDOWN: Advice(
        meaning="The Internet is cut off here, and it looks deliberate.",
        steps=(
            _SAVE,
            "Note the time.",
            _OTHER_NETWORK,
            "Messages will wait until the connection returns.",
        ),
    ),
    State.DOMESTIC_ONLY: Advice(
        meaning="Only sites in this country work. Everything abroad is cut off, not the messengers "
        "alone.",
        steps=(_SAVE, _OTHER_NETWORK, _ABROAD),
    ),
    State.ALLOWLIST: Advice(
        meaning="Only chosen sites are let through. Everything else is cut off, not the messengers "
        "alone.",
        steps=(_SAVE, _OTHER_NETWORK, _ABROAD),
    ),
}

_ABOUT: dict[Outcome, Advice] = {
    Outcome.BLOCKED: Advice(
        meaning="Your network is {maybe}{doing}. Your device is fine.",
        steps=(
            _SAVE,
            "Ask somebody on another network to run this too.",
            "Another network may help, or a VPN that you trust.",
        ),
    ),
    Outcome.DEGRADED: Advice(
        meaning="Only a part of {names} works.",
        steps=(
            "Run this again in some minutes.",
            "Run it on another network too: that shows whether it is this network.",
        ),
    ),
    Outcome.DOWN: Advice(
        meaning="{names} {maybe}has a fault of its own. It is not your network.",
        steps=("Wait, and try again later.",),
    ),
    Outcome.INCONCLUSIVE: Advice(
        meaning="There is no clear result for {names}.",
        steps=(
            "Run this again in some minutes.",
            "Ask somebody on another network to run this too. Their saved run (--compare FILE), or "
            "a proxy abroad (--via URL), can tell an outage from blocking.",
        ),
    ),
}
"""What to do about services with such a word, the gravest first."""

_BEHIND_VPN = (
    "Your traffic leaves through a VPN, so this is about the network behind it. Run this again "
    "without the VPN."
)
_BESIDE_PROXY = "This test does not use the proxy of this device. Apps that use it may work."


def listing(words: Sequence[str]) -> str:
    """``a, b and c``."""
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} and {words[-1]}"


def advise(
    connection: ConnectionVerdict, services: Sequence[ServiceVerdict], *, saved: bool = False
) -> Advice:
    """What this means and what to do next; ``saved``: the evidence is in a file already."""
    found = _chosen(connection, services)
    if not saved:
        return found
    steps = tuple(_KEEP if step == _SAVE else step for step in found.steps)
    return Advice(meaning=found.meaning, steps=steps)


def _chosen(connection: ConnectionVerdict, services: Sequence[ServiceVerdict]) -> Advice:
    forged = [s.name for s in services if "tls.mitm" in s.mechanisms]
    if forged:
        return _forged(listing(forged), connection)
    if connection.state in _LINE:
        return _LINE[connection.state]
    if "clock_skew" in connection.notes:
        return Advice(
            meaning="This device's clock is wrong. That breaks secure connections.",
            steps=("Set the clock.", _AGAIN),
        )
    if "tls_inspection" in connection.notes:
        return _read_along(connection, _named(services, Outcome.BLOCKED, Outcome.THROTTLED))
    doubt = _until_known(services)
    found = _about(connection, services) or _calm(connection, services)
    graver = any(s.outcome in (Outcome.BLOCKED, Outcome.THROTTLED) for s in services)
    if not doubt or graver:
        return found
    return Advice(meaning=found.meaning, steps=(doubt, *found.steps))


def _forged(names: str, connection: ConnectionVerdict) -> Advice:
    return Advice(
        meaning=f"On this network somebody forges the certificates of {names}, and can read along."
        + _of_states(connection),
        steps=(
            f"Do not log in to {names} on this network.",
            "Do not click through certificate warnings.",
            "Use another network.",
            _SAVE,
        ),
    )


def _about(connection: ConnectionVerdict, services: Sequence[ServiceVerdict]) -> Advice | None:
    """What to do about the gravest word of a service; None where nothing failed."""
    by = {o: [s for s in services if s.outcome is o] for o in Outcome}
    by[Outcome.BLOCKED] += by[Outcome.THROTTLED]
    by[Outcome.INCONCLUSIVE] = [s for s in by[Outcome.INCONCLUSIVE] if not s.partial]
    for outcome, advice in _ABOUT.items():
        if about := by[outcome]:
            sure = all(s.strength is Strength.CONFIRMED for s in about)
            meaning = advice.meaning.format(
                names=listing([s.name for s in about]),
                maybe="" if sure else "probably ",
                doing=_doing(about),
            )
            steps = (*advice.steps, *_here(outcome, connection, services))
            return Advice(meaning=meaning, steps=steps)
    return None


def _here(
    outcome: Outcome, connection: ConnectionVerdict, services: Sequence[ServiceVerdict]
) -> list[str]:
    """What else helps on this device and this network."""
    steps = []
    if "vpn" in connection.notes and outcome is not Outcome.DOWN:
        steps.append(_BEHIND_VPN)
    if "proxy_configured" in connection.notes and outcome is not Outcome.DOWN:
        steps.append(_BESIDE_PROXY)
    works = [s.name for s in services if s.outcome is Outcome.OK]
    if works:
        verb = "works" if len(works) == 1 else "work"
        steps.append(f"{listing(works)} {verb} from here.")
    return steps


def _doing(services: Sequence[ServiceVerdict]) -> str:
    """What the network does to services that it interferes with."""
    words = {Outcome.BLOCKED: "blocking", Outcome.THROTTLED: "slowing down"}
    found = [(verb, _named(services, word)) for word, verb in words.items()]
    return listing([f"{verb} {listing(names)}" for verb, names in found if names])


def _named(services: Sequence[ServiceVerdict], *words: Outcome) -> list[str]:
    """The services with one of these words, in the order of the words."""
    return [s.name for word in words for s in services if s.outcome is word]


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
    return (
        f"Do not log in to {listing(doubted)} here until you know who answers: its certificate or "
        "key is not one that this version knows."
    )


_STATES = {"state_root_kz": "Kazakhstan's", "state_root_ru": "Russia's"}


def _of_states(connection: ConnectionVerdict) -> str:
    """Whose authority the certificates name, as a further sentence; empty: nobody's."""
    named = [whose for note, whose in _STATES.items() if note in connection.notes]
    if not named:
        return ""
    return f" The certificates name an authority of {listing(named)} state."


def _read_along(connection: ConnectionVerdict, hit: Sequence[str]) -> Advice:
    """Everything is signed again: whoever does it reads along."""
    meaning = "Somebody can read along here: all encrypted traffic is opened and signed again."
    meaning += _of_states(connection)
    if hit:
        meaning += f" The network interferes with {listing(hit)} as well."
    return Advice(
        meaning=meaning,
        steps=(
            "Do not log in, unless you know who does this (an employer, a school, an antivirus "
            "program) and trust them.",
            "Do not click through certificate warnings.",
        ),
    )


def _open(services: Sequence[ServiceVerdict]) -> list[str]:
    """Functions without a clear result, each with the services that it is about."""
    found: dict[str, list[str]] = {}
    for service in services:
        for function in service.functions:
            if function.outcome is Outcome.INCONCLUSIVE:
                found.setdefault(function.function.value, []).append(service.name)
    return [f"{function} ({', '.join(names)})" for function, names in found.items()]


def _calm(connection: ConnectionVerdict, services: Sequence[ServiceVerdict]) -> Advice:
    """Nothing failed as a whole: what then?"""
    fine = [s.name for s in services if s.outcome is Outcome.OK or s.partial]
    works = f"{listing(fine)} work" + ("s" if len(fine) == 1 else "")
    if fine and (unclear := _open(services)):
        return Advice(
            meaning=f"{works} from here. There is no clear result for {listing(unclear)}."
        )
    if connection.state is State.BAD_LINK:
        return Advice(
            meaning="Nothing is blocked. The connection itself is poor.",
            steps=("Wait, or try another network.",),
        )
    if fine and any(s.outcome is Outcome.NOT_TESTED for s in services):
        return Advice(meaning=f"{works} from here. The rest was not tested.")
    if fine:
        return Advice(meaning="Everything that was tested works from here.")
    return Advice(meaning="Nothing was tested.")
