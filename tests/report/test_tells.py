"""Every thing that a run tells about who measured has a sentence."""

import ast
from pathlib import Path

import pytest

from msgprobe.model.message import message
from msgprobe.redaction import reveals
from msgprobe.redaction.export import Grain
from msgprobe.report.sentences.reveals import SENTENCES, sentence

SOURCE = ast.parse(Path(reveals.__file__).read_text())
KEYS = {
    node.value
    for node in ast.walk(SOURCE)
    if isinstance(node, ast.Constant)
    and isinstance(node.value, str)
    and node.value.startswith("reveals.")
    and not node.value.endswith(".")
}


def test_every_key_has_a_sentence_and_every_sentence_a_key() -> None:
    assert {key for key in SENTENCES if not key.startswith("reveals.when.")} == KEYS
    assert {f"reveals.when.{grain.value}" for grain in Grain} <= set(SENTENCES)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("", "Your resolvers: none."),
        ("private", "Your resolvers: one of your own network."),
        ("loopback\n9.9.9.9", "Your resolvers: one on this device, a public one, Quad9."),
        ("192.0.2.1", "Your resolvers: a public one, 192.0.2.1."),
    ],
)
def test_resolvers_are_told_by_what_they_are(words: str, said: str) -> None:
    assert sentence(message("reveals.resolvers", resolvers=words)) == said


def test_fields_are_told_by_what_they_hold() -> None:
    fields = "Certificate.der\nHttpObservation.body\nHttpObservation.marks\nNew.field"
    told = sentence(message("reveals.unredacted", fields=fields))
    assert "(New.field, certificates, texts of pages)" in told


def test_a_label_with_braces_stays_as_it_is() -> None:
    assert sentence(message("reveals.label", label="{x}")) == "The label that you gave: {x}."
