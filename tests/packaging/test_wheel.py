"""The built wheel, installed alone into a new environment in another folder, works."""

import time
from pathlib import Path
from zipfile import ZipFile

import pytest

from msgprobe.report.help import TOPICS
from tests.lab.scenario import CORE
from tests.packaging.conftest import ROOT
from tests.packaging.environment import Environment, environment

pytestmark = pytest.mark.timeout(300)


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Environment:
    return environment(tmp_path_factory.mktemp("alone") / "venv", [wheel])


def test_the_wheel_has_every_target_file_and_no_tests(wheel: Path) -> None:
    with ZipFile(wheel) as inside:
        names = set(inside.namelist())
    shipped = {f"msgprobe/_targets/{path.name}" for path in (ROOT / "targets").glob("*.toml")}
    assert len(shipped) > len(CORE)
    assert shipped <= names
    data = {"py.typed", "report/run.schema.json", "serve/alerts.yml", "serve/dashboard.json"}
    data |= {f"report/topics/{topic}.txt" for topic in TOPICS}
    assert {f"msgprobe/{name}" for name in data} <= names
    assert {name.split("/")[0].partition("-")[0] for name in names} == {"msgprobe"}


def test_it_runs_from_its_own_folder_not_the_checkout(
    installed: Environment, tmp_path: Path
) -> None:
    code = "import msgprobe, sys; print(msgprobe.__file__, *sys.path, sep='\\n')"
    done = installed.run(installed.python, "-c", code, cwd=tmp_path)
    where, *path = done.stdout.splitlines()
    assert Path(where).is_relative_to(installed.root), done.stderr
    assert not any(Path(one).is_relative_to(ROOT) for one in path if one)


def test_only_what_the_wheel_declares_is_installed(installed: Environment, tmp_path: Path) -> None:
    code = "from importlib.util import find_spec; print([bool(find_spec(n)) for n in {!r}])"
    words = ("-c", code.format(("httpx", "pytest", "tests", "trustme")))
    done = installed.run(installed.python, *words, cwd=tmp_path)
    assert done.stdout.strip() == "[True, False, False, False]", done.stderr


def test_it_lists_its_services_from_another_folder(installed: Environment, tmp_path: Path) -> None:
    done = installed.run(installed.command, "services", "list", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert set(CORE) <= set(done.stdout.split())


def test_it_runs_and_tells_that_there_is_no_network(
    installed: Environment, alone: list[str], tmp_path: Path
) -> None:
    begun = time.monotonic()
    done = installed.run(installed.command, "run", cwd=tmp_path, prefix=alone)
    assert time.monotonic() - begun < 10
    assert done.returncode == 4, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
