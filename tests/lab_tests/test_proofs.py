"""Runs of the shipped command line against services that hold keys of their own."""

from pathlib import Path

import pytest

from tests.lab import exam
from tests.lab.scenarios import find


@pytest.mark.timeout(120)
def test_every_message_pool_is_authenticated_where_nothing_is_wrong(
    lab_possible: None, tmp_path: Path
) -> None:
    (scenario,) = find("K0")
    result = exam.run(scenario, 1, tmp_path, audited=True)
    assert result.right, result.faults
    texts = {
        service["service"]: function
        for service in result.document["services"]
        for function in service["functions"]
        if function["function"] == "text"
    }
    assert set(texts) == set(scenario.services)
    for name, function in texts.items():
        assert (function["strength"], function["rules"]) == ("confirmed", ["ok.authenticated"]), (
            name
        )


@pytest.mark.timeout(120)
def test_an_impostor_is_told_from_a_block_and_warned_of(lab_possible: None, tmp_path: Path) -> None:
    (scenario,) = find("K1")
    result = exam.run(scenario, 1, tmp_path)
    assert result.right, result.faults
    (service,) = result.document["services"]
    (text,) = [f for f in service["functions"] if f["function"] == "text"]
    assert text["rules"] == ["protocol.impostor"]
    assert "not log in" in text["why"]
