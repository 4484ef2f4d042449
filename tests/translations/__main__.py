"""``make translations``: files for translators in step with the program, and what is wrong in them.

Exit status 1 where something is missing or wrong, with one line for each. ``--update`` first brings
the files in step; ``--only ru,fa`` looks at some languages.
"""

import argparse
import sys

from msgprobe.report.translations import LANGUAGES
from tests.packaging.translations import compile_all
from tests.translations import checks, files
from tests.translations.texts import ROOT, texts


def main(argv: list[str]) -> int:
    """The exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.translations", description=__doc__)
    parser.add_argument("--update", action="store_true", help="bring the files in step")
    parser.add_argument("--only", default="", help="languages, with commas")
    options = parser.parse_args(argv)
    tags = options.only.split(",") if options.only else LANGUAGES
    wanted = texts()
    wrong = 0
    for tag in tags:
        if options.update:
            files.fresh(tag, wanted, files.read(tag)).save(str(files.path_of(tag)))
        catalogue = files.read(tag)
        if catalogue is None:
            sys.stdout.write(f"{tag}: not begun (--update makes its file)\n")
            wrong += 1
            continue
        found = list(checks.faults(catalogue, wanted))
        wrong += len(found)
        for fault in found[:200]:
            sys.stdout.write(f"{tag}: {fault}\n")
        done = catalogue.percent_translated()
        sys.stdout.write(
            f"{tag}: {len(catalogue)} texts, {done} % translated, {len(found)} faults\n"
        )
    compile_all(ROOT)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
