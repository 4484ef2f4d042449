"""The own resolver answers nobody: are other operators' silent to one service alone?"""

from dataclasses import replace
from typing import Any

from msgprobe.judging.judge import judge
from msgprobe.model.failure import Failure
from msgprobe.model.task import Arm, ResolverKind
from msgprobe.model.verdict import FunctionVerdict, Outcome, Strength
from tests.evidence.story import SENTINELS, SERVICE, SITES, Story, endpoint

HOSTS = ("chat.acme.example", "web.acme.example", "cdn.acme-static.example", "a.acme.example")
TRUE = ("31.13.70.1", "157.240.1.1", "31.13.71.1", "157.240.2.1")
RESOLVERS = ("resolver1", "resolver2")
SILENT = Failure.TIMED_OUT


def unheard(
    *,
    names: int = 3,
    operators: int = 2,
    neutral: tuple[bool, ...] = (True, True, True),
    later: float = 6.0,
    answered: int = 0,
    dead: bool = True,
    need: int = 1,
) -> FunctionVerdict:
    """``operators`` resolvers are silent to questions for so many ``names``, from second 3 on, but
    for the first so many that are ``answered``; then, ``later``, ``neutral`` ones are asked for:
    True where that is answered. The connection's own is ``dead``. The function takes ``need`` of
    the names."""
    rows = tuple(replace(endpoint(f"m{n}", "chat"), host=HOSTS[n]) for n in range(names))
    (pool,) = SERVICE.pools
    pools = (replace(pool, ok_at=need),)
    story = Story(services=(replace(SERVICE, endpoints=rows, pools=pools),)).local()
    for site in SITES[:4]:
        failure = SILENT if dead else None
        address = () if dead else (site.addresses[0],)
        story.dns(site.host, ResolverKind.SYSTEM, *address, failure=failure)
        story.site(site)
    for n, row in enumerate(rows):
        assert row.host is not None
        story.asked(row.host, ResolverKind.SYSTEM, failure=SILENT, arm=Arm.BASE)
        story.asked(row.host, ResolverKind.DIRECT, failure=SILENT, start=2.0)
        for number, resolver in enumerate(RESOLVERS):
            given = (TRUE[n],) if number >= operators or n < answered else ()
            failure = None if given else SILENT
            named: dict[str, Any] = {"resolver": resolver, "start": 3.0 + n / 10}
            story.asked(row.host, ResolverKind.UDP, *given, failure=failure, **named)
            story.asked(row.host, ResolverKind.DOH, TRUE[n], resolver=resolver)
        story.flow(TRUE[n], subject="acme", arm=Arm.OTHER_ADDRESS, endpoint=row.name, host=row.host)
    for n, well in enumerate(neutral):
        for resolver in RESOLVERS:
            given = ("20.9.0.1",) if well else ()
            how: dict[str, Any] = {"resolver": resolver, "start": later + n / 10}
            failure = None if well else SILENT
            story.dns(SENTINELS[n].host, ResolverKind.UDP, *given, failure=failure, **how)
    return judge(story.evidence()).services[0].functions[0]


def test_who_is_silent_to_one_service_alone_is_told() -> None:
    found = unheard()
    assert (found.outcome, found.strength) == (Outcome.BLOCKED, Strength.LIKELY)
    assert found.mechanisms == ("dns.timeout",)
    assert found.rules[0] == "dns.timeout.others"


def test_a_name_that_is_answered_acquits_nobody_of_the_others_silence() -> None:
    found = unheard(names=4, answered=1, need=2)
    assert (found.outcome, found.mechanisms) == (Outcome.BLOCKED, ("dns.timeout",))
    assert unheard(names=4, answered=1, need=1).outcome is not Outcome.BLOCKED, "it works by that"


def test_what_may_be_chance_or_the_way_accuses_nobody() -> None:
    assert unheard(names=2).outcome is not Outcome.BLOCKED, "too few questions"
    assert unheard(operators=1).outcome is not Outcome.BLOCKED, "one operator's own reasons"
    assert unheard(answered=1).outcome is not Outcome.BLOCKED, "some are answered"
    assert unheard(neutral=(True, False, True)).outcome is not Outcome.BLOCKED, "others vanish too"
    assert unheard(later=1.0).outcome is not Outcome.BLOCKED, "the way may be worn out since"
    assert unheard(dead=False).rules[0] != "dns.timeout.others", "its own resolver tells"
