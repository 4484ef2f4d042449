"""``python -m tests.fuzz.harness TARGET [libFuzzer's arguments]``: one fuzzer, until it finds.

With a file as the last argument it tries that alone, so that a finding is seen again.
"""

import sys

import atheris

_WATCHED = ["msgprobe.wire", "msgprobe.steps.websocket", "dns", "h11", "wsproto"]

with atheris.instrument_imports(include=_WATCHED):
    import wsproto  # noqa: F401  # the step imports it, and h11 with it, too late to be watched

    from msgprobe.wire.error import WireError
    from tests.fuzz.targets import TARGETS


def main() -> None:
    """Fuzz for ever, or as the arguments say."""
    target = TARGETS[sys.argv.pop(1)]

    def one(data: bytes) -> None:
        try:
            target(data)
        except WireError as exc:
            assert str(exc)

    atheris.Setup(sys.argv, one)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
