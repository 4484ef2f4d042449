"""A part of a processor is what the kernel gives, and nothing of it is left behind."""

import json
import sys
from pathlib import Path

import pytest

from tests.lab.netns import LabError
from tests.lab.network import Lab
from tests.lab.processor import limited, removed
from tests.lab_tests.conftest import TINY_WORLD

BUSY = """
import json, os, time
begun = time.monotonic()
while time.process_time() < 0.3:
    pass
print(json.dumps([time.monotonic() - begun, time.process_time(), len(os.sched_getaffinity(0))]))
"""


def test_a_program_has_its_part_of_one_processor_and_the_lab_leaves_no_group(
    lab_possible: None, tmp_path: Path
) -> None:
    try:
        removed(limited(0.2))
    except LabError as exc:
        pytest.skip(str(exc))
    with Lab(workdir=tmp_path, world_command=TINY_WORLD, processor=0.2) as lab:
        group = lab._group
        wall, busy, processors = json.loads(lab.run([sys.executable, "-c", BUSY]).stdout)
    assert processors == 1
    assert busy / wall < 0.35, "two tenths, and what begins and ends within a period"
    assert group is not None and not group.exists()
