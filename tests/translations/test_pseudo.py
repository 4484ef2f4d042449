"""In a language that nobody speaks no English word is left of ours: what is, came from the run."""

import re
from collections.abc import Callable, Iterator

import pytest
from typer.main import get_command
from typer.testing import CliRunner

from msgprobe.checks.registry import registry
from msgprobe.cli.app import app
from msgprobe.cli.help import commands
from msgprobe.model.run import Run
from msgprobe.model.task import Arm
from msgprobe.model.verdict import Outcome, State
from msgprobe.report import help as topics
from msgprobe.report import terminal
from msgprobe.report.explain import explain_rule, explain_run, render_rules
from msgprobe.report.language import spoken
from msgprobe.report.view import View
from msgprobe.session import rules
from tests.report import sample
from tests.report.test_page import by_name, page
from tests.translations.pseudo import Pseudo

WORD = re.compile(r"(?<![\w.\-/=:+<{])[A-Za-z][a-z]{2,}(?![\w.\-/=:+>}])")
"""A word as text has it: not a part of a host, a path, an id or an option."""

CODE = re.compile(
    r"^ *\$ .*$|<style>.*?</style>|<pre[^>]*>.*?</pre>|<[^>]*>", re.DOTALL | re.MULTILINE
)
"""What is typed, and what browsers read."""

DATA = frozenset(
    {
        *(check for check in registry()),
        *(arm.value for arm in Arm),
        *("Telegram", "Signal", "Acme", "Messenger", "WhatsApp", "Public", "Linux", "Python"),
        *("msgprobe", "explain", "report", "seal", "judge", "curl", "openssl", "https", "python"),
        *("Google", "Threema", "Tor", "Termux", "systemd", "termux", "cron"),
        *(word for one in commands(get_command(app)) for word in one.words),
        *("link", "throttle"),  # a protocol of Tor, a mechanism
        *("Mbit", "kbit", "Mon", "Jan"),  # dates are a translator's own: one text holds their form
    }
)
"""What stands in a run, or is the name of something."""

RUNS: dict[str, Callable[[], Run]] = {
    "blocked and throttled": lambda: sample.run(
        sample.blocked(), sample.throttled(), sample.service_verdict(Outcome.OK, "Signal")
    ),
    "with notes": lambda: sample.run(
        sample.service_verdict(Outcome.INCONCLUSIVE, "Signal"),
        state=State.BAD_LINK,
        notes=("ipv6_missing", "vpn", "tls_inspection", "state_root_kz"),
    ),
    "cut off": lambda: sample.run(state=State.SHUTDOWN),
    "by name": by_name,
}

VIEWS: dict[str, Callable[[Run], str]] = {
    "terminal": lambda run: terminal.render(run, View(width=100)),
    "terminal in full": lambda run: terminal.render(run, View(width=100, verbose=1)),
    "explain": lambda run: explain_run(run, None, rules()),
    "page": page,
}


@pytest.fixture(autouse=True)
def pseudo() -> Iterator[None]:
    with spoken(Pseudo()):
        yield


def english(text: str) -> list[str]:
    """The words that are left, each once."""
    found = WORD.findall(CODE.sub(" ", text))
    return sorted({w for w in found if w not in DATA and not w.startswith(("abab", "cdcd"))})


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("run", RUNS)
def test_no_english_in_what_a_run_shows(run: str, view: str) -> None:
    assert english(VIEWS[view](RUNS[run]())) == []


@pytest.mark.parametrize("topic", topics.TOPICS)
def test_no_english_in_a_topic_but_its_samples(topic: str) -> None:
    lines = topics.render(topic, width=100).splitlines()
    said = "\n".join(line for line in lines if not line.startswith("    "))
    assert english(said) == []


def test_no_english_in_the_rules() -> None:
    assert english(render_rules(rules(), width=100)) == []
    assert english(explain_rule("tls.sni.elsewhere.reset", rules(), width=100)) == []
    assert english(explain_rule("tls.reset.sni", rules(), width=100)) == []


@pytest.mark.parametrize("command", ["", "run", "plan", "watch", "timeline", "history", "seal"])
def test_no_english_in_the_help(command: str) -> None:
    words = [command, "--help"] if command else ["--help"]
    assert english(CliRunner().invoke(app, words).stdout) == []
