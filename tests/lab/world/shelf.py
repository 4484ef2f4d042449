"""What is the same for all worlds of a day: authorities, keys, and the client's trust in them.

Made once below .lab/ and copied into each world's folder. Servers' certificates are none of it:
they depend on the world's own clock, and it signs them when they are first asked for.
"""

import datetime as dt
import hashlib
import os
import shutil
import tempfile
import threading
from functools import cache
from pathlib import Path
from typing import Final

from msgprobe.catalog.loader import Catalogue
from tests.lab.world.pki import Pki, world_now, write_overrides, write_trust
from tests.lab.world.proof_servers import link_key

_SHELF: Final = Path(__file__).resolve().parents[3] / ".lab" / "pki"
_OLD_S: Final = 2 * 86_400.0
_lock = threading.Lock()


def prepare(workdir: Path, catalogue: Catalogue) -> tuple[Path, tuple[Path, ...]]:
    """Gives ``workdir`` its authorities; the client's list of public ones and its targets."""
    try:
        with _lock:
            kept = _kept(catalogue)
        shutil.copytree(kept, workdir, dirs_exist_ok=True)
    except OSError:  # there is no room for a shelf
        _make(workdir, catalogue)
    own = (workdir / f"{service.name}-lab.toml" for service in catalogue.services)
    return workdir / "public-ca.pem", tuple(path for path in own if path.exists())


def _kept(catalogue: Catalogue) -> Path:
    """The folder on the shelf, made if there is none. Raises OSError."""
    today = world_now(0).date()
    place = _SHELF / _name(catalogue.sha256, today)
    if place.exists():
        return place
    _SHELF.mkdir(parents=True, exist_ok=True)
    for other in _SHELF.iterdir():
        if other.stat().st_mtime < world_now(0).timestamp() - _OLD_S:
            shutil.rmtree(other, ignore_errors=True)
    part = Path(tempfile.mkdtemp(prefix="part-", dir=_SHELF))
    _make(part, catalogue)
    (part / "pki" / "lock").unlink()
    try:
        os.rename(part, place)
    except OSError:
        shutil.rmtree(part, ignore_errors=True)
        if not place.exists():  # else another process was first
            raise
    return place


@cache
def _sources() -> bytes:
    """All that decides what is on the shelf, besides the catalogue."""
    found = sorted(Path(__file__).parent.glob("*.py"))
    return hashlib.sha256(b"\0".join(path.read_bytes() for path in found)).digest()


def _name(catalogue: str, today: dt.date) -> str:
    key = hashlib.sha256(f"{catalogue} {_sources().hex()}".encode()).hexdigest()
    return f"{today:%Y%m%d}-{key[:24]}"


def _make(folder: Path, catalogue: Catalogue) -> None:
    write_trust(folder)
    write_overrides(folder, catalogue)
    pki = Pki(folder, world_now(0))
    pki.rsa("impostor")
    for service in catalogue.services:
        for endpoint in service.endpoints:
            if endpoint.check == "tor":
                pki.rsa(link_key(endpoint.member))
