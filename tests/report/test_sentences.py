"""Every message has a sentence with room for its values, and no sentence is without a message."""

import ast
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from string import Formatter
from typing import Any

import pytest

import msgprobe
from msgprobe import session
from msgprobe.evidence.controls import DYING
from msgprobe.hypotheses.second_vantage.facts import NAMES, SYMPTOMS
from msgprobe.hypotheses.throttling.rules import ALIKE, SPEED_RULES
from msgprobe.judging.judge import judge
from msgprobe.model.codec import CodecError, to_json
from msgprobe.model.message import LITERAL, Message, Said, literal, message
from msgprobe.model.protocol import PROTOCOLS
from msgprobe.model.run import Run
from msgprobe.model.target import Function
from msgprobe.model.verdict import Outcome
from msgprobe.report import messages, terminal
from msgprobe.report.document import SavedRunError, document, read_run
from msgprobe.report.say import proves, said, why
from msgprobe.report.sentences.reveals import SENTENCES
from msgprobe.report.sentences.table import PROVES, ROOMS, WHY, entries, find
from msgprobe.report.view import View
from tests.evidence.story import SERVICE, Story
from tests.report import sample

RULES = session.rules()
PLACES = ("here", "elsewhere")
PLACED = ("throttle.name", "throttle.name_loss")
"""Rules whose sentence depends on what the service was compared with."""

UNMEASURED = ("throttle.address", "throttle.losses", "speed.lossy")
"""Rules that losses alone can make hold, where too little came to tell a rate."""

SPEEDS = frozenset(rule.info.rule_id for rule in SPEED_RULES) | {ALIKE.rule_id}
POOL = frozenset(("ok", "tested", "pool"))
RATES = frozenset(("target_kbit", "control_kbit", "place", "lost_percent", "moved_kb"))
"""The values of pools' rules, and of those about transfers."""

BESIDE = {
    "speed.faster.ipv6": frozenset(("target_kbit",)),
    "speed.faster.address": frozenset(("target_kbit",)),
    **{
        f"speed.unsaid.{reason}": frozenset(("asset",))
        for reason in ("unmeasured", "once", "nothing", "broken_off")
    },
}
"""What is said beside a rule with values of its own."""


# -- every rule has words


@pytest.mark.parametrize("rule_id", sorted({rule.rule_id for rule in RULES}))
def test_every_rule_says_something_and_tells_what_it_proves(rule_id: str) -> None:
    assert why(rule_id) and proves(rule_id)
    every = [f"{rule_id}.{place}" for place in PLACES] if rule_id in PLACED else [rule_id]
    for key in every:
        assert find(WHY, key), f"no sentence for {key}"
    assert find(PROVES, rule_id), f"nothing says what {rule_id} proves"


@pytest.mark.parametrize("table", ["WHY", "PROVES"])
def test_no_key_has_two_sentences(table: str) -> None:
    counted = Counter(key for room in ROOMS for key in getattr(room, table))
    assert [key for key, times in counted.items() if times > 1] == []


@pytest.mark.parametrize("path", [Path(str(room.__file__)) for room in ROOMS], ids=lambda p: p.stem)
def test_no_key_stands_twice_in_a_table(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Dict):
            keys = [ast.literal_eval(key) for key in node.keys if key is not None]
            assert len(keys) == len(set(keys))


# -- no words without a rule


@cache
def emitted() -> tuple[tuple[str, bool], ...]:
    """Keys that the source gives to ``message(...)``, and whether more follows what is known."""
    return tuple(_emitted())


def _emitted() -> Iterator[tuple[str, bool]]:
    for path in Path(msgprobe.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "message":
                key = node.args[0]
                if isinstance(key, ast.Constant):
                    yield str(key.value), False
                elif isinstance(key, ast.JoinedStr):
                    assert isinstance(key.values[0], ast.Constant), ast.unparse(key)
                    yield str(key.values[0].value), True


def test_what_the_source_says_beside_its_rules_is_found() -> None:
    assert {"pool.old_facts", "quic.tcp_works", "speed.unsaid.", "speed.faster."} <= {
        key for key, _ in emitted()
    }


def test_every_key_of_the_source_has_a_sentence() -> None:
    every = {**WHY, **SENTENCES}
    for key, more in emitted():
        sentences = [one for one in every if one.startswith(key)] if more else find(every, key)
        assert sentences, f"no sentence for {key}"


def _by_sentence(table: Mapping[str, str], ids: Iterable[str]) -> dict[str, set[str]]:
    """Which of the ids each key of the table speaks for."""
    found: dict[str, set[str]] = {}
    for one in ids:
        for entry in entries(one):
            if entry in table:
                found.setdefault(entry, set()).add(one)
                break
    return found


def _told() -> dict[str, set[str]]:
    ids = [rule.rule_id for rule in RULES]
    ids += [f"{rule}.{place}" for rule in PLACED for place in PLACES]
    ids += [f"{rule}.unmeasured" for rule in UNMEASURED]
    return _by_sentence(WHY, [*ids, *(key for key, more in emitted() if not more)])


def test_no_sentence_is_kept_for_what_nobody_says() -> None:
    begun = tuple(key for key, more in emitted() if more)
    assert [key for key in WHY.keys() - _told().keys() if not key.startswith(begun)] == []


def test_no_proof_is_kept_for_a_rule_that_is_gone() -> None:
    assert PROVES.keys() - _by_sentence(PROVES, [rule.rule_id for rule in RULES]).keys() == set()


def test_a_sentence_of_several_rules_is_that_of_one_family() -> None:
    """They differ in the symptom alone: a new rule of another kind needs its own words."""
    symptoms = {*SYMPTOMS, *NAMES, *DYING, *(f"protocol.{name}" for name in PROTOCOLS)}
    short = {one.rpartition(".")[2] for one in symptoms}
    for key, ids in _told().items():
        for one in ids if key.endswith(".*") else ():
            rest = one.removeprefix(key[:-1]).removesuffix(".known_address")
            assert rest.removesuffix(".early") in symptoms | short, (key, one)


# -- values


def _values(key: str) -> frozenset[str]:
    """What a message of that key may put in."""
    rule, _, place = key.rpartition(".")
    if key in BESIDE:
        return BESIDE[key]
    if key in SPEEDS or (rule in SPEEDS and place in PLACES):
        return RATES
    if rule in SPEEDS and place == "unmeasured":
        return RATES - {"target_kbit", "control_kbit"}
    return frozenset() if key.startswith(("connection.", "quic.")) else POOL


@pytest.mark.parametrize("key", WHY)
def test_a_sentence_has_room_for_what_its_message_carries_alone(key: str) -> None:
    places = {name for _, name, _, _ in Formatter().parse(WHY[key]) if name is not None}
    assert places <= _values(key)


@pytest.mark.parametrize("text", PROVES.values())
def test_what_is_proved_has_room_for_nothing(text: str) -> None:
    assert [name for _, name, _, _ in Formatter().parse(text) if name is not None] == []


def test_pools_carry_these_values() -> None:
    (service,) = judge(Story().good_connection().names().all_targets().evidence()).services
    (one,) = service.functions[0].why
    assert dict(one.values) == {"ok": 2, "tested": 2, "pool": SERVICE.pools[0].name}
    assert {name for name, _ in one.values} == POOL


def test_a_rate_is_shown_with_its_unit() -> None:
    one = message("speed.faster.ipv6", target_kbit=9_000.0)
    assert said((one,)) == "Over IPv6 it moves 9.0 Mbit/s."


@pytest.mark.parametrize("rule", PLACED)
def test_the_place_decides_between_two_sentences(rule: str) -> None:
    numbers: dict[str, Any] = {"target_kbit": 140, "control_kbit": 15_000, "lost_percent": 6}
    here, elsewhere = (said((message(rule, place=place, **numbers),)) for place in PLACES)
    assert here.startswith("140 kbit/s against 15 Mbit/s on the same server")
    assert elsewhere.startswith("140 kbit/s against 15 Mbit/s from neutral servers")


@pytest.mark.parametrize("rule", UNMEASURED)
def test_no_rate_is_told_where_none_was_measured(rule: str) -> None:
    numbers: dict[str, Any] = {"target_kbit": 0.0, "control_kbit": 0.0, "lost_percent": 40}
    told = said((message(rule, place="unmeasured", **numbers),))
    assert told.startswith("40 % of ") and "bit/s" not in told


# -- documents


def _read(*why_: Message, **changes: object) -> Run:
    """A run whose function says that, written and read back with ``changes`` to the function."""
    one = sample.function(outcome=Outcome.BLOCKED, why=why_)
    run = sample.run(sample.service_verdict(Outcome.BLOCKED, functions=(one,)), why=why_)
    data = json.loads(json.dumps(document(run, exit_code=1, evidence=True)))
    data["services"][0]["functions"][0] |= changes
    data["connection"] |= changes
    return read_run(json.dumps(data))


def _both(run: Run) -> tuple[Said, Said]:
    return run.verdict.services[0].functions[0].why, run.verdict.connection.why


@pytest.mark.parametrize(
    "why_",
    [
        (),
        (message("ok.authenticated"),),
        (message("pool.one_member", ok=4, tested=5, pool="chat"), message("pool.old_facts")),
        (message("throttle.name", target_kbit=140.5, control_kbit=15_000, place="here"),),
        (literal("only the sign-up page is public"), message("pool.front_answers")),
    ],
    ids=lambda why_: why_[0].key if why_ else "nothing",
)
def test_a_document_gives_the_same_messages(why_: Said) -> None:
    assert _both(_read(*why_)) == (why_, why_)


@pytest.mark.parametrize(
    "one",
    [
        {"key": "no.rule.of.ours", "values": {}},
        {"key": "pool.one_member", "values": {}},
        {"key": "speed.faster.ipv6", "values": {"target_kbit": "fast"}},
        {"key": LITERAL, "values": {"text": 5}},
        {"key": LITERAL, "values": {}},
    ],
    ids=str,
)
def test_where_a_message_is_not_known_its_sentence_stands_as_it_was_saved(
    one: dict[str, Any],
) -> None:
    good = to_json((message("pool.old_facts"),))
    for keys in ([one], [*good, one], []):
        told = _both(_read(why_keys=keys, why="It is as it was."))
        assert told == ((literal("It is as it was."),),) * 2


def test_values_that_do_not_go_with_a_sentence_break_nothing() -> None:
    assert said((message("speed.faster.ipv6", target_kbit="fast"),)) == "speed.faster.ipv6"
    assert said((message("pool.one_member", ok=4),)) == "pool.one_member"


def test_a_document_of_an_older_version_keeps_its_sentences() -> None:
    data = document(sample.run(sample.blocked()), exit_code=1, evidence=True)
    told = data["services"][0]["functions"][0]
    del told[messages.KEYS], data["connection"][messages.KEYS]
    told["why"] = "Connections that name it are torn down."
    run = read_run(json.dumps(data))
    assert _both(run)[0] == (literal("Connections that name it are torn down."),)
    assert run.verdict.connection.why == (literal("Neutral sites work."),)


@pytest.mark.parametrize(
    ("keys", "where"),
    [
        ("tls.reset", r"why_keys"),
        ([5], r"why_keys\[0\]"),
        ([{"key": 5, "values": {}}], r"why_keys\[0\]"),
        ([{"values": {}}], r"why_keys\[0\]"),
        ([{"key": "pool.old_facts", "values": []}], r"why_keys\[0\]"),
        ([{"key": "pool.old_facts", "values": {"a": True}}], r"why_keys\[0\]"),
        ([{"key": "pool.old_facts"}, {"key": "a", "values": {"a": None}}], r"why_keys\[1\]"),
    ],
    ids=str,
)
def test_what_is_no_message_is_a_fault_with_its_path(keys: object, where: str) -> None:
    data = document(sample.run(sample.blocked()), exit_code=1, evidence=True)
    for place, path in (
        (data["connection"], r"^\$\.connection\."),
        (data["services"][0]["functions"][1], r"^\$\.services\[0\]\.functions\[1\]\."),
    ):
        before = place[messages.KEYS]
        place[messages.KEYS] = keys
        with pytest.raises(CodecError, match=path + where):
            messages.with_messages(data)
        with pytest.raises(SavedRunError):
            read_run(json.dumps(data))
        place[messages.KEYS] = before


# -- on the terminal


def test_functions_that_say_the_same_are_told_once_whatever_their_counts() -> None:
    functions = [
        sample.function(what, Outcome.INCONCLUSIVE, why=(message("failed.unexplained", ok=ok),))
        for ok, what in enumerate((Function.TEXT, Function.MEDIA))
    ]
    run = sample.run(sample.service_verdict(Outcome.INCONCLUSIVE, functions=tuple(functions)))
    text = terminal.render(run, View(width=None))
    assert text.count(why("failed.unexplained")) == 1
