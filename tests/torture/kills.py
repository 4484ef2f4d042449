"""kill -9 at every moment of writing: no file is torn, and the next run leaves nothing behind.

Most of them hit a process that writes with the command's own function again and again; some hit the
command itself while it saves. A third each: a new name, one that is taken, and without /proc, where
files without a name cannot be had.
"""

import argparse
import json
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from tests.torture.place import COMMAND

_WRITER = """
import sys
from pathlib import Path
from msgprobe.cli.output import check_file, write_file
folder, fresh = Path(sys.argv[1]), sys.argv[2] == "new"
text = '["' + "x" * int(sys.argv[3]) + '", "end"]'
path = folder / "run.json"
write_file(path, text)
print("ready", flush=True)
while True:
    check_file(path)
    write_file(path, text)
    if fresh:
        path.unlink()
"""

_WITHOUT_PROC = ("unshare", "--mount", "sh", "-c", 'mount -t tmpfs none /proc; exec "$@"', "sh")

WAYS = ("new", "taken", "no /proc")


def _whole(path: Path) -> bool:
    try:
        found = json.loads(path.read_bytes())
    except ValueError:
        return False
    return isinstance(found, dict) or found[-1] == "end"


def _strangers(folder: Path) -> list[str]:
    return [p.name for p in folder.iterdir() if p.name != "run.json"]


def writer(folder: Path, way: str, size: int, chance: random.Random) -> tuple[bool, int]:
    """Kill one that writes; whether what is there is whole, and how many others were left."""
    prefix = _WITHOUT_PROC if way == "no /proc" else ()
    words = [sys.executable, "-c", _WRITER, str(folder), way, str(size)]
    with subprocess.Popen([*prefix, *words], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        time.sleep(chance.uniform(0.0, 0.05))
        process.send_signal(signal.SIGKILL)
    path = folder / "run.json"
    return not path.exists() or _whole(path), len(_strangers(folder))


def command(folder: Path, run: Path, chance: random.Random) -> tuple[bool, int]:
    """The same to the command itself, when the folder changes or soon after."""
    path = folder / "run.json"
    before = folder.stat().st_mtime_ns
    words = [COMMAND, "judge", str(run), "-q", "--json", "-o", str(path)]
    with subprocess.Popen(words, stdout=subprocess.DEVNULL) as process:
        wait = chance.choice((0.0, 0.0, 0.001))
        while process.poll() is None and folder.stat().st_mtime_ns == before:
            time.sleep(0)
        time.sleep(wait)
        process.send_signal(signal.SIGKILL)
    return not path.exists() or _whole(path), len(_strangers(folder))


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.torture kills", description=__doc__)
    parser.add_argument("--kills", type=int, default=1000)
    parser.add_argument("--run", type=Path, help="a saved run; 1 in 20 kills then hits `judge`")
    parser.add_argument("--size", type=int, default=300_000, help="octets of what is written")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args(argv)
    chance = random.Random(options.seed)
    torn, behind, after, done = 0, Counter[str](), 0, Counter[str]()
    for number in range(options.kills):
        folder = Path(tempfile.mkdtemp(prefix="msgprobe-kills-"))
        try:
            way = WAYS[number % len(WAYS)]
            if options.run is not None and number % 20 == 19:
                way = "judge"
                whole, left = command(folder, options.run, chance)
            else:
                whole, left = writer(folder, way, options.size, chance)
            done[way] += 1
            behind[way] += left > 0
            torn += not whole
            if left:
                words = [sys.executable, "-c", _NEXT, str(folder)]
                subprocess.run(words, check=True)
                after += bool(_strangers(folder)) or not _whole(folder / "run.json")
        finally:
            shutil.rmtree(folder, ignore_errors=True)
    for way, count in done.items():
        print(f"{way:10} {count:5} killed, {behind[way]:5} left a part behind")
    print(f"{torn} torn files, {after} folders with something left after the next run")
    return 1 if torn or after else 0


_NEXT = """
import sys
from pathlib import Path
from msgprobe.cli.output import check_file, write_file
path = Path(sys.argv[1]) / "run.json"
check_file(path)
write_file(path, '["next", "end"]')
"""
"""What the next run does first and last."""


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
