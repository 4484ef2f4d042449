"""A process that remembers ticks and says each one once it is safe: ``writer FILE FIRST COUNT``."""

import sys
from pathlib import Path

from msgprobe.history.file import HistoryError
from msgprobe.history.store import History
from tests.history.ticks import home, tick


def main() -> int:
    path, first, count = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    try:
        for number in range(first, first + count):
            with History(path, create=True) as history:
                # evidence that does not compress, as big as a quick run's
                text = "".join(f"{(number * 7919 + i) ** 3:x}" for i in range(2000))
                history.add(home(history), tick(number, document=text))
            sys.stdout.write(f"run-{number:06}\n")
            sys.stdout.flush()
    except HistoryError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
