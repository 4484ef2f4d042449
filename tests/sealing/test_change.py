"""Fields are taken out, and what is left proves as before; what is gone is not found by trying."""

import hashlib
import json

import pytest

from msgprobe.sealing import change, listing
from msgprobe.sealing.check import check
from msgprobe.sealing.container import pack
from msgprobe.sealing.error import Fault, PackageError, SealError
from msgprobe.sealing.leaves import Leaf, leaves, matches
from msgprobe.sealing.package import seal
from msgprobe.sealing.signature import Signer
from tests.sealing.conftest import Authority, case, evidence, needs_openssl, opened


def test_a_copy_without_a_field_verifies_and_says_which(package: bytes) -> None:
    copy = change.taken_out(opened(package), ["started_at", "/measurements/*/detail"])
    before, after = check(opened(package)), check(opened(copy))
    assert (after.key, after.sha256, after.vouched) == (before.key, before.sha256, True)
    for one, two in zip(before.runs, after.runs, strict=True):
        assert one.fields == two.fields and "/started_at" in two.gone
        assert all(path == "/started_at" or path.endswith("/detail") for path in two.gone)


def test_nothing_of_the_field_and_no_bare_hash_of_what_had_it_is_left(package: bytes) -> None:
    files = opened(package).files()
    copy = change.taken_out(opened(package), ["address", "resolver_address", "resolvers"])
    assert b"192.168.1.1" in package and b"192.168.1.1" not in copy
    for name, data in files.items():
        if name.startswith("evidence/"):
            assert name not in opened(copy).names
            if not name.endswith(".sha256"):
                assert hashlib.sha256(data).hexdigest().encode() not in copy


def test_of_a_run_that_loses_nothing_all_stays(signer: Signer) -> None:
    package = seal(case(evidence(), b'{"own": "x", "rest": "y"}'), signer)
    copy = opened(change.taken_out(opened(package), ["own"]))
    assert copy.read("evidence/0001.json") == evidence()
    assert {n for n in copy.names if "0002" in n} == {
        *("evidence/0002.fields", "evidence/0002.leaves"),
    }
    assert [one.gone for one in check(copy).runs] == [(), ("/own",)]


def test_more_can_be_taken_out_of_a_copy(package: bytes) -> None:
    once = change.taken_out(opened(package), ["started_at"])
    twice = change.taken_out(opened(once), ["run_id"])
    assert {"/run_id", "/started_at"} == set(check(opened(twice)).runs[0].gone)
    assert twice == change.taken_out(opened(package), ["run_id", "started_at"])


def test_a_name_that_is_no_field_is_an_error(package: bytes) -> None:
    with pytest.raises(SealError, match="'nosuch'"):
        change.taken_out(opened(package), ["started_at", "nosuch"])


def fault(files: dict[str, bytes]) -> Fault:
    with pytest.raises(PackageError) as caught:
        check(opened(pack(listing.ordered(files))))
    return caught.value.fault


def test_a_copy_cannot_be_changed_either(package: bytes) -> None:
    files = opened(change.taken_out(opened(package), ["started_at"])).files()
    for name in files:
        assert fault({n: d for n, d in files.items() if n != name}), name
        assert fault({**files, name: files[name] + b"\n"}), name
    fields = files["evidence/0001.fields"].splitlines(keepends=True)
    for wrong in (
        [fields[1], fields[0], *fields[2:]],
        fields[1:],
        [*fields, fields[0]],
        [b"-\n", *fields[1:]],
        [fields[0].replace(b"1", b"2"), *fields[1:]],
    ):
        found = fault({**files, "evidence/0001.fields": b"".join(wrong)})
        assert found is Fault.CHANGED


def test_a_dropped_original_is_no_copy(package: bytes) -> None:
    files = opened(package).files()
    less = {n: d for n, d in files.items() if not n.startswith("evidence/0002")}
    assert fault(less) is Fault.MISSING


def test_a_line_that_is_no_field_is_changed_though_somebody_sealed_it(signer: Signer) -> None:
    right = json.loads('{"own": {"n": 1}, "rest": "y"}')
    package = seal(case(json.dumps(right).encode()), signer)
    line = leaves(json.dumps(right).encode(), bytes([1]) * 32)[0]
    assert line.path == "/own" and matches(line, "n")
    for text in ('["salt"}]', "[[]]", '["salt",1,{}]', '["salt",' + "[" * 5000 + "]" * 5001, "1]]"):
        with pytest.raises(PackageError, match="no field"):
            matches(Leaf("/own", "0" * 64, text), "n")
    assert change.taken_out(opened(package), ["n"])


def test_an_altered_package_is_neither_stamped_nor_copied(package: bytes) -> None:
    files = {**opened(package).files(), "README.txt": b"other\n"}
    altered = pack(listing.ordered(files))
    with pytest.raises(PackageError, match="changed: README"):
        change.taken_out(opened(altered), ["started_at"])
    with pytest.raises(PackageError, match="changed: README"):
        change.request(opened(altered))


@needs_openssl
def test_a_copy_keeps_its_stamp(package: bytes, authority: Authority) -> None:
    stamped = change.attached(opened(package), authority.reply(change.request(opened(package))))
    copy = change.taken_out(opened(stamped), ["started_at"])
    found = check(opened(copy), authorities=authority.root.read_bytes())
    assert found.stamp is not None and found.stamp.authority == "CN=Stamper"
