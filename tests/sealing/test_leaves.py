"""Fields by themselves: all of a run, each once, and what cannot be cut into fields is refused."""

import hashlib
import json

import pytest

from msgprobe.sealing.error import Fault, PackageError
from msgprobe.sealing.leaves import (
    leaves,
    matches,
    read_copy,
    render_fields,
    render_leaves,
)
from tests.sealing.conftest import evidence

SECRET = bytes(range(32))
RUN = b'{"a": 1, "b": {"c~/d": "text", "n": {"x": 1.5, "y": [null]}}, "e": ["u", [1, 2], {}]}'


def values(data: bytes) -> dict[str, object]:
    return {leaf.path: json.loads(leaf.line or "")[1] for leaf in leaves(data, SECRET)}


def test_numbers_that_belong_together_stay_together() -> None:
    assert values(RUN) == {
        "/a": 1,
        "/b/c~0~1d": "text",
        "/b/n": {"x": 1.5, "y": [None]},
        "/e/0": "u",
        "/e/1": [1, 2],
        "/e/2": {},
    }


def _pointed(document: object, path: str) -> object:
    for part in path.split("/")[1:]:
        key = part.replace("~1", "/").replace("~0", "~")
        document = document[int(key)] if isinstance(document, list) else document[key]  # type: ignore[index]
    return document


def test_every_text_of_a_run_is_a_field_at_its_path() -> None:
    data = evidence()
    run = json.loads(data)
    found = values(data)
    assert all(_pointed(run, path) == value for path, value in found.items())

    def texts(value: object) -> int:
        if isinstance(value, dict):
            return sum(map(texts, value.values()))
        if isinstance(value, list):
            return sum(map(texts, value))
        return isinstance(value, str)

    assert texts(run) == sum(isinstance(value, str) for value in found.values()) > 100


def test_a_stranger_finds_each_hash_with_sha256_alone() -> None:
    found = leaves(RUN, SECRET)
    listed, fields = render_leaves(found).splitlines(), render_fields(found).splitlines()
    for row, line in zip(listed, fields, strict=True):
        assert row.split()[0].decode() == hashlib.sha256(line + b"\n").hexdigest()


def test_equal_values_have_different_salts_and_hashes() -> None:
    found = leaves(b'{"a": "same", "b": "same"}', SECRET)
    assert len({leaf.sha256 for leaf in found}) == 2
    assert leaves(b'{"a": "same"}', bytes(32))[0].sha256 not in {leaf.sha256 for leaf in found}


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"[]", "no saved run"),
        (b'{"a": 1, "a": 2}', "twice"),
        (b'{"a": NaN}', "NaN"),
        (b'{"a":' * 100 + b"1" + b"}" * 100, "nested"),
        (b'{"a":' * 50_000 + b"1" + b"}" * 50_000, "nested"),
        (b'{"a": [' + b"1," * 1_000_000 + b"1]}", "more values"),
        (b'{"%s": [%s"x"]}' % (b"k" * 1_000_000, b'"x",' * 100), "longer names"),
        (b"\xff", "decode"),
        (b"{", "Expecting"),
    ],
)
def test_what_cannot_be_cut_is_refused(data: bytes, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        leaves(data, SECRET)


def test_of_a_copy_only_the_sealed_fields_in_their_places_are_taken() -> None:
    found = leaves(RUN, SECRET)
    listed, fields = render_leaves(found), render_fields(found)
    lines = fields.splitlines(keepends=True)
    assert read_copy(listed, fields, "f") == found
    kept = read_copy(listed, b"-\n" + b"".join(lines[1:]), "f")
    assert [leaf.path for leaf in kept if leaf.line is None] == ["/a"]
    for wrong in (
        b"".join([lines[1], lines[0], *lines[2:]]),
        b"".join(lines[1:]),
        fields + lines[0],
        fields.replace(b"text", b"test"),
        fields[:-1],
        b"\n" + fields,
        b"\xff" + fields,
    ):
        with pytest.raises(PackageError) as caught:
            read_copy(listed, wrong, "f")
        assert caught.value.fault is Fault.CHANGED


@pytest.mark.parametrize(
    ("wanted", "paths"),
    [
        ("a", {"/a"}),
        ("/a", {"/a"}),
        ("b", {"/b/c~0~1d", "/b/n"}),
        ("y", {"/b/n"}),
        ("/b/n/x", {"/b/n"}),
        ("/e/*", {"/e/0", "/e/1", "/e/2"}),
        ("/e", {"/e/0", "/e/1", "/e/2"}),
        ("/*/n", {"/b/n"}),
        ("text", set()),
        ("/b/n/z", set()),
    ],
)
def test_fields_are_found_by_name_and_by_path(wanted: str, paths: set[str]) -> None:
    assert {leaf.path for leaf in leaves(RUN, SECRET) if matches(leaf, wanted)} == paths
