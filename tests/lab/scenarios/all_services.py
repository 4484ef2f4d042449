"""Nothing is wrong: is it said so of every service, in every world?"""

from typing import Final

from msgprobe.catalog.loader import everything, load
from tests.lab.scenarios.kinds import innocent
from tests.lab.scenarios.shared import NOT_TESTED, SHARED

_EVERY: Final = tuple(service.name for service in everything(load())[0])
_UNASKED: Final = {"viber.text": NOT_TESTED, "imo.text": NOT_TESTED, "x.text": NOT_TESTED}

SCENARIOS: Final = (
    innocent(
        "S0",
        "nothing is wrong, and every service is measured",
        row="-",
        args=("--all", "--quick"),
        services=_EVERY,
        truths=_UNASKED,
    ),
    innocent(
        "S5",
        "nothing is wrong, and every service is measured with its speed",
        row="-",
        args=("--all",),
        services=_EVERY,
        truths=_UNASKED,
    ),
    innocent(
        "S6",
        "nothing is wrong, and a service that carries a warning is measured by its name",
        row="-",
        args=("--quick",),
        services=("session", "line"),
        truths={"session.calls": NOT_TESTED},
    ),
    innocent(
        "K0",
        "nothing is wrong with the services that hold keys of their own",
        row="-",
        services=("session", "simplex", "threema", "tor", "wechat"),
    ),
    innocent(
        "W0",
        "nothing is wrong, and servers answer strange names with an alert",
        row="- (strict servers)",
        world={"strict_names": True},
    ),
    innocent(
        "W4",
        "nothing is wrong, and three messengers live on one CDN",
        row="- (shared addresses)",
        world=SHARED,
    ),
)
