"""The lab as a whole: start and stop, its safety, the client's files, parallel labs."""

import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.lab.link import Link
from tests.lab.netns import LabError
from tests.lab.network import Lab
from tests.lab.scenarios import SCENARIOS
from tests.lab.scenarios.order import ORDER
from tests.lab_tests.client import Client
from tests.lab_tests.conftest import TINY_WORLD

WEB = "198.51.100.7"


@pytest.mark.parametrize(
    "command",
    [
        ["ip", "link", "add", "way_out", "type", "bridge"],
        ["ip", "link", "add", "way_out", "type", "veth", "peer", "name", "other"],
        ["ip", "link", "add", "way_out", "link", "lab0", "type", "macvlan"],
    ],
)
def test_an_interface_that_the_lab_did_not_make_stops_it(
    lab_possible: None, tmp_path: Path, command: list[str]
) -> None:
    lab = Lab(workdir=tmp_path, world_command=TINY_WORLD, client_commands=[command])
    try:
        with pytest.raises(LabError, match=r"way_out|Unknown device type"), lab:
            pass
    finally:
        lab.close()
    assert not (tmp_path / "middlebox.json").exists()


def test_a_world_that_dies_is_reported(lab_possible: None, tmp_path: Path) -> None:
    dying = (sys.executable, "-c", "import sys; sys.exit('no servers today')")
    with (
        pytest.raises(LabError, match=r"world .*no servers today"),
        Lab(workdir=tmp_path, world_command=dying),
    ):
        pass


def test_labs_run_side_by_side(lab_possible: None, tmp_path: Path) -> None:
    def one(delay_ms: int) -> float:
        with Lab(
            workdir=tmp_path / str(delay_ms),
            link=Link(delay_ms=delay_ms),
            world_command=TINY_WORLD,
        ) as lab:
            return Client(lab).tcp((WEB, 443, b"x"))[0].connect_ms

    with ThreadPoolExecutor(3) as pool:
        found = list(pool.map(one, (10, 60, 110)))
    for delay_ms, connect_ms in zip((10, 60, 110), found, strict=True):
        assert 2 * delay_ms - 1 <= connect_ms < 2 * delay_ms + 60


def _in_namespace(inode: int) -> set[int]:
    found = set()
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if os.stat(entry / "ns/net").st_ino == inode:
                found.add(int(entry.name))
        except OSError:
            continue
    return found


def test_nothing_outlives_the_lab_s_process(lab_possible: None, tmp_path: Path) -> None:
    script = (
        "import sys, time, pathlib\n"
        "from tests.lab.network import Lab\n"
        f"lab = Lab(workdir=pathlib.Path({str(tmp_path)!r}), world_command={TINY_WORLD!r})\n"
        "with lab:\n"
        "    lab.popen(['sleep', '60'])\n"
        "    print(*(one.identity[1] for one in lab._namespaces), flush=True)\n"
        "    time.sleep(60)\n"
    )
    owner = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE)
    with owner:
        assert owner.stdout is not None
        inodes = [int(one) for one in owner.stdout.readline().split()]
        assert len(inodes) == 3
        assert all(_in_namespace(one) for one in inodes)
        owner.send_signal(signal.SIGKILL)
    deadline = time.monotonic() + 5
    while any(_in_namespace(one) for one in inodes) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not any(_in_namespace(one) for one in inodes)


def test_the_same_seed_loses_the_same_packets(lab_possible: None, tmp_path: Path) -> None:
    fates = []
    for attempt in range(2):
        lossy = Link(loss=0.3)
        with Lab(
            workdir=tmp_path / str(attempt), link=lossy, world_command=TINY_WORLD, seed=7
        ) as lab:
            script = (
                "import socket\n"
                "s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\n"
                f"for _ in range(200): s.sendto(b'x', ('{WEB}', 9999))\n"
            )
            assert lab.run([sys.executable, "-c", script]).rc == 0
            time.sleep(0.2)
            sent = [one for one in lab.capture if one.up and one.dport == 9999]
            fates.append([one.fate for one in sent])
    assert len(fates[0]) == 200
    assert 30 <= fates[0].count("link") <= 90
    assert fates[0] == fates[1]


def test_client_files_and_access(lab_possible: None, tmp_path: Path) -> None:
    host = Path("/etc/resolv.conf").read_bytes()
    with Lab(
        workdir=tmp_path,
        world_command=TINY_WORLD,
        hosts={"web.telegram.org": "127.0.0.9"},
        access="no_route",
        ipv6=False,
    ) as lab:
        shown = lab.run(["cat", "/etc/resolv.conf", "/etc/nsswitch.conf"]).stdout
        assert shown == "nameserver 10.77.0.53\nhosts: files dns\n"
        assert "127.0.0.9" in lab.run(["getent", "ahostsv4", "web.telegram.org"]).stdout
        (tried,) = Client(lab).tcp((WEB, 443, b"x"))
        assert tried.error == "ENETUNREACH"
        assert lab.run(["sleep", "9"], timeout=0.2).timed_out
        assert lab.run(["sh", "-c", "env; exit 7"]).rc == 7
    assert Path("/etc/resolv.conf").read_bytes() == host


def test_no_two_scenarios_have_the_same_id() -> None:
    ids = [scenario.id for scenario in SCENARIOS]
    assert len(ids) == len(set(ids))


def test_scenarios_stand_where_the_list_says_and_new_ones_after_them() -> None:
    ids = [scenario.id for scenario in SCENARIOS]
    assert ids[: len(ORDER)] == list(ORDER)
