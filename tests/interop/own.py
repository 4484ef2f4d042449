"""msgprobe's own client against the very same servers: the shipped command line."""

import json
from dataclasses import dataclass
from typing import Any, Final

from msgprobe.model.observation import Proof
from tests.interop.bench import Bench, Case, Seen
from tests.lab.exam import COMMAND


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnRow:
    """One of its protocols. ``stages`` are where conversations end in each case: all of them that
    are listed, and no other."""

    protocol: str
    transport: str
    services: tuple[str, ...]
    stages: dict[Case, frozenset[str]]

    def run(self, bench: Bench, case: Case) -> Seen:
        """One run without transfers; with the lab's keys in target files, or the shipped ones."""
        targets = () if case == "real" else bench.stage.targets
        argv = (*COMMAND, "run", *self.services, "--json", "--evidence", "--quick", "--seed", "1")
        return bench.run(f"msgprobe-{self.protocol}-{case}", (*argv, *targets), {})

    def fault(self, case: Case, seen: Seen) -> str | None:
        """Why this is not what has to come of ``case``; None if it is."""
        try:
            document = json.loads(seen.finished.stdout)
        except ValueError:
            return f"printed no JSON (exit {seen.finished.rc})"
        found = [
            one
            for measurement in document["measurements"]
            for one in measurement["observations"]
            if one["type"] == "protocol" and one["protocol"] == self.protocol
        ]
        stages = frozenset(one["stage"] for one in found)
        if stages != self.stages[case]:
            return f"ended at {', '.join(sorted(stages)) or 'nothing'}"
        proved = [one for one in found if one["proof"] == Proof.CRYPTO]
        return _proofs(case, found, proved)

    def words(self, case: Case, seen: Seen) -> str:
        """What came of ``case``, in a few words, when there is no fault."""
        return "proved (P4)" if case == "lab" else "refused"


def _proofs(case: Case, found: list[Any], proved: list[Any]) -> str | None:
    if case == "lab" and len(proved) < len(found):
        return f"proved {len(proved)} of {len(found)}"
    if case != "lab" and proved:
        return f"proved {len(proved)} that are not genuine"
    return None


_BY_ANY_KEY: Final = "respq"
"""Where a conversation ends with a server of the CDN, whose keys nobody can pin."""

OWN: Final = (
    OwnRow(
        protocol="mtproto",
        transport="intermediate obfuscated",
        services=("telegram",),
        stages={
            "lab": frozenset({"server_dh_params"}),
            "real": frozenset({"unknown_key", _BY_ANY_KEY}),
            "impostor": frozenset({"unknown_key", "wrong_key", _BY_ANY_KEY}),
        },
    ),
    OwnRow(
        protocol="noise",
        transport="TCP; WebSocket, TLS",
        services=("whatsapp", "messenger"),
        stages={
            "lab": frozenset({"server_authenticated"}),
            "real": frozenset({"unknown_root"}),
            "impostor": frozenset({"unknown_root"}),
        },
    ),
)
