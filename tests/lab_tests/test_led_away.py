"""Nothing that arrives leads to a host that the plan does not list.

Servers of all core services send their clients elsewhere in every way that HTTP has, and their
names are aliases of other names. Elsewhere somebody lives, and waits in vain.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest

from tests.lab import exam
from tests.lab.capture import Captured
from tests.lab.scenario import CORE, Scenario
from tests.lab.world.config import ExtraHost, HostPolicy, ResolverPolicy

pytestmark = pytest.mark.timeout(180)

ELSEWHERE: Final = "elsewhere.example"
AWAY: Final = "185.79.0.66"
_PAGE: Final = (
    f'<html><head><meta http-equiv="refresh" content="0; url=https://{ELSEWHERE}/m">'
    f'<link rel="preload" href="https://{ELSEWHERE}/app.js"><script src="//{ELSEWHERE}/x.js">'
    f'</script></head><body><img src="https://{ELSEWHERE}/i.png"></body></html>'
)
SENT_AWAY: Final = Scenario(
    id="sent away",
    title="every answer sends its reader elsewhere",
    kind="innocent",
    row="",
    world={
        "extra": (ExtraHost(name=ELSEWHERE, addresses=(AWAY,)),),
        "hosts": (
            HostPolicy(
                names=tuple(f"service:{name}" for name in CORE),
                status=302,
                headers=(
                    ("Location", f"https://{ELSEWHERE}/l"),
                    ("Alt-Svc", f'h3="{ELSEWHERE}:443", h2="{AWAY}:443"'),
                    ("Refresh", f"0; url=https://{ELSEWHERE}/r"),
                    ("Link", f'<https://{ELSEWHERE}/p>; rel="preconnect"'),
                ),
                body=_PAGE,
            ),
        ),
        "resolvers": (ResolverPolicy(at=("isp",), rules=(("=chat.signal.org", "dangling"),)),),
    },
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """A run among such servers."""

    document: dict[str, Any]
    line: list[Captured]


@pytest.fixture(scope="module")
def sent(lab_possible: None, tmp_path_factory: pytest.TempPathFactory) -> Sent:
    workdir: Path = tmp_path_factory.mktemp("away")
    scene = exam.stage(SENT_AWAY, 1, workdir)
    with scene.lab as lab:
        done = scene.run(
            "run", "--json", "--evidence", "--no-redact", "--seed", "1", *scene.targets
        )
        line = lab.capture
    return Sent(document=json.loads(done.stdout), line=line)


def test_they_were_sent_away(sent: Sent) -> None:
    seen = [o for m in sent.document["measurements"] for o in m["observations"]]
    assert len([o for o in seen if o["type"] == "http" and o["status"] == 302]) >= 4
    aliases = {alias for o in seen if o["type"] == "dns" for alias in o["aliases"]}
    assert "gone.chat.signal.org" in aliases


def test_nobody_goes(sent: Sent) -> None:
    assert [p for p in sent.line if p.far == AWAY] == []


def test_nobody_asks_for_the_way(sent: Sent) -> None:
    questions = {p.question for p in sent.line if p.up and p.question}
    assert questions, "questions are seen"
    assert {q for q in questions if q.endswith(ELSEWHERE) or q.startswith("gone.")} == set()
