"""What counts as a completed handshake and as a refusal, and what the patches leave alone."""

from pathlib import Path

import pytest

from tests.interop import patch
from tests.interop.bench import Case, Seen
from tests.interop.journal import Journal, Reader
from tests.interop.rows import ROWS, Row
from tests.lab.network import Finished

KEY, OTHER = "32138618e09e21a8", "faa63de7908d8fea"
TELETHON, WHATSMEOW = ROWS[1], ROWS[6]
GREETED = ("mtproto transport full", "mtproto respq")
AGREED = (*GREETED, "mtproto server_dh_params SHA-1", f"mtproto dh_gen_ok {KEY}")
STRANGER = "Step 2 could not find a valid key for fingerprints: 5"


def seen(*journal: str, said: str = "", agreed: str = "[]", timed_out: bool = False) -> Seen:
    out = f'{{"agreed": {agreed}, "said": "x"}}\n'
    return Seen(
        Finished(argv=(), rc=0, stdout=out, stderr=said, seconds=1, timed_out=timed_out),
        Journal(journal),
    )


@pytest.mark.parametrize(
    ("row", "case", "run", "fault"),
    [
        (TELETHON, "lab", seen(*AGREED, f"mtproto encrypted {KEY}", agreed=f'["{KEY}"]'), None),
        (TELETHON, "lab", seen(*AGREED, f"mtproto encrypted {KEY}"), None),
        (TELETHON, "lab", seen(*AGREED, f"mtproto encrypted {KEY}", agreed=f'["{OTHER}"]'), "did"),
        (TELETHON, "lab", seen(*AGREED, f"mtproto encrypted {OTHER}"), "did not"),
        (TELETHON, "lab", seen(*AGREED), "did not"),
        (TELETHON, "lab", seen(*GREETED, said=STRANGER), "did not"),
        (TELETHON, "lab", seen(), "never came"),
        (TELETHON, "lab", seen("mtproto transport abridged", "mtproto respq"), "came over"),
        (TELETHON, "lab", seen(*AGREED, timed_out=True), "no end"),
        (TELETHON, "real", seen(*GREETED, said=STRANGER), None),
        (TELETHON, "real", seen(*GREETED, said="connection lost"), "no reason"),
        (TELETHON, "real", seen(*AGREED, said=STRANGER), "took a key"),
        (TELETHON, "real", seen(*GREETED, said=STRANGER, agreed=f'["{KEY}"]'), "took a key"),
        (TELETHON, "impostor", seen(*GREETED, said=STRANGER), "no reason"),
        (WHATSMEOW, "lab", seen("noise server_hello", "noise client_finish 290"), None),
        (WHATSMEOW, "lab", seen("noise server_hello"), "did not"),
        (WHATSMEOW, "real", seen("noise server_hello", said=WHATSMEOW.stranger), None),
        (
            WHATSMEOW,
            "impostor",
            seen("noise server_hello", "noise client_finish 290", said=WHATSMEOW.impostor),
            "took a key",
        ),
    ],
)
def test_both_sides_have_to_say_it(row: Row, case: Case, run: Seen, fault: str | None) -> None:
    found = row.fault(case, run)
    assert found is None if fault is None else found is not None and fault in found


def test_a_journal_is_what_was_written_since_the_last_look(tmp_path: Path) -> None:
    path = tmp_path / "world.log"
    reader = Reader(path)
    assert reader.read() == Journal(())
    path.write_text("2026-01-31 10:00:00,123 mtproto respq\n")
    assert reader.read().greeted("mtproto")
    assert not reader.read().greeted("mtproto")


def test_tdlib_gets_one_key_instead_of_another_and_nothing_else(tmp_path: Path) -> None:
    old = b"-----BEGIN RSA PUBLIC KEY-----\nMIIBCgKCAQEA6LszBcC1LGzyOLD\n-----END"
    new = old.replace(b"OLD", b"NEW")
    shipped = tmp_path / "shipped.so"
    shipped.write_bytes(b"\x7fELF" + old + b"\0more")
    (tmp_path / "made").mkdir()
    made = patch.tdlib(shipped, new + b"\n", tmp_path / "made")
    assert made.read_bytes() == b"\x7fELF" + new + b"\0more"
    with pytest.raises(patch.PatchError, match="octets"):
        patch.tdlib(shipped, new + b"longer", tmp_path / "made")
    shipped.write_bytes(b"\x7fELF")
    with pytest.raises(patch.PatchError, match="look for another"):
        patch.tdlib(shipped, new, tmp_path / "made")


def test_neonize_gets_another_root_in_a_copy(tmp_path: Path) -> None:
    shipped = tmp_path / "neonize"
    shipped.mkdir()
    library = shipped / "neonize-linux-amd64.so"
    library.write_bytes(b"\x7fELF" + bytes(32) + b"more")
    made = patch.neonize(shipped, bytes(32), b"\1" * 32, tmp_path / "made")
    assert (made / "neonize" / library.name).read_bytes() == b"\x7fELF" + b"\1" * 32 + b"more"
    assert library.read_bytes() == b"\x7fELF" + bytes(32) + b"more"
    with pytest.raises(patch.PatchError, match="look for another"):
        patch.neonize(shipped, b"\2" * 32, b"\1" * 32, tmp_path / "other")
