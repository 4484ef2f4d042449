"""Copies of shipped clients with another key pinned, and nothing else changed."""

import os
import shutil
from pathlib import Path
from typing import Final

_TELEGRAM: Final = b"-----BEGIN RSA PUBLIC KEY-----\nMIIBCgKCAQEA6LszBcC1LGzy"
"""How the production servers' key begins in TDLib (telegram/net/PublicRsaKeySharedMain.cpp)."""


class PatchError(Exception):
    """The client is not what this was written for."""


def tdlib(shipped: Path, pem: bytes, folder: Path) -> Path:
    """TDLib that trusts the RSA key ``pem`` (PKCS#1) instead of Telegram's. Raises PatchError."""
    data = shipped.read_bytes()
    at = data.find(_TELEGRAM)
    if at < 0 or data.count(_TELEGRAM) != 1:
        raise PatchError(f"{shipped.name} does not hold Telegram's key once: look for another")
    old = data[at : data.index(b"\0", at)]
    new = pem.strip()
    if len(old.strip()) != len(new):
        raise PatchError(f"the key has {len(new)} octets, not the {len(old.strip())} of TDLib's")
    made = folder / shipped.name
    made.write_bytes(data[:at] + new + data[at + len(new) :])
    return made


def neonize(shipped: Path, old: bytes, new: bytes, folder: Path) -> Path:
    """A folder with a neonize whose whatsmeow pins the root ``new`` instead of ``old``.

    Raises PatchError.
    """
    made = folder / "neonize"
    shutil.copytree(shipped, made, ignore=shutil.ignore_patterns("__pycache__"))
    (library,) = made.glob("*.so")
    data = library.read_bytes()
    if data.count(old) != 1 or len(old) != len(new):
        raise PatchError(f"{library.name} does not hold WhatsApp's root key once: look for another")
    os.unlink(library)
    library.write_bytes(data.replace(old, new))
    return folder
