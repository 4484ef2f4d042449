"""`msgprobe seal` and `msgprobe verify` as processes; and a stranger who has neither."""

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from msgprobe.catalog import loader
from msgprobe.chronicle import tick
from msgprobe.history.store import History
from msgprobe.model.history import Attachment, NetworkKind
from msgprobe.report.document import document, dumps
from msgprobe.sealing.signature import Signer, fingerprint
from tests.cli.process import COMMAND, Msgprobe, one_line
from tests.history.ticks import pulse
from tests.report import sample
from tests.sealing.conftest import Authority, authority, needs_openssl

__all__ = ["authority"]

WITHOUT = (
    "import sys; sys.modules['cryptography'] = None; from msgprobe.__main__ import main; main()"
)
"""The command where the library is not installed."""

stranger = pytest.mark.skipif(
    not all(map(shutil.which, ("openssl", "sha256sum"))), reason="no openssl, or no sha256sum"
)


def _run(run_id: str) -> str:
    run = replace(sample.run(sample.blocked()), run_id=run_id)
    return dumps(document(run, exit_code=1, evidence=True))


def _older(saved: Path) -> dict[str, Any]:
    """The run as a version wrote it that knew no hash of it, so that a test may change it."""
    run: dict[str, Any] = json.loads(saved.read_text())
    del run["content_sha256"]
    return run


@pytest.fixture(scope="module")
def sealed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run and its package, made once; a test takes copies."""
    folder = tmp_path_factory.mktemp("sealed")
    (folder / "run.json").write_text(_run("one"))
    words = ("seal", "run.json", "-o", "case.zip")
    subprocess.run([str(COMMAND), *words], cwd=folder, check=True, capture_output=True)
    return folder


@pytest.fixture
def saved(sealed: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(sealed / "run.json", tmp_path))


@pytest.fixture
def package(sealed: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(sealed / "case.zip", tmp_path))


def test_what_was_sealed_verifies_and_the_limit_is_said(
    msgprobe: Msgprobe, package: Path, saved: Path
) -> None:
    done = msgprobe("verify", str(package))
    assert (done.returncode, done.stderr) == (0, "")
    assert "unchanged since it was sealed" in done.stdout
    assert "not who sealed it" in done.stdout
    with zipfile.ZipFile(package) as inside:
        assert inside.read("evidence/0001.json") == saved.read_bytes()
        key = inside.read("key.pem")
    assert fingerprint(key) in done.stdout
    assert msgprobe("verify", str(package), "--key", fingerprint(key)).returncode == 0
    if os.name == "posix":
        assert package.stat().st_mode & 0o777 == 0o600


def test_runs_are_in_the_order_in_which_they_began(
    msgprobe: Msgprobe, saved: Path, tmp_path: Path
) -> None:
    other = tmp_path / "earlier.json"
    run = _older(saved)
    other.write_text(json.dumps(run | {"started_at": "2020-01-01T00:00:00Z", "run_id": "first"}))
    path = tmp_path / "two.zip"
    assert msgprobe("seal", str(saved), str(other), "-o", str(path)).returncode == 0
    with zipfile.ZipFile(path) as inside:
        assert json.loads(inside.read("evidence/0001.json"))["run_id"] == "first"
        assert inside.read("evidence/0002.json") == saved.read_bytes()


def test_the_catalogue_is_in_it_where_it_is_that_of_the_run(
    msgprobe: Msgprobe, saved: Path, tmp_path: Path
) -> None:
    run = _older(saved) | {"catalogue_sha256": loader.load().sha256}
    saved.write_text(json.dumps(run))
    path = tmp_path / "c.zip"
    assert msgprobe("seal", str(saved), "-o", str(path)).returncode == 0
    with zipfile.ZipFile(path) as inside:
        inside.extractall(tmp_path / "c")
        (line,) = re.findall(r"^ +(LC_ALL=C .*)$", inside.read("README.txt").decode(), re.M)
    done = _shell(line, tmp_path / "c")
    assert done.stdout.split()[0] == run["catalogue_sha256"]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["seal", "RUN"], ["-o"]),
        (["seal", "RUN", "RUN", "-o", "OUT"], ["same"]),
        (["seal", "RUN", "PACKAGE", "-o", "OUT"], ["case.zip", "alone"]),
        (["seal", "/absent.json", "-o", "OUT"], ["/absent.json"]),
        (["seal", "RUN", "-o", "OUT", "--key", "/absent.pem"], ["/absent.pem"]),
        (["seal", "RUN", "-o", "OUT", "--key", "RUN"], ["no private key", "openssl genpkey"]),
        (["seal", "RUN", "-o", "OUT", "--take-out", "x"], ["--take-out", "package"]),
        (["seal", "RUN", "-o", "OUT", "--attach", "RUN"], ["--attach", "package"]),
        (["seal", "PACKAGE"], ["--request", "--attach", "--take-out"]),
        (["seal", "PACKAGE", "--take-out", "started_at"], ["-o"]),
        (["seal", "PACKAGE", "--take-out", "started_at", "-o", "PACKAGE"], ["another file"]),
        (["seal", "PACKAGE", "--take-out", "nosuch", "-o", "OUT"], ["nosuch"]),
        (["seal", "PACKAGE", "--attach", "RUN"], ["wrong stamp"]),
        (["seal", "PACKAGE", "--attach", "/absent.tsr"], ["/absent.tsr"]),
        (["verify", "/absent.zip"], ["/absent.zip"]),
        (["verify", "RUN"], ["no package", "msgprobe seal"]),
        (["verify", "PACKAGE", "--key", "RUN"], ["wrong key"]),
        (["verify", "PACKAGE", "--authority", "/absent.pem"], ["/absent.pem"]),
    ],
)
def test_what_makes_no_sense_is_one_line_and_exit_2(
    msgprobe: Msgprobe, saved: Path, package: Path, words: list[str], told: list[str]
) -> None:
    names = {"RUN": saved, "PACKAGE": package, "OUT": package.with_name("out.zip")}
    before = package.read_bytes()
    done = msgprobe(*(str(names.get(word, word)) for word in words))
    one_line(done, 2, *told)
    assert done.stdout == "" and not names["OUT"].exists()
    assert package.read_bytes() == before


def test_what_was_changed_is_called_altered(msgprobe: Msgprobe, package: Path) -> None:
    data = package.read_bytes()
    package.write_bytes(data.replace(b"blocked", b"allowed", 1))
    done = msgprobe("verify", str(package))
    assert (done.returncode, done.stderr) == (1, "")
    assert "ALTERED" in done.stdout and "changed: " in done.stdout
    package.write_bytes(data + b"more")
    assert "extra bytes" in msgprobe("verify", str(package)).stdout


def test_another_key_is_the_wrong_one(msgprobe: Msgprobe, package: Path) -> None:
    done = msgprobe("verify", str(package), "--key", "0" * 64)
    assert done.returncode == 1 and "wrong key" in done.stdout


def test_it_is_signed_with_a_key_of_ones_own(
    msgprobe: Msgprobe, saved: Path, tmp_path: Path
) -> None:
    key, public, path = (tmp_path / name for name in ("k.pem", "p.pem", "own.zip"))
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("openssl is not here")
    _shell(f"{openssl} genpkey -algorithm ed25519 -out k.pem", tmp_path)
    _shell(f"{openssl} pkey -in k.pem -pubout -out p.pem", tmp_path)
    assert msgprobe("seal", str(saved), "-o", str(path), "--key", str(key)).returncode == 0
    done = msgprobe("verify", str(path), "--key", str(public))
    assert done.returncode == 0 and fingerprint(public.read_bytes()) in done.stdout
    public.write_bytes(Signer().public)
    assert msgprobe("verify", str(path), "--key", str(public)).returncode == 1
    _shell(f"{openssl} genpkey -algorithm ed25519 -aes256 -pass pass:x -out k.pem", tmp_path)
    one_line(
        msgprobe("seal", str(saved), "-o", str(path), "--key", str(key)), 2, "k.pem", "passphrase"
    )
    _shell(f"{openssl} genpkey -algorithm x25519 -out k.pem", tmp_path)
    one_line(
        msgprobe("seal", str(saved), "-o", str(path), "--key", str(key)), 2, "k.pem", "Ed25519"
    )


def test_without_cryptography_it_is_hashed_and_says_so(
    saved: Path, tmp_path: Path, environ: dict[str, str]
) -> None:
    def call(*words: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [sys.executable, "-c", WITHOUT, *words],
            env=environ,
            capture_output=True,
            text=True,
            check=False,
        )

    path = tmp_path / "plain.zip"
    done = call("seal", str(saved), "-o", str(path))
    assert done.returncode == 0 and "NOT SIGNED" in done.stdout, done.stderr
    with zipfile.ZipFile(path) as inside:
        assert "not signed" in inside.read("README.txt").decode()
        assert {"package.sig", "key.pem"} & set(inside.namelist()) == set()
    done = call("verify", str(path))
    assert done.returncode == 3 and "proves nothing by itself" in done.stdout
    one_line(call("seal", str(saved), "-o", str(path), "--key", str(saved)), 2, "cryptography")


@needs_openssl
def test_a_stamp_is_asked_for_and_attached_later(
    msgprobe: Msgprobe, saved: Path, tmp_path: Path, authority: Authority
) -> None:
    path, request, reply = (tmp_path / name for name in ("c.zip", "c.tsq", "c.tsr"))
    words = ("seal", str(saved), "-o", str(path), "--request", str(request))
    assert msgprobe(*words).returncode == 0
    first = request.read_bytes()
    assert msgprobe("seal", str(path), "--request", str(request)).returncode == 0
    assert request.read_bytes() == first
    reply.write_bytes(authority.reply(first))
    done = msgprobe("seal", str(path), "--attach", str(reply))
    assert done.returncode == 0 and "not checked" in done.stdout
    done = msgprobe("verify", str(path), "--authority", str(authority.root))
    assert done.returncode == 0 and "by CN=Stamper" in done.stdout
    one_line(msgprobe("seal", str(path), "--attach", str(reply)), 2, "already")


def _shell(command: str, folder: Path) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        command, shell=True, cwd=folder, capture_output=True, text=True, check=False
    )


def commands(readme: str) -> list[list[str]]:
    """The commands of the text, by its sections; they stand indented by four spaces."""
    parts = re.split(r"^-+$", readme, flags=re.MULTILINE)[1:]
    return [re.findall(r"^    (\S.*)$", part, re.MULTILINE) for part in parts]


def unpacked(path: Path, folder: Path) -> list[list[str]]:
    with zipfile.ZipFile(path) as inside:
        inside.extractall(folder)
    return commands((folder / "README.txt").read_text("ascii"))


@stranger
def test_a_stranger_checks_it_as_the_text_says(package: Path, tmp_path: Path) -> None:
    folder = tmp_path / "unpacked"
    (sums, signature, key), *_ = unpacked(package, folder)
    assert {line.split()[0] for line in (sums, signature, key)} == {"openssl", "sha256sum"}
    results = [_shell(line, folder) for line in (sums, signature, key)]
    assert [done.returncode for done in results] == [0, 0, 0], results
    checked = {line.removesuffix(": OK") for line in results[0].stdout.splitlines()}
    files = {str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file()}
    assert files - checked == {"package.sha256", "package.sig"}
    assert "Signature Verified Successfully" in results[1].stdout
    assert results[2].stdout.split()[0] == fingerprint((folder / "key.pem").read_bytes())
    for name in checked:
        data = (folder / name).read_bytes()
        (folder / name).write_bytes(data + b"\n")
        assert any(_shell(line, folder).returncode for line in (sums, signature)), name
        (folder / name).write_bytes(data)
    (folder / "package.sha256").write_bytes((folder / "package.sha256").read_bytes()[66:])
    assert _shell(signature, folder).returncode != 0


@stranger
def test_a_stranger_checks_its_stamp_as_the_text_says(
    msgprobe: Msgprobe, package: Path, tmp_path: Path, authority: Authority
) -> None:
    folder = tmp_path / "unpacked"
    _, (verify, show, ask), *_ = unpacked(package, folder)
    assert _shell(ask, folder).returncode == 0
    reply = tmp_path / "own.tsr"
    reply.write_bytes(authority.reply((folder / "request.tsq").read_bytes()))
    assert msgprobe("seal", str(package), "--attach", str(reply)).returncode == 0
    unpacked(package, folder)
    shutil.copy(authority.root, folder / "authority.pem")
    assert "Verification: OK" in _shell(f"{verify} 2>&1", folder).stdout
    assert "Time stamp:" in _shell(show, folder).stdout
    (folder / "package.sha256").write_bytes(b"another\n")
    assert _shell(verify, folder).returncode != 0


@stranger
def test_a_stranger_checks_a_copy_as_the_text_says(
    msgprobe: Msgprobe, package: Path, tmp_path: Path
) -> None:
    copy, folder = tmp_path / "copy.zip", tmp_path / "unpacked"
    words = ("--take-out", "started_at", "--take-out", "/services/0/summary")
    done = msgprobe("seal", str(package), *words, "-o", str(copy))
    assert done.returncode == 0 and "3 taken out: /started_at" in done.stdout, done.stderr
    (_, signature, _), _, (sums, history, *steps, _), *_ = unpacked(copy, folder)
    for line in (sums, signature, history):
        done = _shell(line, folder)
        assert done.returncode == 0, (line, done.stderr)
    *_, last = [_shell(line, folder) for line in steps]
    assert [line.split()[2] for line in last.stdout.splitlines()] == [
        *("/started_at", "/services/0/summary", "/content_sha256"),
    ]
    fields = folder / "evidence" / "0001.fields"
    fields.write_text(fields.read_text().replace('"telegram"', '"signal"', 1))
    shutil.rmtree(folder / "fields")
    *_, last = [_shell(line, folder) for line in steps]
    assert len(last.stdout.splitlines()) == 4
    leaves = folder / "evidence" / "0001.leaves"
    leaves.write_text(leaves.read_text().replace("started_at", "ended_at"))
    assert _shell(history, folder).returncode != 0


def test_a_draft_for_a_person_is_in_it(package: Path) -> None:
    with zipfile.ZipFile(package) as inside:
        text = inside.read("certificate.txt").decode("ascii")
        history = inside.read("history.jsonl")
    assert "DRAFT" in text and "902(13)" in text and "Signature: ____" in text
    assert hashlib.sha256(history.splitlines(keepends=True)[-1]).hexdigest() in text


def test_a_run_is_read_out_of_its_package(msgprobe: Msgprobe, package: Path, saved: Path) -> None:
    plain, packed = (msgprobe("judge", str(path), "--json") for path in (saved, package))
    assert packed.stdout == plain.stdout and packed.returncode == plain.returncode
    assert "Sealed: unchanged" in msgprobe("explain", f"{package}/0001").stdout
    assert "Not sealed" in msgprobe("explain", str(saved)).stdout
    one_line(msgprobe("explain", f"{package}/0002"), 2, "0002")
    package.write_bytes(package.read_bytes().replace(b"blocked", b"allowed", 1))
    for command in ("judge", "explain"):
        one_line(msgprobe(command, str(package)), 2, "ALTERED", "changed")


def test_a_run_that_contradicts_its_hash_is_altered_and_not_sealed(
    msgprobe: Msgprobe, saved: Path, tmp_path: Path
) -> None:
    saved.write_text(saved.read_text().replace('"blocked"', '"ok"', 1))
    assert "ALTERED" in msgprobe("judge", str(saved)).stdout
    assert "ALTERED" in msgprobe("explain", str(saved)).stdout
    one_line(msgprobe("seal", str(saved), "-o", str(tmp_path / "o.zip")), 2, "ALTERED")
    done = msgprobe("run", "telegram", "--compare", str(saved), "--max-time", "1", alone=True)
    one_line(done, 2, "--compare", "ALTERED")


def test_what_is_not_redacted_is_told(msgprobe: Msgprobe, saved: Path, tmp_path: Path) -> None:
    redacted, out = tmp_path / "redacted.json", tmp_path / "out.zip"
    assert "NOT REDACTED" in msgprobe("seal", str(saved), "-o", str(out)).stderr
    msgprobe("judge", str(saved), "-o", str(redacted))
    assert msgprobe("seal", str(redacted), "-o", str(out)).stderr == ""


def test_a_run_that_says_one_thing_twice_is_not_sealed(
    msgprobe: Msgprobe, saved: Path, tmp_path: Path
) -> None:
    run = _older(saved)
    saved.write_text('{"run_id": "other",' + json.dumps(run)[1:])
    done = msgprobe("seal", str(saved), "-o", str(tmp_path / "o.zip"))
    one_line(done, 2, "run.json", "twice")


def test_a_hostile_text_in_a_run_stays_harmless(msgprobe: Msgprobe, tmp_path: Path) -> None:
    path, package = tmp_path / "h.json", tmp_path / "h.zip"
    path.write_text(_run("x"))
    path.write_text(
        json.dumps(_older(path) | {"started_at": sample.HOSTILE, sample.HOSTILE: "key"})
    )
    assert msgprobe("seal", str(path), "-o", str(package)).returncode == 0
    copy = tmp_path / "copy.zip"
    words = ("seal", str(package), "--take-out", "/*", "-o", str(copy))
    done = msgprobe(*words)
    assert done.returncode == 0
    assert all(line.isprintable() for line in done.stdout.splitlines())
    assert msgprobe("verify", str(copy)).returncode == 0


# --- what is remembered -------------------------------------------------------------------------


@pytest.fixture
def remembered(tmp_path: Path) -> Path:
    """A history of a whole run and, an hour after it, a pulse."""
    path = tmp_path / "history.db"
    whole = tick(replace(sample.run(sample.blocked()), run_id="whole"))
    with History(path, create=True) as history:
        where = history.series_of(Attachment(kind=NetworkKind.WIFI, resolver="private"), "my home")
        history.add(where, replace(whole, at=1_790_000_000))
        history.add(where, replace(pulse(0), run_id="later", at=1_790_003_600))
    return path


def test_what_is_remembered_is_sealed_with_the_evidence_that_was_kept(
    remembered: Path, tmp_path: Path, msgprobe: Msgprobe
) -> None:
    package = tmp_path / "case.zip"
    done = msgprobe("seal", f"--history={remembered}", "-o", str(package))
    assert done.returncode == 0, done.stderr
    with zipfile.ZipFile(package) as inside:
        run = json.loads(inside.read("evidence/0001.json"))
        rows = [json.loads(line) for line in inside.read("remembered.jsonl").splitlines()]
        names = inside.namelist()
        readme = inside.read("README.txt").decode()
    assert run["run_id"] == "whole" and "evidence/0002.json" not in names
    assert [r["run_id"] for r in rows if "tick" in r] == ["whole", "later"]
    assert all(r.get("document") is None for r in rows)
    assert "my home" not in json.dumps(rows)
    assert "remembered.jsonl" in readme
    assert msgprobe("verify", str(package)).returncode == 0


def test_a_saved_run_that_is_remembered_too_is_sealed_once(
    remembered: Path, tmp_path: Path, msgprobe: Msgprobe
) -> None:
    run = tmp_path / "run.json"
    run.write_text(msgprobe("history", "show", "whole", f"--history={remembered}").stdout)
    package = tmp_path / "case.zip"
    done = msgprobe("seal", str(run), f"--history={remembered}", "-o", str(package))
    assert done.returncode == 0, done.stderr
    with zipfile.ZipFile(package) as inside:
        runs = [n for n in inside.namelist() if n.endswith(".html")]
    assert runs == ["evidence/0001.html"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--since", "7d"), "--history"),
        (("--history={history}", "--since", "soon"), "--since"),
        (("--history={history}", "--since", "1min"), "no run to seal"),
        (("--history={folder}/none.db",), "none.db"),
    ],
)
def test_a_history_that_cannot_be_sealed_is_told(
    words: tuple[str, ...],
    said: str,
    remembered: Path,
    tmp_path: Path,
    msgprobe: Msgprobe,
) -> None:
    filled = [w.format(history=remembered, folder=tmp_path) for w in words]
    done = msgprobe("seal", *filled, "-o", str(tmp_path / "case.zip"))
    one_line(done, 2, said)
    assert not (tmp_path / "case.zip").exists()
