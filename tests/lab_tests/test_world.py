"""The world's servers, tried in a namespace of their own; see `tests.lab_tests.inside`."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.lab.netns import why_not

INSIDE = Path(__file__).parent / "inside"
ROOT = Path(__file__).parents[2]
ROUTES = (
    "ip link set lo up && ip route add local 0.0.0.0/0 dev lo && "
    'ip -6 route add local ::/0 dev lo && exec "$@"'
)


def try_inside(tmp_path: Path, *arguments: str) -> None:
    """Run pytest with ``arguments`` in a namespace where every address is local."""
    reason = why_not()
    if reason is not None and os.environ.get("CI") == "true":
        pytest.fail(reason)
    if reason is not None:
        pytest.skip(reason)
    user = [] if os.geteuid() == 0 else ["--user", "--map-root-user"]
    done = subprocess.run(
        [
            *("unshare", *user, "--net", "sh", "-c", ROUTES, "sh"),
            *(sys.executable, "-m", "pytest", "-q", *arguments),
            *("-p", "no:cacheprovider", "-p", "no:hypothesispytest"),
            f"--basetemp={tmp_path}/inside",
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=110,
    )
    assert done.returncode == 0, done.stdout[-12000:] + done.stderr[-2000:]


@pytest.mark.timeout(120)
@pytest.mark.parametrize(
    "module",
    [
        "honest_world",
        "spoken_world",
        "bent_world",
        "changed_world",
        "other_worlds",
        "shared_world",
        "proof_world",
        "quic_world",
        "strangers_world",
    ],
)
def test_the_world_inside_a_namespace(module: str, tmp_path: Path) -> None:
    try_inside(tmp_path, str(INSIDE / f"{module}.py"))
