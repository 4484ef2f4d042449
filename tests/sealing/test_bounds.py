"""Packages that somebody has signed to exhaust whoever opens them: one word, in bounded memory."""

import struct
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from msgprobe.sealing.container import LARGEST, LARGEST_FILE, pack
from msgprobe.sealing.listing import ordered, run_file, sha256, sums
from msgprobe.sealing.package import seal
from msgprobe.sealing.signature import Signer
from tests.cli.process import COMMAND
from tests.sealing.conftest import case, opened

MEMORY = 1_000_000
"""kB of address space: a tenth of what these would take if they were read as they ask."""

needs_limits = pytest.mark.skipif(sys.platform == "win32", reason="no ulimit")


def holding(evidence: bytes) -> bytes:
    """A package whose lists are right for what it holds, as far as a stranger looks at them."""
    files = dict(opened(seal(case(b'{"a": "b"}'), Signer())).files())
    own = {run_file("0001", kind): files[run_file("0001", kind)] for kind in ("html", "salt")}
    own[run_file("0001", "json")] = evidence
    listed = sums((name, sha256(own[name])) for name in sorted(own))
    files |= own | {run_file("0001", "sha256"): listed}
    rows = files["package.sha256"].decode().splitlines()
    files["package.sha256"] = sums(
        (row[66:], sha256(listed) if row.endswith("1.sha256") else row[:64]) for row in rows
    )
    return pack(ordered(files))


def _values() -> bytes:
    return holding(b'{"a":["x"' + b",[]" * 10_000_000 + b"]}")


def _names() -> bytes:
    return holding(b'{"%s":["x"%s]}' % (b"k" * 10_000_000, b',"x"' * 900_000))


def _deep() -> bytes:
    return holding(b'{"a":' + b"[" * 15_000_000 + b"]" * 15_000_000 + b"}")


def _texts() -> bytes:
    return holding(b'{"a":["x"%s]}' % (b',"x"' * 900_000))


def _claimed() -> bytes:
    size = LARGEST_FILE - 1
    head = struct.pack("<4s5H3I2H", b"PK\3\4", 10, 0, 0, 0, 0x21, 0, size, size, 10, 0)
    return head + b"README.txt"


def _bomb() -> bytes:
    import io
    import zipfile

    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as inside:
        inside.writestr("README.txt", bytes(1_000_000_000))
    return out.getvalue()


@needs_limits
@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    ("made", "word"),
    [
        *((_values, "changed"), (_names, "changed"), (_deep, "changed"), (_texts, "changed")),
        *((_claimed, "cut off"), (_bomb, "compressed")),
    ],
)
def test_it_ends_with_one_word(made: Callable[[], bytes], word: str, tmp_path: Path) -> None:
    path = tmp_path / "hostile.zip"
    path.write_bytes(made())
    line = f'ulimit -v {MEMORY}; exec "{COMMAND}" verify "{path}"'
    done = subprocess.run(["sh", "-c", line], capture_output=True, text=True, check=False)
    assert done.returncode == 1, done.stderr
    assert f"ALTERED ({word}" in done.stdout and done.stderr == ""


def test_what_is_larger_than_any_package_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "large.zip"
    with path.open("wb") as file:
        file.truncate(LARGEST + 1)
    done = subprocess.run([COMMAND, "verify", path], capture_output=True, text=True, check=False)
    assert done.returncode == 1 and "too large" in done.stdout
