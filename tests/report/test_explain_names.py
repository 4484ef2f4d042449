"""`explain NAME`: rules and mechanisms, so that every word of a verdict can be looked up."""

import pytest

from msgprobe import session
from msgprobe.report.explain import UnknownRule, explain_rule
from msgprobe.report.say import proves, why
from msgprobe.report.sentences.mechanisms import MECHANISMS, means

RULES = session.rules()


@pytest.mark.parametrize("name", sorted(MECHANISMS))
def test_every_mechanism_has_its_words_and_the_rules_that_name_it(name: str) -> None:
    text = explain_rule(name, RULES, width=None)
    words = means(name)
    assert words and words in text
    for rule in RULES:
        if rule.mechanism == name:
            assert f"{rule.rule_id} (" in text


@pytest.mark.parametrize("name", sorted({rule.rule_id for rule in RULES}))
def test_every_rule_says_what_it_proves(name: str) -> None:
    text = explain_rule(name, RULES, width=None)
    assert proves(name) and proves(name) in text
    assert why(name) and why(name) in text


def test_a_mechanism_leads_to_wider_and_narrower_ones() -> None:
    text = explain_rule("tls.reset", RULES, width=None)
    assert "tls.reset.sni: " in text
    assert "Connections are reset." in explain_rule("tls.reset.sni", RULES, width=None)


def test_a_name_nearly_right_is_suggested() -> None:
    with pytest.raises(UnknownRule, match=r"tls\.reset\.sni"):
        explain_rule("tls.rezet.sni", RULES)
