"""Time stamps of a real authority (openssl ts -reply), and replies that are none."""

import random
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from msgprobe.sealing import change, stamp
from msgprobe.sealing.check import check
from msgprobe.sealing.container import pack
from msgprobe.sealing.error import Fault, PackageError, SealError
from msgprobe.sealing.listing import LIST, ordered
from tests.sealing.conftest import Authority, needs_openssl, opened

pytestmark = needs_openssl
DATA = b"a list of files\n"


@pytest.fixture(scope="module")
def reply(authority: Authority) -> bytes:
    return authority.reply(stamp.request(DATA))


def test_the_request_is_what_openssl_makes(tmp_path: Path) -> None:
    (tmp_path / "data").write_bytes(DATA)
    words = ("ts", "-query", "-data", "data", "-sha256", "-cert", "-no_nonce", "-out", "q")
    subprocess.run(["openssl", *words], cwd=tmp_path, check=True, capture_output=True)
    assert stamp.request(DATA) == (tmp_path / "q").read_bytes()


def test_a_reply_says_when(reply: bytes) -> None:
    found = stamp.read(reply, DATA)
    assert abs(found.time - datetime.now(UTC)) < timedelta(hours=1)
    assert found.authority is None


def test_under_its_root_it_says_by_whom(reply: bytes, authority: Authority) -> None:
    assert stamp.trusted(reply, DATA, authority.root.read_bytes()).authority == "CN=Stamper"


def refused(reply: bytes, data: bytes = DATA, roots: bytes | None = None) -> str:
    with pytest.raises(PackageError) as caught:
        stamp.read(reply, data) if roots is None else stamp.trusted(reply, data, roots)
    assert caught.value.fault is Fault.STAMP
    return caught.value.where


def test_a_reply_to_another_request_is_told(reply: bytes, authority: Authority) -> None:
    assert "something else" in refused(reply, b"another list\n")
    other = authority.reply(stamp.request(b"another list\n"))
    assert "something else" in refused(other)


def test_an_authority_of_the_same_name_is_another(
    reply: bytes, authority: Authority, tmp_path: Path
) -> None:
    other = Authority.made(tmp_path / "other")
    assert "not by that authority" in refused(reply, roots=other.root.read_bytes())
    assert "not by that authority" in refused(
        other.reply(stamp.request(DATA)), roots=authority.root.read_bytes()
    )


def test_what_is_no_certificate_is_told(reply: bytes) -> None:
    with pytest.raises(SealError, match="PEM"):
        stamp.trusted(reply, DATA, b"nothing\n")


def test_without_the_library_it_says_what_to_do(
    reply: bytes, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "rfc3161_client", None)
    assert stamp.read(reply, DATA).authority is None
    with pytest.raises(SealError, match="openssl"):
        stamp.trusted(reply, DATA, authority.root.read_bytes())


def test_a_refusal_is_one(authority: Authority) -> None:
    unknown = stamp.request(DATA).replace(
        bytes.fromhex("608648016503040201"), bytes.fromhex("608648016503040209")
    )
    assert "refused" in refused(authority.reply(unknown))


def test_rubbish_is_no_reply_and_nothing_worse(reply: bytes) -> None:
    for data in (b"", b"0", b"0\x80", bytes(1000), stamp.request(DATA), reply + b"\0"):
        assert refused(data)
    for size in range(0, len(reply), 7):
        assert refused(reply[:size])
    assert refused(b"0" * (stamp.LARGEST + 1))
    generator = random.Random(1)
    for _ in range(2000):
        wrong = bytearray(reply)
        for _ in range(generator.randrange(1, 6)):
            wrong[generator.randrange(len(wrong))] = generator.randrange(256)
        try:
            stamp.read(bytes(wrong), DATA)
        except PackageError as error:
            assert error.fault is Fault.STAMP


def test_no_flipped_bit_of_what_was_signed_passes_the_authority(
    reply: bytes, authority: Authority
) -> None:
    """Beside the signed part there are only what frames it and the certificate's own signature."""
    roots, at = authority.root.read_bytes(), reply.index(bytes.fromhex("0609608648016503040201"))
    for byte in range(at, at + 80):
        wrong = bytearray(reply)
        wrong[byte] ^= 1
        assert refused(bytes(wrong), roots=roots)


def test_attached_it_is_in_the_package_which_is_still_unchanged(
    package: bytes, authority: Authority
) -> None:
    reply = authority.reply(change.request(opened(package)))
    stamped = change.attached(opened(package), reply)
    roots = authority.root.read_bytes()
    found = check(opened(stamped), authorities=roots)
    assert found.stamp is not None and found.stamp.authority == "CN=Stamper"
    assert check(opened(package)).stamp is None
    with pytest.raises(SealError, match="already"):
        change.attached(opened(stamped), reply)
    with pytest.raises(PackageError, match="none in it"):
        check(opened(package), authorities=roots)


def test_a_stamp_vouches_for_what_nobody_signed(unsigned: bytes, authority: Authority) -> None:
    reply = authority.reply(change.request(opened(unsigned)))
    stamped = change.attached(opened(unsigned), reply)
    assert not check(opened(stamped)).vouched
    assert check(opened(stamped), authorities=authority.root.read_bytes()).vouched


def test_a_stamp_of_another_package_is_not_attached_nor_taken(
    package: bytes, unsigned: bytes, authority: Authority
) -> None:
    reply = authority.reply(change.request(opened(unsigned)))
    with pytest.raises(PackageError, match="wrong stamp"):
        change.attached(opened(package), reply)
    files = dict(opened(package).files())
    assert refused(reply, files[LIST])
    stamped = opened(change.attached(opened(unsigned), reply)).files()
    moved = files | {name: stamped[name] for name in ("stamp.tsr", "stamp.sha256")}
    with pytest.raises(PackageError, match="wrong stamp"):
        check(opened(pack(ordered(moved))))
