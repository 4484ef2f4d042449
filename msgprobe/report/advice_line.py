"""What to do where the connection itself is the matter, before any service is."""

from collections.abc import Callable

from msgprobe.model.dataclass import dataclass
from msgprobe.model.verdict import State
from msgprobe.report.language import N_, _, safely


@dataclass(frozen=True, slots=True, kw_only=True)
class Advice:
    """``meaning`` are sentences, ``steps`` are things to do, the most urgent first."""

    meaning: str
    steps: tuple[str, ...] = ()

    def __str__(self) -> str:
        return " ".join((self.meaning, *self.steps))


def again() -> str:
    """To look once more."""
    return _("Run this again.")


def keep(saved: bool) -> str:
    """To have the evidence, or to keep it where it is saved."""
    if saved:
        return _("Keep the saved file: it is the evidence.")
    return _("Save the evidence: run this again with -o FILE.")


def _other_network() -> str:
    return _("Try another network, such as mobile data or a neighbour's line.")


def _cut_off(saved: bool, meaning: str) -> Advice:
    """Everything abroad, or all but some sites."""
    abroad = _("A VPN to a server abroad will probably not connect either.")
    return Advice(meaning=meaning, steps=(keep(saved), _other_network(), abroad))


def _local_fault(_saved: bool) -> Advice:
    check = _("Check the cable, the Wi-Fi or the mobile data, and any firewall on this device.")
    return Advice(meaning=_("This device is not connected."), steps=(check, again()))


def _portal(_saved: bool) -> Advice:
    return Advice(
        meaning=_(
            "A login page stands between you and the Internet. Nothing is known yet about the "
            "messengers."
        ),
        steps=(
            safely(
                N_(
                    "Open any web page and log in to this network. Do not click through "
                    "certificate warnings."
                )
            ),
            again(),
        ),
    )


def _dns_fault(_saved: bool) -> Advice:
    return Advice(
        meaning=_("The names of sites are not found on this network."),
        steps=(_("Set another DNS resolver on this device, or restart the router."), again()),
    )


def _comes_and_goes(_saved: bool) -> Advice:
    return Advice(
        meaning=_("The connection comes and goes. What failed may work in a minute."),
        steps=(
            again(),
            _("Note the times at which it is gone: whole or half hours may mean intent."),
        ),
    )


def _no_internet(saved: bool) -> Advice:
    return Advice(
        meaning=_(
            "There is no Internet here. From one device, an outage and a shutdown look the same."
        ),
        steps=(_("Wait, and try again."), _other_network(), keep(saved)),
    )


def _shutdown(saved: bool) -> Advice:
    return Advice(
        meaning=_("The Internet is cut off here, and it looks deliberate."),
        steps=(
            keep(saved),
            _("Note the time."),
            _other_network(),
            _("Messages will wait until the connection returns."),
        ),
    )


def _domestic_only(saved: bool) -> Advice:
    return _cut_off(
        saved,
        _(
            "Only sites in this country work. Everything abroad is cut off, not the messengers "
            "alone."
        ),
    )


def _allowlist(saved: bool) -> Advice:
    return _cut_off(
        saved,
        _(
            "Only chosen sites are let through. Everything else is cut off, not the messengers "
            "alone."
        ),
    )


LINE: dict[State, Callable[[bool], Advice]] = {
    State.LOCAL_FAULT: _local_fault,
    State.CAPTIVE_PORTAL: _portal,
    State.DNS_FAULT: _dns_fault,
    State.INTERMITTENT: _comes_and_goes,
    State.NO_INTERNET: _no_internet,
    State.SHUTDOWN: _shutdown,
    State.DOMESTIC_ONLY: _domestic_only,
    State.ALLOWLIST: _allowlist,
}
"""What to do where the connection itself is the matter; the argument: the evidence is saved."""
