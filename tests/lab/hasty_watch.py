"""``python -m tests.lab.hasty_watch FACTOR watch ...``: the command line, with a watch whose every
wait is so many times shorter: a day's story within a morning, on real lines."""

import sys
from collections.abc import Sequence

from msgprobe.cli import main as command
from msgprobe.cli import watch
from msgprobe.cli.request import Wish
from msgprobe.watch.timetable import Timetable


def main(words: Sequence[str]) -> None:
    factor, usual = float(words[0]), watch.watch

    def hasty(
        wish: Wish, names: Sequence[str] | None, wanted: watch.Wanted, given: str | None
    ) -> int:
        timetable = Timetable().hastened(factor)
        fields = {name: getattr(wanted, name) for name in watch.Wanted.__dataclass_fields__}
        return usual(wish, names, watch.Wanted(**{**fields, "timetable": timetable}), given)

    watch.watch = hasty
    command.main(words[1:])


if __name__ == "__main__":
    main(sys.argv[1:])
