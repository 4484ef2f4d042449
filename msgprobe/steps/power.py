"""Whether this device is about to run out of power, read from files; Linux alone tells it so."""

from pathlib import Path

LOW = 10
"""Per cent below which a battery that nothing charges is kept for its owner."""


def battery_low(root: Path = Path("/")) -> bool:
    """A battery feeds this device, is nearly empty and is not being charged."""
    try:
        supplies = sorted((root / "sys/class/power_supply").iterdir())
    except OSError:
        return False
    return any(
        _read(one, "type") == "Battery"
        and _read(one, "scope") != "Device"  # of a mouse, not of the machine
        and _read(one, "status") == "Discharging"
        and (charge := _read(one, "capacity")).isdigit()
        and int(charge) < LOW
        for one in supplies
    )


def _read(folder: Path, name: str) -> str:
    try:
        return (folder / name).read_text("ascii", "replace").strip()
    except OSError:
        return ""
