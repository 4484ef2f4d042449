"""``python -m tests.fuzz.harness TARGET WORST [libFuzzer's arguments]``: one guided fuzzer.

With a file as the last argument it tries that alone, so that a finding is seen again. The worst
time of an input, in milliseconds of processor, is kept in the file WORST.
"""

import contextlib
import gc
import sys
from pathlib import Path
from typing import Final

import atheris

_NAME: Final = sys.argv[1]
_WATCHED: Final = {
    "dns": ["dns.message", "dns.name", "dns.rdata", "dns.wire"],
    "http1": ["h11"],
    "http2": ["msgprobe.steps.http2", "h2", "hpack", "hyperframe"],
    "proxy": ["msgprobe.steps.proxy", "python_socks"],
    "quic handshake": ["msgprobe.steps.quic_handshake", "aioquic.quic", "aioquic.tls"],
    "saved run": ["msgprobe.model.codec", "msgprobe.report.document", "cattrs"],
    "target file": ["msgprobe.catalog", "tomli"],
    "websocket": ["msgprobe.steps.websocket", "h11", "wsproto"],
}
"""Where the fuzzer looks which lines an input reaches, besides the codecs; by a target's beginning.

Watching costs time at each start and at each line, so it is what reads the input and no more."""

with atheris.instrument_imports(
    include=["msgprobe.wire", *(m for k, v in _WATCHED.items() if _NAME.startswith(k) for m in v)]
):
    from tests.fuzz.targets import FIRST, MUTATORS, REFUSALS, TARGETS

    for _first in FIRST:
        with contextlib.suppress(*REFUSALS):
            TARGETS[_NAME](_first)

from tests.fuzz.watch import Watch  # noqa: E402 - what it imports shall be watched first


def main() -> None:
    """Fuzz for ever, or as the arguments say."""
    target, worst = sys.argv.pop(1), Path(sys.argv.pop(1))
    watch = Watch(TARGETS[target], worst)
    mutator = MUTATORS.get(target)

    def mutated(data: bytes, most: int, seed: int) -> bytes:
        found = mutator(data, most, seed) if mutator is not None else None
        return atheris.Mutate(data, most) if found is None else found

    more = {} if mutator is None else {"custom_mutator": mutated}
    atheris.Setup(sys.argv, watch, **more)
    gc.collect()
    gc.freeze()
    atheris.Fuzz()


if __name__ == "__main__":
    main()
