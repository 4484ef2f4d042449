"""What a country, given or guessed, changes about what is asked; neutral hosts that are struck."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from msgprobe.agenda.planner import agenda
from msgprobe.catalog.loader import load, select
from msgprobe.checks.registry import registry
from msgprobe.model.contact import Contact
from msgprobe.model.control import Controls, Guess, PublicResolver, Site
from msgprobe.model.failure import Failure
from msgprobe.model.measurement import Measurement
from msgprobe.model.observation import DnsObservation, Window
from msgprobe.model.run import Evidence, Request
from msgprobe.model.task import Arm, Flow, Lookup, ResolverKind, Role, Running, Task
from msgprobe.planning.context import PlanningContext
from msgprobe.planning.controls import chosen_sites, neutral_names
from msgprobe.planning.fairness import fitted, kept
from msgprobe.planning.moment import Moment
from msgprobe.planning.name_swaps import neutral_servers
from msgprobe.planning.public_resolvers import doh_resolvers, living_encrypted
from msgprobe.session import planned
from tests.evidence.story import HERE, SITES, Story, gate_task, public_resolver, under_way
from tests.hypotheses.connection.test_rules import HOME

CATALOGUE = load()
SERVICES = select(CATALOGUE, ["signal"])
ABROAD = "if nothing abroad answers"
GUESS = Guess(countries=("KZ",), sites=HOME)


def plan(request: Request, *countries: str) -> tuple[Contact, ...]:
    controls = load(country=request.country).controls
    guess = CATALOGUE.guess(countries)
    return planned(SERVICES, controls, request, checks=registry(), guess=guess)


def about(lines: tuple[Contact, ...], *hosts: str) -> list[Contact]:
    return [c for c in lines if c.target in hosts or c.asks in hosts]


KZ_HOSTS = tuple(s.host for s in CATALOGUE.home if s.country == "KZ")


def test_the_plan_lists_the_hosts_of_a_guess_with_their_condition() -> None:
    lines = about(plan(Request(), "KZ"), *KZ_HOSTS)
    assert {c.asks or c.target for c in lines} == set(KZ_HOSTS)
    assert {c.condition for c in lines} == {ABROAD}


def test_without_country_and_guess_no_domestic_host_is_listed() -> None:
    assert about(plan(Request()), *(s.host for s in CATALOGUE.home)) == []


def test_the_hosts_of_a_given_country_are_asked_at_once() -> None:
    lines = about(plan(Request(country="KZ")), *KZ_HOSTS)
    asked = [c for c in lines if c.check in ("resolve", "https") and c.round == 0]
    assert len(asked) == 2 * len(KZ_HOSTS)
    assert {c.condition for c in asked} == {""}


def test_a_zone_of_two_countries_takes_the_rules_of_both() -> None:
    both = about(plan(Request(), "KZ", "RU"), *(s.host for s in CATALOGUE.home))
    assert {c.asks or c.target for c in both} == {
        s.host for s in CATALOGUE.home if s.country in ("KZ", "RU")
    }
    asked = fitted(CATALOGUE.controls, Request(), CATALOGUE.guess(("CN", "RU")))
    chosen = chosen_sites(asked, Request())
    assert not [s for s in chosen if {"CN", "RU"} & set(s.unfair_in)]


@pytest.mark.parametrize("given", [False, True])
def test_what_is_unfair_there_is_not_even_listed(given: bool) -> None:
    lines = plan(Request(country="RU")) if given else plan(Request(), "RU")
    hosts = ("dns.google", "one.one.one.one", "8.8.8.8", "proof.ovh.net")
    assert about(lines, *hosts) == []
    assert {c.target for c in about(plan(Request()), *hosts)} == set(hosts) | {"your resolver"}


def test_what_alone_speaks_quic_is_still_asked_over_quic_and_nothing_else() -> None:
    services = select(CATALOGUE, ["whatsapp"])
    guess = CATALOGUE.guess(("RU",))
    lines = planned(services, CATALOGUE.controls, Request(), checks=registry(), guess=guess)
    found = about(lines, "dns.google", "one.one.one.one")
    assert {c.transport for c in found} == {"udp"} and {c.port for c in found} == {443}


def test_a_given_country_outweighs_a_guess() -> None:
    asked = fitted(load(country="KZ").controls, Request(country="KZ"), CATALOGUE.guess(("RU",)))
    assert {s.country for s in asked.domestic} == {"KZ"}
    assert "dns-google" in {s.name for s in asked.sites}


def unfair(*numbers: int) -> tuple[Site, ...]:
    """Eight neutral sites, of which these are unfair in Russia."""
    return tuple(
        Site(
            name=f"s{n}",
            host=f"s{n}.example",
            owner=f"o{n}",
            network=f"n{n}",
            addresses=(f"20.{n}.0.1",),
            any_name=True,
            unfair_in=("RU",) if n in numbers else (),
            provenance=HERE,
        )
        for n in range(1, 9)
    )


@pytest.mark.parametrize(
    ("numbers", "asked"),
    [
        ((1, 2, 3), ["s4", "s5", "s6", "s7", "s8"]),
        ((1, 2, 3, 4, 5), ["s6", "s7", "s8", "s1", "s2"]),
        ((1, 2, 3, 4, 5, 6, 7, 8), ["s1", "s2", "s3", "s4", "s5"]),
    ],
)
def test_unfair_sites_fill_up_where_the_fair_ones_are_too_few(
    numbers: tuple[int, ...], asked: list[str]
) -> None:
    rows = fitted(Controls(sites=unfair(*numbers)), Request(), Guess(countries=("RU",)))
    assert [s.name for s in chosen_sites(rows, Request())] == asked


# -- when domestic sites are asked


def wanted(
    story: Story,
    now: float = 0.0,
    guess: Guess = GUESS,
    running: Mapping[str, Running] | None = None,
) -> list[Task]:
    evidence = story.evidence()
    controls = fitted(evidence.controls, evidence.request, guess)
    running = running or {}
    moment = Moment(now=now, running=running, opened=frozenset(running))
    return list(agenda(replace(evidence, controls=controls), moment).tasks)


def home_tasks(tasks: list[Task]) -> list[Task]:
    hosts = {s.host for s in HOME}
    return [
        t
        for t in tasks
        if (isinstance(t.probe, Flow) and t.probe.host in hosts)
        or (isinstance(t.probe, Lookup) and t.probe.name in hosts)
    ]


def renamed(story: Story) -> Story:
    """Gate tasks get the ids that the planner gives them."""
    for number, m in enumerate(story.told):
        flow = isinstance(m.task.probe, Flow) and m.task.arm is Arm.CONNECTION
        if flow:
            task = replace(m.task, id=f"g.site.{m.task.subject}")
            story.told[number] = replace(m, task=task)
    return story


def line(*dead: int, fails: str = "connect") -> Story:
    story = Story().local()
    for number, site in enumerate(SITES, start=1):
        story.site(
            site,
            fails=fails if number in dead else None,
            failure=Failure.CONNECTION_RESET if fails == "tls" else Failure.TIMED_OUT,
        )
    return renamed(story)


def test_domestic_sites_of_a_guess_wait_until_nothing_abroad_answers() -> None:
    assert home_tasks(wanted(Story().local())) == []
    assert home_tasks(wanted(line())) == []
    assert home_tasks(wanted(line(1, 2, 3))) == []
    tasks = home_tasks(wanted(line(1, 2, 3, 4)))
    assert {t.probe.name for t in tasks if isinstance(t.probe, Lookup)} == {s.host for s in HOME}
    sites = {t.probe.address for t in tasks if isinstance(t.probe, Flow)}
    assert sites == {s.addresses[0] for s in HOME}


def test_silence_counts_after_three_seconds() -> None:
    story = Story().local()
    hang = under_way(map(gate_task, SITES))
    assert home_tasks(wanted(story, 2.9, running=hang)) == []
    assert home_tasks(wanted(story, 3.1, running=hang)) != []


def test_nothing_domestic_is_asked_without_a_guess() -> None:
    assert home_tasks(wanted(line(1, 2, 3, 4), guess=Guess())) == []


def test_domestic_names_are_never_shown_to_servers_abroad_while_these_answer() -> None:
    names = {s.host for s in HOME}
    tasks = wanted(line(1, fails="tls"), 1.0)
    shown = {t.probe.server_name for t in tasks if isinstance(t.probe, Flow)}
    assert shown and not shown & names


# -- what is kept


def measured(site: Site, *, seen: bool = True) -> Measurement:
    story = Story().site(site)
    (told,) = story.told
    return told if seen else replace(told, observations=())


def test_the_evidence_keeps_the_catalogues_rows_and_the_domestic_ones_that_were_met() -> None:
    controls = Controls(sites=SITES)
    assert kept(controls, GUESS, []) is controls
    assert kept(controls, GUESS, [measured(SITES[0])]) is controls
    assert kept(controls, GUESS, [measured(HOME[1], seen=False)]) is controls
    assert kept(controls, GUESS, [measured(HOME[1])]).sites == (*SITES, HOME[1])
    given = Controls(sites=(*SITES, *HOME))
    assert kept(given, GUESS, [measured(HOME[1])]) is given


# -- neutral servers and names


def context(story: Story, sites: tuple[Site, ...] = SITES, now: float = 1.0) -> PlanningContext:
    evidence = story.evidence()
    return PlanningContext(
        replace(evidence, controls=replace(evidence.controls, sites=sites)), Moment(now=now)
    )


def rows(*unfair_numbers: int) -> tuple[Site, ...]:
    return tuple(
        replace(s, any_name=True, unfair_in=("RU",) if n in unfair_numbers else ())
        for n, s in enumerate(SITES, start=1)
    )


def test_servers_that_convict_alone_are_preferred() -> None:
    picks = neutral_servers(context(line(), rows(1, 2)))
    assert [site.name for site, _ in picks] == ["site3", "site4"]
    picks = neutral_servers(context(line(), rows(1, 2, 4)))
    assert [site.name for site, _ in picks] == ["site3"]
    picks = neutral_servers(context(line(), rows(1, 2, 3, 4)))
    assert [site.name for site, _ in picks] == ["site1", "site2"]


def test_names_of_sites_that_die_under_them_are_shown_to_nobody() -> None:
    assert neutral_names(context(line(1, fails="tls"))) == tuple(s.host for s in SITES[1:])
    assert neutral_names(context(line(1, 2, 3, fails="tls"))) == tuple(s.host for s in SITES)


def others(story: Story, running: Mapping[str, Running] | None = None) -> list[tuple[str, str]]:
    found = [t for t in wanted(story, 1.0, running=running) if t.id.startswith("g.other.")]
    assert all(t.arm is Arm.NEUTRAL_SNI_ELSEWHERE and t.role is Role.CONTROL for t in found)
    return [(t.id, t.probe.server_name or "") for t in found if isinstance(t.probe, Flow)]


def test_a_site_that_dies_under_its_name_is_asked_once_for_another() -> None:
    assert others(line()) == []
    assert others(line(1)) == []  # no connection: no name was said
    assert others(line(1, fails="tls")) == [("g.other.site1.abroad", "site2.example")]


def test_no_other_name_is_tried_while_all_may_still_answer() -> None:
    story = Story().local()
    story.flow(
        SITES[0].addresses[0],
        subject="site1",
        arm=Arm.CONNECTION,
        host=SITES[0].host,
        fails="tls",
        failure=Failure.CONNECTION_RESET,
    )
    hang = under_way(map(gate_task, SITES[1:]))
    assert others(renamed(story), hang) == []


def test_where_nothing_abroad_answers_a_domestic_name_is_tried_at_three_sites() -> None:
    story = line(1, 2, 3, 4, fails="tls")
    for site in HOME:
        story.site(site)
    found = others(renamed(story))
    assert len(found) == 3
    assert {name for _, name in found} <= {s.host for s in HOME}


# -- resolvers


def resolvers(count: int) -> tuple[PublicResolver, ...]:
    return tuple(public_resolver(n) for n in range(1, count + 1))


def asked(
    evidence: Evidence, failures: Mapping[str, Failure | None], now: float = 5.0
) -> PlanningContext:
    """Round 0's encrypted questions have ended like this; the others have begun at second 0."""
    told = []
    running: dict[str, Running] = {}
    for resolver in doh_resolvers(evidence.controls, evidence.request, 9):
        failure = failures.get(resolver.name)
        story = Story().dns("x.example", ResolverKind.DOH, resolver=resolver.name, failure=failure)
        (one,) = story.told
        seen = one.observations[0]
        assert isinstance(seen, DnsObservation)
        task = replace(one.task, id=f"g.dns.doh.{resolver.name}")
        if resolver.name not in failures:
            running |= under_way([task])
            continue
        mended = replace(seen, rcode=None if failure else "NOERROR", window=Window(start=0, end=1))
        told.append(replace(one, task=task, observations=(mended,)))
    return PlanningContext(
        replace(evidence, measurements=tuple(told)), Moment(now=now, running=running)
    )


def living(
    failures: Mapping[str, Failure | None], now: float = 5.0, quick: bool = False
) -> list[str]:
    evidence = Story().evidence()
    evidence = replace(
        evidence,
        request=replace(evidence.request, quick=quick),
        controls=replace(evidence.controls, resolvers=resolvers(5)),
    )
    return [r.name for r in living_encrypted(asked(evidence, failures, now))]


def test_an_encrypted_resolver_that_fails_or_hangs_is_replaced() -> None:
    fine = {f"resolver{n}": None for n in range(1, 6)}
    reset = Failure.CONNECTION_RESET
    assert living({**fine}) == ["resolver1", "resolver2"]
    assert living({**fine, "resolver1": reset}) == ["resolver2", "resolver3"]
    assert living({**fine, "resolver1": reset, "resolver3": reset}) == ["resolver2", "resolver4"]
    hanging = {k: v for k, v in fine.items() if k != "resolver2"}
    assert living(hanging, now=2.9) == ["resolver1", "resolver2"]
    assert living(hanging, now=3.1) == ["resolver1", "resolver3"]
    every = dict.fromkeys(fine, reset)
    assert living(every) == ["resolver1", "resolver2"]
    assert living({**fine, "resolver1": reset}, quick=True) == ["resolver2", "resolver1"]


def test_a_denial_over_udp_is_asked_again_over_tcp_of_the_same_resolver() -> None:
    story = line()
    for host in ("chat1.example", "chat2.example"):
        story.dns(host, ResolverKind.SYSTEM, failure=Failure.DNS_NXDOMAIN, role=Role.TARGET)
        task = replace(story.told[-1].task, id=f"b.name.acme.{host}", arm=Arm.BASE)
        story.told[-1] = replace(story.told[-1], task=task)

    def over_tcp() -> set[str]:
        return {
            t.probe.resolver.name
            for t in wanted(story, 1.0)
            if isinstance(t.probe, Lookup)
            and t.probe.resolver.kind is ResolverKind.TCP
            and t.probe.name == "chat1.example"
        }

    assert over_tcp() == {"resolver1"}
    story.asked(
        "chat1.example", ResolverKind.UDP, failure=Failure.DNS_NXDOMAIN, resolver="resolver2"
    )
    assert over_tcp() == {"resolver1", "resolver2"}
