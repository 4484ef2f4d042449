"""Sealed packages of hand-made runs, and openssl as a time-stamping authority."""

import io
import shutil
import subprocess
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from msgprobe.report.document import document, dumps
from msgprobe.report.package_text import TEXTS
from msgprobe.sealing.container import Container
from msgprobe.sealing.error import PackageError
from msgprobe.sealing.listing import placed
from msgprobe.sealing.package import Case, Exhibit, seal
from msgprobe.sealing.signature import Signer
from tests.report import sample

CREATED = "2026-11-26T07:00Z"


def evidence(run_id: str = "one") -> bytes:
    """A saved run, as the command writes it."""
    run = replace(sample.run(sample.blocked(), sample.throttled()), run_id=run_id)
    return dumps(document(run, exit_code=1, evidence=True)).encode()


def case(*runs: bytes, catalogue: bool = True) -> Case:
    return Case(
        exhibits=[
            Exhibit(
                name=f"run {number}",
                evidence=data,
                page=f"<p>{number}</p>",
                secret=bytes([number]) * 32,
            )
            for number, data in enumerate(runs, 1)
        ],
        catalogue={"acme.toml": b"[service]\n", "other.toml": b"# none\n"} if catalogue else {},
        texts=TEXTS,
        created=CREATED,
        version="1.2",
    )


def place(name: str) -> tuple[int, str]:
    """Where a file stands in a package; last of all what has no place there."""
    try:
        return placed(name)
    except PackageError:
        return 99, name


def opened(package: bytes) -> Container:
    return Container(io.BytesIO(package))


@pytest.fixture(scope="session")
def signer() -> Signer:
    return Signer()


@pytest.fixture(scope="session")
def package(signer: Signer) -> bytes:
    return seal(case(evidence(), evidence("two")), signer)


@pytest.fixture(scope="session")
def unsigned() -> bytes:
    return seal(case(evidence()), None)


_CONFIG = """
[req]
distinguished_name = name
prompt = no
[name]
CN = Nobody
[root]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign
[stamper]
extendedKeyUsage = critical,timeStamping
keyUsage = critical,digitalSignature
[tsa]
default_tsa = own
[own]
serial = {folder}/serial
default_policy = 1.2.3.4.1
signer_digest = sha256
digests = sha256,sha512
ess_cert_id_alg = sha256
"""

needs_openssl = pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not here")


@dataclass(frozen=True)
class Authority:
    """Stamps what it is asked to; ``root`` is its certificate's file."""

    folder: Path

    @classmethod
    def made(cls, folder: Path, name: str = "Stamper") -> "Authority":
        folder.mkdir()
        (folder / "config").write_text(_CONFIG.format(folder=folder))
        (folder / "serial").write_text("01\n")
        found = cls(folder)
        new = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")
        own = ("-config", "config")
        found.openssl(
            *("req", "-x509", *new, *own, "-extensions", "root", "-days", "30"),
            *("-subj", f"/CN=Root of {name}", "-keyout", "root.key", "-out", "root.pem"),
        )
        found.openssl(
            *("req", *new, *own, "-subj", f"/CN={name}", "-keyout", "own.key", "-out", "own.csr")
        )
        found.openssl(
            *("x509", "-req", "-in", "own.csr", "-CA", "root.pem", "-CAkey", "root.key"),
            *("-CAcreateserial", "-days", "20", "-extfile", "config", "-extensions", "stamper"),
            *("-out", "own.pem"),
        )
        return found

    @property
    def root(self) -> Path:
        return self.folder / "root.pem"

    def openssl(self, *words: str) -> None:
        done = subprocess.run(
            ["openssl", *words], cwd=self.folder, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr

    def reply(self, request: bytes) -> bytes:
        (self.folder / "request.tsq").write_bytes(request)
        self.openssl(
            *("ts", "-reply", "-config", "config", "-section", "own", "-queryfile", "request.tsq"),
            *("-signer", "own.pem", "-inkey", "own.key", "-out", "reply.tsr"),
        )
        return (self.folder / "reply.tsr").read_bytes()


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority.made(tmp_path_factory.mktemp("tsa") / "one")
