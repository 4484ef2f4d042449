"""What the fuzzers start from leads to the end of each codec, and their targets take it."""

import json
from pathlib import Path

import pytest

import msgprobe.wire
from tests.fuzz.__main__ import _share
from tests.fuzz.counts import Row, add, read
from tests.fuzz.mutate import json_document, toml_document
from tests.fuzz.seeds import genuine, more
from tests.fuzz.targets import MUTATORS, REFUSALS, TARGETS, codec
from tests.wire import codecs

REFUSED = {"noise keys", "mmtls signature"}
"""Their ephemeral keys are nobody's, so that nothing decrypts."""

NO_CODEC = {"__init__", "aes", "curve25519", "error", "gcm"}
"""Ciphers and curves get what the codecs of a protocol hand them: ``noise`` and ``xeddsa``."""


def test_every_target_has_a_seed() -> None:
    assert genuine().keys() == TARGETS.keys()


def test_every_codec_is_a_target() -> None:
    (folder,) = msgprobe.wire.__path__
    modules = {path.stem for path in Path(folder).glob("*.py")} - NO_CODEC
    assert modules <= {*vars(codecs), "printable"}
    assert "printable" in TARGETS


@pytest.mark.parametrize("name", sorted(TARGETS))
def test_a_seed_is_taken(name: str) -> None:
    if name in REFUSED:
        with pytest.raises(REFUSALS):
            TARGETS[name](genuine()[name])
    else:
        TARGETS[name](genuine()[name])


@pytest.mark.parametrize("name", sorted(TARGETS))
def test_any_other_seed_is_taken_or_refused(name: str) -> None:
    for data in (
        *more(name),
        b"",
        b"\xff" * 99,
        b"HTTP/1.1 101 \xff\r\n\r\n",
        genuine()[name][:-7],
    ):
        try:
            TARGETS[name](data)
        except REFUSALS as exc:
            assert str(exc)


@pytest.mark.parametrize("name", sorted(MUTATORS))
def test_changed_files_are_files_that_are_read_or_refused(name: str) -> None:
    changed = 0
    for seed in range(40):
        found = MUTATORS[name](genuine()[name], 1 << 16, seed)
        if found is None:
            continue
        changed += 1
        try:
            TARGETS[name](found)
        except REFUSALS as exc:
            assert str(exc)
    assert changed > 20


def test_a_changed_document_is_still_json_and_another_one() -> None:
    found = json_document(b'{"a": [1, 2, {"b": "c"}]}', 4096, 2)
    assert found is not None and json.loads(found) != {"a": [1, 2, {"b": "c"}]}
    assert json_document(b"no json", 4096, 2) is None
    assert toml_document(b"a = 1\nb = 2\n", 4, 3) is None, "longer than it may be"


def test_counts_add_up_and_tell_guided_from_blind(tmp_path: Path) -> None:
    table = tmp_path / "counts.txt"
    first = Row(target="dns body", guided=1_500_000, worst_ms=1.5, findings=1, last="a")
    second = Row(target="dns body", blind=2, worst_ms=0.5, findings=0, last="b")
    other = Row(target="saved run, judged", guided=7, worst_ms=0.25, findings=0, last="b")
    add([first], table)
    add([second, other], table)
    assert read(table) == {
        "dns body": Row(
            target="dns body", guided=1_500_000, blind=2, worst_ms=1.5, findings=1, last="b"
        ),
        "saved run, judged": other,
    }
    rows = [line.split() for line in table.read_text().splitlines()]
    assert ["dns", "1,500,000", "2", "1,500,002"] in rows
    assert ["All", "1,500,007", "2", "1,500,009"] in rows


def test_targets_of_one_codec_share_what_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    done = {"dns": 40, "dns body": 20}
    monkeypatch.setattr(
        "tests.fuzz.__main__.read",
        lambda: {
            n: Row(target=n, blind=c, worst_ms=0, findings=0, last="") for n, c in done.items()
        },
    )
    chosen = ["mqtt", "dns", "dns body", "dns over TCP"]
    assert _share("dns", chosen, 100) == 14
    done["dns"] += 14
    assert _share("dns body", chosen, 100) == 13
    assert _share("dns over TCP", chosen, 74) == 1, "more than wanted: one, so that it is seen"


@pytest.mark.parametrize(
    ("target", "name"),
    [
        ("dns", "dns"),
        ("dns body", "dns"),
        ("mmtls, its length right", "mmtls"),
        ("mtproto resPQ to us", "mtproto"),
        ("mtproto server DH sealed", "mtproto proof"),
        ("mtproto full", "mtproto transport"),
        ("quic to us", "quic"),
        ("quic handshake, secured", "quic handshake"),
        ("saved run, judged", "saved run"),
    ],
)
def test_targets_of_one_codec_are_counted_together(target: str, name: str) -> None:
    assert target in TARGETS and codec(target) == name
