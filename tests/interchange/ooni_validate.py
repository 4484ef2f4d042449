"""``PYTHON tests/interchange/ooni_validate.py FILE.jsonl``: do OONI's own classes take it?

PYTHON is that of an environment with oonidata 0.3.0, which pins old libraries: nothing of this
project is imported. Their classes let much pass (dates, texts, failures of any kind): what their
data formats (df-000 to df-008) say is checked beside them. Prints each fault, 1 where there is one.
"""

import json
import re
import sys
from collections.abc import Iterator
from datetime import datetime
from typing import Any

CLASSES = {
    "whatsapp": "Whatsapp",
    "telegram": "Telegram",
    "signal": "Signal",
    "facebook_messenger": "FacebookMessenger",
    "web_connectivity": "WebConnectivity",
}
FAILURE = re.compile(r"[a-z0-9_]+|unknown_failure: .+")
LISTS = ("queries", "tcp_connect", "tls_handshakes", "requests", "network_events")


def faults(found: dict[str, Any]) -> Iterator[str]:
    """What is wrong with a measurement beyond what their classes see."""
    for name in ("measurement_start_time", "test_start_time"):
        try:
            datetime.strptime(found[name], "%Y-%m-%d %H:%M:%S")  # noqa: DTZ007 (theirs has no zone)
        except ValueError:
            yield f"{name} is {found[name]!r}"
    if not re.fullmatch(r"AS\d+", found["probe_asn"]):
        yield f"probe_asn is {found['probe_asn']!r}"
    if not re.fullmatch(r"[A-Z]{2}", found["probe_cc"]):
        yield f"probe_cc is {found['probe_cc']!r}"
    if found["data_format_version"] != "0.2.0" or found["test_name"] not in CLASSES:
        yield "another format or test"
    if not all(isinstance(v, str) for v in found["annotations"].values()):
        yield "annotations that are no texts"
    for name in LISTS:
        for number, one in enumerate(found["test_keys"].get(name) or ()):
            yield from (f"{name}[{number}]: {why}" for why in entry_faults(name, one))


def entry_faults(name: str, one: dict[str, Any]) -> Iterator[str]:
    """The same of one entry of one list."""
    failure = one["status"]["failure"] if name == "tcp_connect" else one["failure"]
    if failure is not None and not FAILURE.fullmatch(failure):
        yield f"failure {failure!r}"
    if name == "tcp_connect" and one["status"]["success"] is not (failure is None):
        yield "success is not what failure says"
    for key in ("t", "t0"):
        if key in one and not (isinstance(one[key], int | float) and one[key] >= 0):
            yield f"{key} is {one[key]!r}"
    if not (isinstance(one["transaction_id"], int) and one["transaction_id"] > 0):
        yield f"transaction_id is {one['transaction_id']!r}"


def main(path: str) -> int:
    """Check every line."""
    from oonidata.dataclient import load_measurement  # type: ignore[import-not-found]

    count = bad = 0
    with open(path, encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            count += 1
            try:
                found = json.loads(line)
                made = type(load_measurement(found)).__name__
                told = list(faults(found))
                if made != CLASSES[found["test_name"]]:
                    told.append(f"their class is {made}")
            except Exception as error:
                told = [f"{type(error).__name__}: {error}"]
            bad += bool(told)
            for one in told[:3]:
                print(f"{path}: line {number}: {one}")
    print(f"{count} measurements, {bad} of them faulty")
    return int(bool(bad) or not count)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
