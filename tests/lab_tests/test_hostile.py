"""The shipped command against servers that mean harm, and against impatient users.

Whatever a server sends, a run ends in time, in little memory, without a traceback, without a byte
that moves a terminal's cursor, and without an accusation: a server's own mischief is no blocking.
"""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest

from tests.lab import exam
from tests.lab.censor import Drop, Match, OnPattern
from tests.lab.scenario import Scenario, at
from tests.lab.scenarios.shared import CHAT, TELEGRAM_DC
from tests.lab.world import mean
from tests.lab.world.config import HostPolicy, ResolverPolicy
from tests.lab.world.mischief import HTTP, HTTP2, STREAM, TLS, WEBSOCKET
from tests.lab.world.mischief_datagrams import DNS, SENT

MAX_TIME_S: Final = 8
GRACE_S: Final = 5
pytestmark = pytest.mark.timeout(180)
DEFAULT_S: Final = 45
"""What a run that was given no limit takes at most, start and end of the program included."""
MOST_KB: Final = 100_000
MAX_BYTES: Final = 5_000_000
OPEN_BYTES: Final = 1_000_000
"""What may be under way on all open connections when the bytes are used up."""
SERVICES: Final = ("messenger", "signal", "telegram", "whatsapp")

_MEASURED: Final = """
import pathlib, resource, subprocess, sys
status = subprocess.run(sys.argv[2:]).returncode
most = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
pathlib.Path(sys.argv[1]).write_text(str(most))
sys.exit(status)
"""
"""Runs a command and notes the largest resident set of its processes, in kB (getrusage(2))."""

RUBBISH: Final = b"\xff\xff\xff\x7f\x1b[2J\x1b]0;owned\x07Telegram: ok\r\n\x9b31m" * 40
"""A length beyond all reason, then what would clear a screen and set its title."""


def _mean(*services: str, kinds: Iterable[str]) -> HostPolicy:
    """Hosts of ``services`` that do one of ``kinds`` after the other, but for the slow ones."""
    fast = tuple(kind for kind in kinds if "drip" not in kind)
    return HostPolicy(names=tuple(f"service:{one}" for one in services), mischief=fast)


def _slow(service: str, *kinds: str) -> HostPolicy:
    return HostPolicy(names=(f"service:{service}",), mischief=kinds)


REDIRECT: Final = HostPolicy(
    names=("service:messenger",),
    status=302,
    headers=(("Location", "https://\x9b2Jevil.example/"), ("Server", "\x9b31mevil\x85")),
    body="\x1b[2J<title>\x1b]0;owned\x07Messenger: ok</title>",
)
"""Well-formed HTTP whose values hold control characters of the eight-bit kind (ECMA-48, C1)."""

HOSTILE: Final = (
    Scenario(
        id="content",
        title="endless, malformed and packed content inside TLS, and in protocols of their own",
        kind="innocent",
        row="",
        world={
            "hosts": (
                _mean("messenger", kinds=[*HTTP, *STREAM, *WEBSOCKET, *SENT["quic"]]),
                _mean("signal", kinds=[*HTTP, *HTTP2, *WEBSOCKET, *SENT["stun"]]),
                _mean(
                    "telegram",
                    "whatsapp",
                    kinds=[*STREAM, *WEBSOCKET, *HTTP, *SENT["quic"], *SENT["stun"]],
                ),
            )
        },
        # Enough for every kind to have its turn.
        args=("--max-time", str(MAX_TIME_S), "--max-bytes", "40000000"),
    ),
    Scenario(
        id="records",
        title="TLS, HTTP/2, QUIC and public resolvers that are none, under the usual byte limit",
        kind="innocent",
        row="",
        world={
            "hosts": (
                _mean("messenger", kinds=[*TLS, *reversed(SENT["quic"])]),
                _mean("signal", kinds=reversed(HTTP2)),
                _mean("telegram", "whatsapp", kinds=[*TLS, *STREAM, *reversed(SENT["quic"])]),
            ),
            "resolvers": (ResolverPolicy(at=("public",), mischief=tuple(DNS)),),
        },
        args=("--max-time", str(MAX_TIME_S)),
    ),
    Scenario(
        id="drip",
        title="a byte a second in heads, bodies, records, frames and protocols of their own",
        kind="innocent",
        row="",
        world={
            "hosts": (
                _slow("messenger", "drip_head", "drip_body", "drip_chunks", "endless_body"),
                _slow("signal", "h2_drip", "ws_drip", "drip_body", "endless_interim"),
                _slow("telegram", "stream_drip", "stream_drip_zeros", "ws_drip", "drip_body"),
                _slow("whatsapp", "tls_drip", "tls_drip_records", "stream_drip"),
            )
        },
    ),
    Scenario(
        id="rubbish",
        title="rubbish where protocols of their own are spoken, slowness and C1 controls elsewhere",
        kind="innocent",
        row="",
        actions=tuple(
            OnPattern(
                label=label,
                match=Match(to=to, proto=("tcp",)),
                pattern="(?s).",
                do="answer",
                answer=RUBBISH.hex(),
            )
            for label, to in (("dc", TELEGRAM_DC), ("chat", at(*CHAT)))
        ),
        world={
            "hosts": (
                REDIRECT,
                HostPolicy(names=("service:signal",), pace="slow"),
                HostPolicy(names=("service:whatsapp", "service:telegram"), pace="silent"),
            ),
            "resolvers": (
                # who cannot find the chat servers is told no rubbish by them
                ResolverPolicy(
                    at=("isp",), mischief=tuple(DNS), rules=tuple((n, "truth") for n in CHAT)
                ),
            ),
        },
        args=("--max-time", str(MAX_TIME_S)),
        fires=("dc", "chat"),
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """What a run in a hostile world left behind."""

    scenario: Scenario
    rc: int
    seconds: float
    most_kb: int
    shown: bytes
    document: dict[str, Any]
    fired: dict[str, int]
    missing: set[str]
    """Kinds of mischief that no server got to."""


@pytest.fixture(scope="module", params=HOSTILE, ids=lambda s: s.id)
def ended(
    lab_possible: None, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Ended:
    """One run and an ``explain`` of every service, all shown as text."""
    scenario: Scenario = request.param
    workdir: Path = tmp_path_factory.mktemp(scenario.id)
    stage = exam.stage(scenario, 1, workdir)
    words = ["run", "-v", *scenario.args, "-o", "run.json", *stage.targets]
    argv = [sys.executable, "-c", _MEASURED, "most_kb", *exam.COMMAND, *words]
    with stage.lab as lab:
        done = lab.run(argv, stage.env, DEFAULT_S + 30.0)
        shown = [done.stdout, done.stderr]
        for service in SERVICES:
            explained = stage.run("explain", "run.json", service)
            assert explained.rc == 0, explained.stderr
            shown += [explained.stdout, explained.stderr]
        fired = dict(lab.log.fired)
    assert not done.timed_out
    policies = [*scenario.world["hosts"], *scenario.world.get("resolvers", ())]
    return Ended(
        scenario=scenario,
        rc=done.rc,
        seconds=done.seconds,
        most_kb=int((workdir / "most_kb").read_text()),
        shown="\n".join(shown).encode(),
        document=json.loads((workdir / "run.json").read_text(encoding="utf-8")),
        missing={k for p in policies for k in p.mischief} - mean.deeds(workdir).keys(),
        fired={label: fired.get(label, 0) for label in scenario.fires},
    )


def test_the_mischief_happened(ended: Ended) -> None:
    assert all(ended.fired.values()), ended.fired
    assert any(s["outcome"] != "ok" for s in ended.document["services"])
    # Each kind has its turn against each check in tests/steps/test_mischief.py.
    few = {*HTTP2, *WEBSOCKET, *SENT["quic"], *SENT["stun"]}
    assert ended.missing <= few, "there are enough conversations for all others"
    for family in (HTTP2, WEBSOCKET, SENT["quic"], SENT["stun"]):
        # How many have theirs hangs on how many conversations a run holds, which may be fewer.
        assert len(set(family) - ended.missing) >= 3


def test_it_ends_in_time(ended: Ended) -> None:
    limited = "--max-time" in ended.scenario.args
    assert ended.seconds < (MAX_TIME_S + GRACE_S if limited else DEFAULT_S)


def test_it_spends_no_more_than_it_may(ended: Ended) -> None:
    most = 40_000_000 if "--max-bytes" in ended.scenario.args else MAX_BYTES
    assert sum(ended.document["bytes"].values()) < most + OPEN_BYTES


def test_it_stays_small(ended: Ended) -> None:
    assert ended.most_kb < MOST_KB


def test_it_does_not_break(ended: Ended) -> None:
    assert ended.rc in (0, 1, 3, 4)
    assert b"Traceback" not in ended.shown and b"itself failed" not in ended.shown
    statuses = {m["status"] for m in ended.document["measurements"]}
    assert "bug" not in statuses


def test_nothing_of_the_server_s_moves_the_cursor(ended: Ended) -> None:
    text = ended.shown.decode()
    assert {c for c in text if (c < " " and c != "\n") or "\x7f" <= c <= "\x9f"} == set()


def test_nobody_is_accused(ended: Ended) -> None:
    words = {s["service"]: s["outcome"] for s in ended.document["services"]}
    assert set(words) == set(SERVICES)
    assert {w for w in words.values() if w in exam.ACCUSING} == set(), words


# --- interrupted ----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def dead_line(lab_possible: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[exam.Stage]:
    """Every SYN vanishes, so that a run is still waiting when the signal comes."""
    drop = Drop(match=Match(proto=("tcp",), segment="syn"))
    scenario = Scenario(id="dead", title="", kind="connection", row="", actions=(drop,))
    stage = exam.stage(scenario, 1, tmp_path_factory.mktemp("dead"))
    with stage.lab:
        yield stage


def _interrupt(stage: exam.Stage, number: int, *words: str) -> tuple[int, str, str, float]:
    """Status, both outputs and the seconds that it took after the signal.

    The signal is sent one second after the first questions, which are more than the packets by
    which an interface finds its neighbours.
    """
    sent = stage.lab.counters().tx_packets
    process = stage.lab.popen(
        [*exam.COMMAND, "run", *words, *stage.targets],
        stage.env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    try:
        for _ in range(200):
            if stage.lab.counters().tx_packets > sent + 8:
                break
            time.sleep(0.05)
        time.sleep(1.0)
        process.send_signal(number)
        begun = time.monotonic()
        out, err = process.communicate(timeout=10)
    finally:
        process.kill()
        process.wait()
    return process.returncode, out.decode(), err.decode(), time.monotonic() - begun


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_an_interrupted_run_says_what_it_knows_in_json(
    dead_line: exam.Stage, number: signal.Signals, status: int
) -> None:
    rc, out, err, seconds = _interrupt(dead_line, number, "--json")
    assert rc == status, err
    document = json.loads(out)
    assert document["interrupted"] == number.name
    assert document["exit_code"] == status
    words = {s["service"]: s["outcome"] for s in document["services"]}
    assert set(words) == set(SERVICES)
    assert set(words.values()) <= {"inconclusive", "not_tested"}
    assert seconds < 3 and "Traceback" not in err


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_an_interrupted_run_says_what_it_knows_to_people(
    dead_line: exam.Stage, number: signal.Signals, status: int
) -> None:
    rc, out, err, seconds = _interrupt(dead_line, number)
    assert rc == status, err
    assert all(title in out for title in ("Messenger", "Signal", "Telegram", "WhatsApp")), out
    assert seconds < 3 and "Traceback" not in err + out
