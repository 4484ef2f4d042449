"""A package as a forger would change it: by file, with all check sums of the zip file made anew."""

import hashlib
import json
import sys
from collections.abc import Callable
from dataclasses import replace

import pytest

from msgprobe.sealing.check import Checked, check
from msgprobe.sealing.container import pack
from msgprobe.sealing.error import Fault, PackageError, SealError
from msgprobe.sealing.listing import LIST, ordered, sums
from msgprobe.sealing.package import seal
from msgprobe.sealing.signature import Signer, fingerprint
from tests.sealing.conftest import CREATED, case, evidence, opened, place

Files = dict[str, bytes]


def fault(files: Files | bytes, **more: str) -> PackageError:
    data = files if isinstance(files, bytes) else pack(ordered(files))
    with pytest.raises(PackageError) as caught:
        check(opened(data), **more)  # type: ignore[arg-type]
    assert str(caught.value).isprintable()
    return caught.value


def listed_anew(files: Files) -> Files:
    """The list with the hashes of what there is now; its signature stays what it was."""
    rows = [line.split("  ") for line in files[LIST].decode().splitlines()]
    made = [(name, hashlib.sha256(files[name]).hexdigest()) for _, name in rows if name in files]
    return files | {LIST: sums(made)}


@pytest.fixture
def files(package: bytes) -> Files:
    return dict(opened(package).files())


def test_it_says_what_is_in_it(package: bytes, signer: Signer) -> None:
    found = check(opened(package))
    assert (found.created, found.version) == (CREATED, "1.2")
    assert found.key == fingerprint(signer.public) and found.verified and found.vouched
    assert [(one.run, one.gone) for one in found.runs] == [("0001", ()), ("0002", ())]
    assert found.catalogue == ("catalogue/acme.toml", "catalogue/other.toml")
    assert found.sha256 == hashlib.sha256(opened(package).read(LIST)).hexdigest()


def test_evidence_is_there_byte_by_byte(package: bytes) -> None:
    assert opened(package).read("evidence/0001.json") == evidence()


def test_the_same_case_and_key_give_the_same_bytes(package: bytes, signer: Signer) -> None:
    assert seal(case(evidence(), evidence("two")), signer) == package
    assert seal(case(evidence(), evidence("two")), Signer()) != package


def test_every_file_counts(files: Files) -> None:
    assert len(files) == 18
    for name in files:
        less = {n: data for n, data in files.items() if n != name}
        assert fault(less).fault in (Fault.MISSING, Fault.CHANGED, Fault.EXTRA_FILE), name
        for other in (files[name] + b"\n", files[name][:-1], b"", files[name].swapcase()):
            if other != files[name]:
                assert fault(files | {name: other}).fault in (
                    *(Fault.CHANGED, Fault.SIGNATURE, Fault.KEY, Fault.MISSING, Fault.EXTRA_FILE),
                ), name


@pytest.mark.parametrize(
    "name",
    [
        *("catalogue/more.toml", "README.ru.txt", "evidence/0001.leaves", "evidence/0003.json"),
        *("evidence/0003.sha256", "taken-out.txt", "notes.txt", "stamp.tsr", "stamp.sha256"),
    ],
)
def test_a_file_that_was_not_sealed_is_found(files: Files, name: str) -> None:
    more = files | {name: b"more\n"}
    data = pack(sorted(more.items(), key=lambda item: place(item[0])))
    assert fault(data).fault in (Fault.EXTRA_FILE, Fault.MISSING)


def test_files_in_another_order_are_found(files: Files) -> None:
    rows = ordered(files)
    for n in range(len(rows) - 1):
        swapped = [*rows[:n], rows[n + 1], rows[n], *rows[n + 2 :]]
        assert fault(pack(swapped)).fault is Fault.ORDER


def test_runs_cannot_change_places(files: Files) -> None:
    swapped = dict(files)
    for kind in ("json", "html", "salt"):
        swapped[f"evidence/0001.{kind}"] = files[f"evidence/0002.{kind}"]
        swapped[f"evidence/0002.{kind}"] = files[f"evidence/0001.{kind}"]
    names = [f"evidence/0001.{kind}" for kind in ("html", "json", "salt")]
    for run in ("0001", "0002"):
        own = [name.replace("0001", run) for name in names]
        rows = [(name, hashlib.sha256(swapped[name]).hexdigest()) for name in own]
        swapped[f"evidence/{run}.sha256"] = sums(rows)
    assert fault(swapped).fault is Fault.CHANGED
    assert fault(listed_anew(swapped)).fault is Fault.CHANGED


def _edited(files: Files) -> Files:
    data = files["evidence/0001.json"].replace(b"blocked", b"unblock")
    rows = files["evidence/0001.sha256"].decode().splitlines()
    right = [
        f"{hashlib.sha256(data).hexdigest()}  evidence/0001.json" if "json" in row else row
        for row in rows
    ]
    return files | {
        "evidence/0001.json": data,
        "evidence/0001.sha256": "".join(f"{row}\n" for row in right).encode(),
    }


def test_a_forger_who_makes_all_lists_anew_has_no_signature(files: Files) -> None:
    changed = _edited(files)
    assert fault(changed).where == "evidence/0001.sha256"
    assert fault(listed_anew(changed)).where.startswith("history.jsonl")


def test_another_signature_of_another_key_is_another_key(files: Files, signer: Signer) -> None:
    other = Signer()
    resealed = seal(case(evidence(), evidence("two")), other)
    mine = fingerprint(signer.public)
    assert check(opened(resealed)).key == fingerprint(other.public) != mine
    found = fault(resealed, key=mine)
    assert found.fault is Fault.KEY and fingerprint(other.public) in found.where
    mixed = files | {"package.sig": opened(resealed).read("package.sig")}
    assert fault(mixed).fault is Fault.SIGNATURE
    mixed = files | {"key.pem": opened(resealed).read("key.pem")}
    assert fault(mixed).where == "key.pem"
    assert fault(listed_anew(mixed)).where == "datapackage.json"


def _stripped(files: Files) -> Files:
    return {n: data for n, data in files.items() if n not in ("key.pem", "package.sig")}


def test_unsigned_it_agrees_with_itself_and_nothing_vouches_for_it(
    unsigned: bytes, signer: Signer
) -> None:
    found = check(opened(unsigned))
    assert (found.key, found.verified, found.vouched) == (None, False, False)
    assert fault(unsigned, key=fingerprint(signer.public)).fault is Fault.KEY
    data = dict(opened(unsigned).files())
    assert "signedData" not in json.loads(data["datapackage-digest.json"])
    assert fault(data | {"package.sig": bytes(64)}).fault is Fault.EXTRA_FILE


def test_a_signature_is_not_lost_silently(files: Files) -> None:
    assert fault(_stripped(files)).where == "key.pem"
    assert fault(listed_anew(_stripped(files))).fault is Fault.CHANGED


def test_without_cryptography_the_signature_is_not_called_checked(
    package: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "cryptography", None)
    found = check(opened(package))
    assert found.key is not None and not found.verified and not found.vouched
    with pytest.raises(SealError, match="cryptography"):
        Signer()


def _created(text: str) -> Callable[[Files], Files]:
    def change(files: Files) -> Files:
        return files | {
            name: files[name].replace(CREATED.encode(), text.encode())
            for name in ("datapackage.json", "datapackage-digest.json")
        }

    return change


@pytest.mark.parametrize("text", ["2026-11-25T07:00Z", "yesterday", "\\u001b[2J", "", "{}"])
def test_what_the_layout_says_is_one_with_the_rest(files: Files, text: str) -> None:
    assert fault(listed_anew(_created(text)(files))).fault is Fault.CHANGED


def test_the_layout_is_that_of_a_signed_wacz_package(files: Files) -> None:
    digest, data = json.loads(files["datapackage-digest.json"]), files["datapackage.json"]
    right = f"sha256:{hashlib.sha256(data).hexdigest()}"
    assert digest["path"] == "datapackage.json"
    assert digest["hash"] == digest["signedData"]["hash"] == right
    assert set(digest["signedData"]) >= {"created", "software", "signature", "publicKey"}
    hashes = {r["path"]: r.get("hash") for r in json.loads(data)["resources"]}
    for name in files:
        if name in hashes and hashes[name] is not None:
            assert hashes[name] == f"sha256:{hashlib.sha256(files[name]).hexdigest()}"
    assert set(files) - set(hashes) == {
        *("datapackage.json", "datapackage-digest.json", "package.sha256", "package.sig"),
    }


def test_history_is_a_chain(files: Files) -> None:
    first, second = files["history.jsonl"].splitlines(keepends=True)
    assert json.loads(first)["previous_sha256"] == "0" * 64
    assert json.loads(second)["previous_sha256"] == hashlib.sha256(first).hexdigest()


def test_one_run_seals_as_well(signer: Signer) -> None:
    found: Checked = check(opened(seal(case(evidence(), catalogue=False), signer)))
    assert (len(found.runs), found.catalogue) == (1, ())


def test_nothing_and_too_much_are_not_sealed(signer: Signer) -> None:
    with pytest.raises(SealError, match="1 to"):
        seal(case(), signer)
    with pytest.raises(SealError, match="run 2"):
        seal(case(evidence(), b"[]"), signer)


class Forger(Signer):
    """Has everything but the private key: signs with what an earlier package was signed with."""

    def __init__(self, victim: Signer, earlier: bytes) -> None:
        self._victim, self._earlier = victim, earlier

    @property
    def public(self) -> bytes:
        return self._victim.public

    def sign(self, data: bytes) -> bytes:
        return self._earlier


def test_a_forger_who_makes_everything_anew_lacks_the_key(signer: Signer, package: bytes) -> None:
    right = case(evidence(), evidence("two"))
    wrong = case(evidence().replace(b"blocked", b"unblock"), evidence("two"))
    earlier = opened(package).read("package.sig")
    assert fault(seal(right, Forger(signer, earlier))).fault is Fault.SIGNATURE
    assert fault(seal(wrong, Forger(signer, earlier))).fault is Fault.SIGNATURE
    assert fault(seal(wrong, Forger(signer, bytes(64)))).fault is Fault.SIGNATURE


def test_each_line_about_other_times_is_tied_to_the_one_before_it(signer: Signer) -> None:
    rows = [{"at": number} for number in range(3)]
    sealed = seal(replace(case(evidence()), remembered=rows), signer)
    assert check(opened(sealed)).remembered == 3
    files = dict(opened(sealed).files())
    first, second, third = files["remembered.jsonl"].splitlines(keepends=True)
    for lines in (
        first + third,
        second + first + third,
        first + second.replace(b"1", b"7") + third,
    ):
        changed = {**files, "remembered.jsonl": lines}
        assert fault(listed_anew(changed)).where.startswith("remembered.jsonl")
