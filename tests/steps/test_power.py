"""A battery that runs out is told by the system's own files, or by Termux where they are hidden."""

import asyncio
import os
import time
from pathlib import Path

import pytest

from msgprobe.steps import power
from msgprobe.steps.accounts.linux import Linux
from msgprobe.steps.power import Power


def supply(root: Path, name: str, **fields: str) -> Path:
    """A folder of ``/sys/class/power_supply``."""
    folder = root / "sys/class/power_supply" / name
    folder.mkdir(parents=True)
    for field, text in fields.items():
        (folder / field).write_text(f"{text}\n")
    return root


@pytest.mark.parametrize(
    ("fields", "low"),
    [
        ({"type": "Battery", "status": "Discharging", "capacity": "9"}, True),
        ({"type": "Battery", "status": "Discharging", "capacity": "10"}, False),
        ({"type": "Battery", "status": "Charging", "capacity": "3"}, False),
        ({"type": "Battery", "status": "Discharging", "capacity": "3", "scope": "Device"}, False),
        ({"type": "Battery", "status": "Discharging", "capacity": "?"}, False),
        ({"type": "Battery", "status": "Discharging"}, False),
        ({"type": "Mains", "online": "0"}, False),
    ],
)
def test_what_the_systems_files_say(tmp_path: Path, fields: dict[str, str], low: bool) -> None:
    assert Power(Linux(supply(tmp_path, "BAT0", **fields)), command=None).low() is low


def test_a_machine_without_a_battery_or_files_of_one_goes_on(tmp_path: Path) -> None:
    assert not Power(Linux(tmp_path), command=None).low()
    assert not Power(Linux(supply(tmp_path, "AC", type="Mains", online="1")), command=None).low()


def termux(folder: Path, text: str) -> str:
    """A command that says so."""
    path = folder / "termux-battery-status"
    path.write_text(f"#!/bin/sh\necho asked >> {folder}/asked\n{text}\n")
    path.chmod(0o755)
    return str(path)


async def told(asked: Power, seconds: float = 5.0) -> bool:
    """What is told in the end; no single question takes long."""
    end = time.monotonic() + seconds
    low = False
    while time.monotonic() < end and not low:
        began = time.monotonic()
        low = asked.low()
        assert time.monotonic() - began < 0.5
        await asyncio.sleep(0.02)
    return low


@pytest.mark.parametrize(
    ("said", "low"),
    [
        ('{"percentage": 4, "plugged": "UNPLUGGED", "status": "DISCHARGING"}', True),
        ('{"percentage": 4, "plugged": "PLUGGED_AC", "status": "CHARGING"}', False),
        ('{"percentage": 60, "status": "DISCHARGING"}', False),
        ('{"percentage": null, "status": "DISCHARGING"}', False),
        ("[]", False),
        ("Termux:API is not installed", False),
    ],
)
def test_termux_is_asked_where_files_are_hidden(tmp_path: Path, said: str, low: bool) -> None:
    asked = Power(Linux(tmp_path), termux(tmp_path, f"echo '{said}'"))
    assert asyncio.run(told(asked, 5.0 if low else 0.5)) is low
    assert (tmp_path / "asked").read_text() == "asked\n"  # once, however often one wants to know


def test_files_that_tell_are_enough(tmp_path: Path) -> None:
    command = termux(tmp_path, "exit 1")
    supply(tmp_path, "battery", type="Battery", status="Discharging", capacity="4")
    assert Power(Linux(tmp_path), command).low()
    assert not (tmp_path / "asked").exists()


@pytest.mark.parametrize("text", ["sleep 60", "exit 1", "kill -9 $$"])
def test_a_command_that_hangs_or_fails_holds_nobody_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    monkeypatch.setattr(power, "ANSWERS", 0.3)
    assert not asyncio.run(told(Power(Linux(tmp_path), termux(tmp_path, text)), 0.8))


def test_an_answer_is_asked_for_again_when_it_is_old(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(power, "FRESH", 0.0)
    charged = '{"percentage": 80, "status": "DISCHARGING"}'
    command = termux(tmp_path, f"cat {tmp_path}/said")
    (tmp_path / "said").write_text(charged)
    asked = Power(Linux(tmp_path), command)

    async def both() -> None:
        assert not await told(asked, 0.3)
        (tmp_path / "said.new").write_text(charged.replace("80", "5"))
        os.replace(tmp_path / "said.new", tmp_path / "said")
        assert await told(asked)

    asyncio.run(both())
