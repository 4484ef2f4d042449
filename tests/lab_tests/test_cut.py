"""`Cut` with real kernels at both ends: at which octet, and what the client is told."""

import json

import pytest

from tests.lab.action_file import ActionFile
from tests.lab.cut import Cut
from tests.lab.network import Lab
from tests.lab_tests.client import Client, client_hello

WEB = "198.51.100.7"
NAMES = ("telegram.org",)
AFTER = 16_000
SEGMENT = 1460


@pytest.mark.parametrize(
    ("end", "told"), [("silence", "timeout"), ("rst", "ECONNRESET"), ("fin", "")]
)
def test_the_server_is_cut_off_at_the_first_segment_beyond(
    client: Client, lab: Lab, end: str, told: str
) -> None:
    lab.set_actions([Cut(after_bytes=AFTER, end=end, label="cut")])  # type: ignore[arg-type]
    (seen,) = client.tcp((WEB, 443, b"GET big"))
    lab.set_actions([])
    assert AFTER <= len(seen.reply) < AFTER + SEGMENT
    assert seen.error == told


def test_only_what_names_it_is_cut(client: Client, lab: Lab) -> None:
    lab.set_actions([Cut(names=NAMES, counted="up", after_bytes=400, end="rst")])
    bad, good = client_hello("web.telegram.org"), client_hello("example.org")
    hit, spared = client.tcp((WEB, 443, bad + b"x" * 4000), (WEB, 443, good + b"x" * 4000))
    lab.set_actions([])
    assert hit.error == "ECONNRESET"
    assert spared.error == ""


def test_it_survives_json() -> None:
    cut = Cut(names=NAMES, after_bytes=3, counted="up", end="fin", label="x")
    assert ActionFile.load(json.loads(json.dumps(ActionFile.dump([cut])))) == [cut]
    with pytest.raises(ValueError, match=r"end: unknown 'bang'"):
        Cut(end="bang")  # type: ignore[arg-type]
