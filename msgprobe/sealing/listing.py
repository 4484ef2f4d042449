"""What a package holds: names, their order, and the hash of every file.

The root of everything is `LIST`: a line for each file that stays in every copy, as ``sha256sum``
reads it. It is signed and stamped. The files of a run that go when a field of it is taken out have
a list of their own, whose hash is in `LIST`: with it in a copy, a short value that is gone could be
found by trying. One of them is random (the secret), so that the hash of that list tells nothing.

``datapackage.json`` says the same in the layout of signed WACZ packages (webrecorder/
wacz-auth-spec 0.1.0, "Anonymous Signature") for programs that know it.
"""

import hashlib
import json
import re
from base64 import b64decode, b64encode
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from msgprobe.sealing.error import Fault, PackageError

README = "README.txt"
CERTIFICATE = "certificate.txt"
HISTORY = "history.jsonl"
REMEMBERED = "remembered.jsonl"
DATA = "datapackage.json"
DIGEST = "datapackage-digest.json"
KEY = "key.pem"
LIST = "package.sha256"
SIGNATURE = "package.sig"
STAMP = "stamp.tsr"
STAMP_HASH = "stamp.sha256"
TAKEN_OUT = "taken-out.txt"

WHOLE = ("html", "json", "salt")
"""The files of a run that is whole, beside their list (``sha256``)."""
COPY = ("fields", "leaves")
"""The files of a run of which fields were taken out."""

_ORDER = tuple(
    re.compile(pattern)
    for pattern in (
        r"README(?:\.[A-Za-z_]{2,12})?\.txt",
        r"certificate(?:\.[A-Za-z_]{2,12})?\.txt",
        r"catalogue/[A-Za-z0-9._-]+\.toml",
        r"evidence/\d{4}\.(?:fields|html|json|leaves|salt|sha256)",
        *map(re.escape, (HISTORY, REMEMBERED, DATA, DIGEST, KEY, LIST, SIGNATURE)),
        *map(re.escape, (STAMP_HASH, STAMP, TAKEN_OUT)),
    )
)
_UNLISTED = frozenset({LIST, SIGNATURE, STAMP, STAMP_HASH, TAKEN_OUT})
_ROW = re.compile(r"([0-9a-f]{64})  (\S+)")


def run_file(run: str, kind: str) -> str:
    """The name of a file of the run ``run``."""
    return f"evidence/{run}.{kind}"


def run_of(name: str) -> str | None:
    """The run that a file belongs to, None for those of the whole package."""
    folder, _, rest = name.partition("/")
    return rest.partition(".")[0] if folder == "evidence" else None


def placed(name: str) -> tuple[int, str]:
    """Where a file stands: for sorting. Raises PackageError for one that no package has."""
    for number, pattern in enumerate(_ORDER):
        if pattern.fullmatch(name):
            return number, name
    raise PackageError(Fault.EXTRA_FILE, name)


def ordered(files: Mapping[str, bytes]) -> list[tuple[str, bytes]]:
    """The files as they are stored."""
    return [(name, files[name]) for name in sorted(files, key=placed)]


def listed_names(names: Iterable[str]) -> list[str]:
    """Those in `LIST`, in its order: what stays in every copy and is there before the signature."""
    inner = tuple(f".{kind}" for kind in (*WHOLE, *COPY))
    return sorted(
        (n for n in names if n not in _UNLISTED and not (run_of(n) and n.endswith(inner))),
        key=placed,
    )


def sha256(data: bytes) -> str:
    """In hex."""
    return hashlib.sha256(data).hexdigest()


def sums(hashes: Iterable[tuple[str, str]]) -> bytes:
    """Names with hashes as ``sha256sum --check`` takes them."""
    return "".join(f"{digest}  {name}\n" for name, digest in hashes).encode("ascii")


def read_sums(data: bytes, name: str) -> dict[str, str]:
    """The hashes in the file ``name``, by the names of theirs. Raises PackageError."""
    found: dict[str, str] = {}
    *lines, rest = data.decode("ascii", "replace").split("\n")
    for line in lines:
        row = _ROW.fullmatch(line)
        if row is None or row[2] in found:
            raise PackageError(Fault.CHANGED, name)
        found[row[2]] = row[1]
    if rest:
        raise PackageError(Fault.CHANGED, name)
    return found


def datapackage(
    created: str, version: str, hashes: Mapping[str, str], runs: Sequence[str]
) -> bytes:
    """``datapackage.json`` (Frictionless Data Package, profile of WACZ): every file but itself and
    what is made of it. Those that may go from a copy say in which list their hash is."""
    resources: list[dict[str, str]] = [
        {"name": name.rpartition("/")[2].lower(), "path": name, "hash": f"sha256:{digest}"}
        for name, digest in hashes.items()
    ]
    resources += [
        {
            "name": f"{run}.{kind}",
            "path": run_file(run, kind),
            "hashed_in": run_file(run, "sha256"),
        }
        for run in runs
        for kind in WHOLE
    ]
    return _json(
        {
            "profile": "data-package",
            "title": "Measurements of messengers, sealed",
            "created": created,
            "software": f"msgprobe {version}",
            "resources": resources,
        }
    )


def digest(data: bytes, created: str, version: str, signed: tuple[bytes, bytes] | None) -> bytes:
    """``datapackage-digest.json`` for a ``datapackage.json``; ``signed`` are the key (its
    SubjectPublicKeyInfo) and its signature of `hash_text`."""
    found: dict[str, Any] = {"path": DATA, "hash": hash_text(data)}
    if signed is not None:
        found["signedData"] = {
            "hash": hash_text(data),
            "created": created,
            "software": "msgprobe",
            "version": version,
            "signature": b64encode(signed[1]).decode(),
            "publicKey": b64encode(signed[0]).decode(),
        }
    return _json(found)


def read_signature(data: bytes) -> bytes:
    """The signature in a ``datapackage-digest.json``; empty where there is none."""
    try:
        return b64decode(json.loads(data)["signedData"]["signature"], validate=True)
    except (ValueError, TypeError, KeyError, RecursionError):
        return b""


def hash_text(data: bytes) -> str:
    """What a WACZ package signs: the hash of its ``datapackage.json`` in words."""
    return f"sha256:{sha256(data)}"


def _json(value: object) -> bytes:
    return json.dumps(value, indent=1).encode("ascii") + b"\n"
