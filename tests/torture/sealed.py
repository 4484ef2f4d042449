"""``python -m tests.torture.sealed``: whatever is changed in a sealed package is found.

Ten thousand times a package is changed: a bit of the zip file, or what is in it with the zip file
made anew around it, or that with all its lists made anew as well, as somebody would who has
everything but the key. What is changed is a whole package, one that an authority has stamped (where
openssl is here), and a copy of which fields were taken out.
"""

import argparse
import hashlib
import io
import os
import random
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Final

from msgprobe.sealing import change
from msgprobe.sealing.check import check
from msgprobe.sealing.container import Container, pack
from msgprobe.sealing.error import PackageError
from msgprobe.sealing.listing import LIST, listed_names, run_of, sums
from msgprobe.sealing.package import seal
from msgprobe.sealing.signature import Signer
from tests.sealing.conftest import Authority, case, evidence, opened, place

Rows = list[tuple[str, bytes]]


def main(argv: Sequence[str] | None = None) -> int:
    """0 every change was found, 1 one was not."""
    parser = argparse.ArgumentParser(prog="python -m tests.torture.sealed", description=__doc__)
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 2)
    options = parser.parse_args(argv)
    batches = [
        (kind, package, options.seed + 1000 * number, share)
        for kind, package in packages().items()
        for number, share in enumerate(_shares(options.count // 3 + 1, 20))
    ]
    told: Counter[str] = Counter()
    missed: list[str] = []
    with ProcessPoolExecutor(options.jobs) as pool:
        for found, lost in pool.map(_batch, batches):
            told += found
            missed += lost
    for name, count in sorted(told.items()):
        print(f"{count:6} {name}")
    print(f"{told.total() + len(missed)} changes: {len(missed)} were not found")
    for name in missed[:40]:
        print(f"  {name}")
    return 1 if missed else 0


def _shares(count: int, parts: int) -> list[int]:
    return [count // parts + (number < count % parts) for number in range(parts)]


def packages() -> dict[str, bytes]:
    """What is changed, by kind."""
    whole = seal(case(evidence(), evidence("two"), evidence("three")), Signer())
    found = {"whole": whole, "copy": change.taken_out(opened(whole), ["started_at", "address"])}
    if shutil.which("openssl") is None:
        print("openssl is not here: no stamped package is changed")
        return found | {"again": whole}
    with tempfile.TemporaryDirectory(prefix="msgprobe-tsa-") as name:
        authority = Authority.made(Path(name) / "tsa")
        stamped = change.attached(opened(whole), authority.reply(change.request(opened(whole))))
    return found | {"stamped": stamped}


def _batch(asked: tuple[str, bytes, int, int]) -> tuple[Counter[str], list[str]]:
    kind, package, seed, count = asked
    return tried(kind, package, seed, count)


def tried(kind: str, package: bytes, seed: int, count: int) -> tuple[Counter[str], list[str]]:
    """How many changes of which sort were found, and those that were not."""
    generator = random.Random(f"{kind}{seed}")
    check(opened(package))
    rows = list(opened(package).files().items())
    told: Counter[str] = Counter()
    missed: list[str] = []
    while told.total() + len(missed) < count:
        sort, changed = _changed(package, rows, generator)
        if changed == package:
            continue
        try:
            check(Container(io.BytesIO(changed)))
        except PackageError as error:
            told[f"{kind}, {sort}: {error.fault}"] += 1
        else:
            missed.append(f"{kind}, {sort}, seed {seed}, number {told.total() + len(missed)}")
    return told, missed


def _changed(package: bytes, rows: Rows, generator: random.Random) -> tuple[str, bytes]:
    if generator.random() < 0.25:
        at = generator.choice(BYTES)
        return f"zip {at.__name__.strip('_')}", at(package, generator)
    files = generator.choice(FILES)
    changed = files(list(rows), generator)
    name = files.__name__.strip("_")
    if generator.random() < 0.4:
        return f"{name} and lists", pack(_lists_anew(changed))
    return name, pack(changed)


def _lists_anew(rows: Rows) -> Rows:
    """The hashes as they are now, in every list; only the signatures stay what they were."""
    files = dict(rows)
    for name in [n for n in files if n.startswith("evidence/") and n.endswith(".sha256")]:
        own = sorted(n for n in files if run_of(n) == run_of(name) and n != name)
        files[name] = sums((n, _hash(files[n])) for n in own)
    try:
        listed = listed_names(files)
    except PackageError:
        listed = sorted(files)
    gone = [
        (row[66:], row[:64])
        for row in dict(rows).get(LIST, b"").decode("ascii", "replace").splitlines()
        if row.isascii() and row[66:] not in files and "evidence/" in row
    ]
    if LIST in files:
        every = dict(gone) | {n: _hash(files[n]) for n in listed}
        files[LIST] = sums(sorted(every.items(), key=lambda one: place(one[0])))
    return [(name, files[name]) for name, _ in rows]


def _hash(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


# --- of the bytes of the zip file


def _flip(data: bytes, generator: random.Random) -> bytes:
    at = generator.randrange(8 * len(data))
    return data[: at // 8] + bytes([data[at // 8] ^ 1 << at % 8]) + data[at // 8 + 1 :]


def _cut(data: bytes, generator: random.Random) -> bytes:
    at = generator.randrange(len(data))
    return data[:at] + data[at + generator.randrange(1, 100) :]


def _insert(data: bytes, generator: random.Random) -> bytes:
    at = generator.choice([0, len(data), generator.randrange(len(data))])
    return data[:at] + generator.randbytes(generator.randrange(1, 100)) + data[at:]


BYTES: Final[tuple[Callable[[bytes, random.Random], bytes], ...]] = (_flip, _cut, _insert)


# --- of what is in it


def _flipped(rows: Rows, generator: random.Random) -> Rows:
    return _content(rows, generator, _flip)


def _shortened(rows: Rows, generator: random.Random) -> Rows:
    return _content(rows, generator, _cut)


def _lengthened(rows: Rows, generator: random.Random) -> Rows:
    return _content(rows, generator, _insert)


def _content(
    rows: Rows, generator: random.Random, how: Callable[[bytes, random.Random], bytes]
) -> Rows:
    at = generator.randrange(len(rows))
    name, data = rows[at]
    rows[at] = (name, how(data, generator))
    return rows


def _lines(rows: Rows, generator: random.Random, how: Callable[[list[bytes]], None]) -> Rows:
    at = generator.choice([n for n, (_, data) in enumerate(rows) if data.count(b"\n") > 1])
    name, data = rows[at]
    lines = data.splitlines(keepends=True)
    how(lines)
    rows[at] = (name, b"".join(lines))
    return rows


def _line_dropped(rows: Rows, generator: random.Random) -> Rows:
    def drop(lines: list[bytes]) -> None:
        del lines[generator.randrange(len(lines))]

    return _lines(rows, generator, drop)


def _line_twice(rows: Rows, generator: random.Random) -> Rows:
    def twice(lines: list[bytes]) -> None:
        lines.insert(generator.randrange(len(lines) + 1), generator.choice(lines))

    return _lines(rows, generator, twice)


def _lines_swapped(rows: Rows, generator: random.Random) -> Rows:
    def swap(lines: list[bytes]) -> None:
        one, two = generator.sample(range(len(lines)), 2)
        lines[one], lines[two] = lines[two], lines[one]

    return _lines(rows, generator, swap)


def _dropped(rows: Rows, generator: random.Random) -> Rows:
    rows.pop(generator.randrange(len(rows)))
    return rows


def _reordered(rows: Rows, generator: random.Random) -> Rows:
    one, two = generator.sample(range(len(rows)), 2)
    rows[one], rows[two] = rows[two], rows[one]
    return rows


def _contents_swapped(rows: Rows, generator: random.Random) -> Rows:
    one, two = generator.sample(range(len(rows)), 2)
    (a, first), (b, second) = rows[one], rows[two]
    rows[one], rows[two] = (a, second), (b, first)
    return rows


def _renamed(rows: Rows, generator: random.Random) -> Rows:
    at = generator.randrange(len(rows))
    name, data = rows[at]
    letter = generator.randrange(len(name))
    other = generator.choice("abcxyz019._/A\0 ")
    rows[at] = (name[:letter] + other + name[letter + 1 :], data)
    return rows


def _inserted(rows: Rows, generator: random.Random) -> Rows:
    names = ("evidence/0004.json", "catalogue/x.toml", "README.ru.txt", "x.exe", rows[0][0])
    new = (generator.choice(names), generator.choice(rows)[1])
    rows.insert(generator.randrange(len(rows) + 1), new)
    return rows


FILES: Final[tuple[Callable[[Rows, random.Random], Rows], ...]] = (
    *(_flipped, _shortened, _lengthened, _line_dropped, _line_twice, _lines_swapped),
    *(_dropped, _reordered, _contents_swapped, _renamed, _inserted),
)


if __name__ == "__main__":
    sys.exit(main())
