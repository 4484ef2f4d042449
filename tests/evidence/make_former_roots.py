"""Writes evidence/former_roots.py: ``python -m tests.evidence.make_former_roots [FOLDER]``.

Fetches the releases of certifi named below with pip (into FOLDER, where they stay, or a temporary
one), and keeps what an earlier one held and the newest does not. To bring the table up to date, add
the newest release at the end of ``RELEASES`` and run it.
"""

import re
import ssl
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from msgprobe.wire.der import CertificateFields, read_certificate

RELEASES = (
    "2018.1.18",
    "2019.6.16",
    "2020.6.20",
    "2021.5.30",
    "2022.6.15",
    "2022.12.7",
    "2023.7.22",
    "2024.2.2",
    "2024.7.4",
    "2024.12.14",
    "2025.1.31",
    "2025.4.26",
    "2025.6.15",
    "2025.8.3",
    "2025.11.12",
    "2026.1.4",
    "2026.2.25",
    "2026.4.22",
    "2026.5.20",
    "2026.6.17",
    "2026.7.22",
    "2026.10.18",
    "2026.10.19.post1",
)
"""Releases of certifi on PyPI that are compared, oldest first: one or two a year, and from 2024
on more, for that is when many roots went."""

MODULE = Path(__file__).parents[2] / "msgprobe" / "evidence" / "former_roots.py"

_PEM = re.compile(r"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----", re.DOTALL)
_WIDTH = 100

_TABLE = "NEWEST = "
"""What the part of the module that is written anew begins with."""


def gone(bundles: Mapping[str, Sequence[bytes]]) -> dict[str, list[CertificateFields]]:
    """What the last bundle (certificates in DER) lacks, by the latest release that held it.

    ``bundles`` are in order of time.
    """
    *earlier, newest = bundles.values()
    today = [read_certificate(der) for der in newest]
    keys, names = {f.spki_sha256 for f in today}, {f.subject for f in today}
    last: dict[tuple[str, str], tuple[str, CertificateFields]] = {}
    for release, bundle in zip(bundles, earlier, strict=False):
        for fields in map(read_certificate, bundle):
            if fields.spki_sha256 not in keys and fields.subject not in names:
                last[fields.subject, fields.spki_sha256] = (release, fields)
    found: dict[str, list[CertificateFields]] = {release: [] for release in bundles}
    for _, (release, fields) in sorted(last.items()):
        found[release].append(fields)
    return {release: roots for release, roots in found.items() if roots}


def source(newest: str, found: dict[str, list[CertificateFields]]) -> str:
    """The text of the module."""
    return "".join(
        (
            MODULE.read_text(encoding="utf-8").partition(f"\n{_TABLE}")[0] + "\n",
            f'{_TABLE}"{newest}"\n"""The release of certifi that holds none of them."""\n\n',
            "# fmt: off\n_BY_RELEASE: dict[str, tuple[tuple[str, str, str], ...]] = {\n",
            *(line for release in reversed(found) for line in _release(release, found[release])),
            "}\n# fmt: on\n\n",
            "FORMER_ROOTS: tuple[FormerRoot, ...] = tuple(\n",
            "    FormerRoot(subject=subject, spki_sha256=key, not_after=end, last_in=release)\n",
            "    for release, roots in _BY_RELEASE.items()\n",
            "    for end, key, subject in roots\n)\n",
        )
    )


def _release(release: str, roots: Iterable[CertificateFields]) -> Iterator[str]:
    yield f'    "{release}": (\n'
    for root in roots:
        yield f'        ("{root.not_after[:10]}", "{root.spki_sha256}",\n'
        yield from _text(root.subject)
    yield "    ),\n"


def _text(subject: str) -> Iterator[str]:
    """The subject as the last item of a row, in as many pieces as the line's width asks for."""
    indent, end = " " * 9, "),\n"
    room = _WIDTH - len(indent) - len('"",') - 1
    while len(subject) > room:
        yield f"{indent}{_quoted(subject[:room])}\n"
        subject = subject[room:]
    yield f"{indent}{_quoted(subject)}{end}"


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def bundle(wheel: Path) -> list[bytes]:
    """The certificates of certifi's bundle in a wheel, in DER."""
    with zipfile.ZipFile(wheel) as archive:
        pem = archive.read("certifi/cacert.pem").decode()
    return [ssl.PEM_cert_to_DER_cert(found) for found in _PEM.findall(pem)]


def main(folder: Path) -> None:
    """Fetch, compare, write. Raises CalledProcessError when pip cannot fetch a release."""
    bundles = {}
    for release in RELEASES:
        pip = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check"]
        subprocess.run(
            [*pip, "--no-deps", "--dest", str(folder), f"certifi=={release}"], check=True
        )
        (wheel,) = folder.glob(f"certifi-{release}-*.whl")
        bundles[release] = bundle(wheel)
    MODULE.write_text(source(RELEASES[-1], gone(bundles)), encoding="utf-8")


if __name__ == "__main__":
    if len(sys.argv) > 1:
        main(Path(sys.argv[1]))
    else:
        with tempfile.TemporaryDirectory() as temporary:
            main(Path(temporary))
