"""The alert rules and the dashboard that are shipped: they parse, fire and keep silent."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

import msgprobe.serve
from msgprobe.interchange.samples import TEXTS

FOLDER = Path(msgprobe.serve.__file__).parent
PROMTOOL = shutil.which("promtool")
RULES = FOLDER / "alerts.yml"

CASES = """
rule_files: [{rules}]
evaluation_interval: 1m
tests:
  - interval: 1m
    input_series:
      - series: '{function}'
        values: '0x5 1x60'
      - series: '{connection}'
        values: '1x65'
    alert_rule_test:
      - eval_time: 5m
        alertname: MessengerBlocked
        exp_alerts: []
      - eval_time: 40m
        alertname: MessengerBlocked
        exp_alerts: [{blocked}]
      - eval_time: 40m
        alertname: ConnectionCut
        exp_alerts: [{cut}]
"""
OF = 'service="telegram",instance="a",job="m"'
FUNCTION = f'msgprobe_function_state{{{OF},function="web",state="blocked"}}'
BLOCKED = (
    "{exp_labels: {severity: critical, service: telegram, function: web, state: blocked, "
    'instance: a, job: m}, exp_annotations: {summary: "telegram: web is blocked here", '
    'description: "Seen again after ten minutes. See msgprobe_mechanism_info for how, and '
    'msgprobe explain for the evidence of a saved run."}}'
)
CUT = (
    "{exp_labels: {severity: critical, state: shutdown, instance: a, job: m}, "
    'exp_annotations: {summary: "The connection is cut: shutdown"}}'
)


@pytest.mark.skipif(PROMTOOL is None, reason="promtool is not installed")
@pytest.mark.parametrize(
    ("state", "blocked", "cut"), [("online", BLOCKED, ""), ("shutdown", "", CUT)]
)
def test_a_block_is_told_and_in_a_shutdown_the_cut_instead(
    tmp_path: Path, state: str, blocked: str, cut: str
) -> None:
    checked = subprocess.run(
        [str(PROMTOOL), "check", "rules", str(RULES)], capture_output=True, text=True
    )
    assert checked.returncode == 0, checked.stderr
    cases = tmp_path / "cases.yml"
    series = {
        "function": FUNCTION,
        "connection": f'msgprobe_connection_state{{{OF},state="{state}"}}',
    }
    cases.write_text(CASES.format(rules=RULES, blocked=blocked, cut=cut, **series))
    done = subprocess.run(
        [str(PROMTOOL), "test", "rules", str(cases)], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("name", ["alerts.yml", "dashboard.json"])
def test_only_metrics_that_there_are_stand_in_it(name: str) -> None:
    text = (FOLDER / name).read_text("utf-8")
    told = set(re.findall(r"\bmsgprobe_[a-z_]+", text))
    assert told and told <= set(TEXTS)


def test_the_dashboard_is_one() -> None:
    found = json.loads((FOLDER / "dashboard.json").read_text("utf-8"))
    assert found["title"] == "msgprobe"
    places = [panel["gridPos"] for panel in found["panels"]]
    assert len({(p["x"], p["y"]) for p in places}) == len(places)
    assert all(target["expr"] for panel in found["panels"] for target in panel["targets"])
