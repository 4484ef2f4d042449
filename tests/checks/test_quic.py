"""The check ``quic`` by task: its forms, its bounds, and what it verifies."""

import dataclasses

import pytest

from msgprobe.model.observation import Proof, ProtocolObservation
from msgprobe.model.task import Flow
from tests.checks.test_conversations import CHECKS, FLOW, hold
from tests.model.tasks import task_of
from tests.steps.loopback import only, run
from tests.steps.quic_server import configuration, odd_server, quic_server

CHECK = CHECKS["quic"]


def flow(port: int, **more: object) -> Flow:
    return dataclasses.replace(FLOW, port=port, **more)  # type: ignore[arg-type]


def observed(**more: object) -> ProtocolObservation:
    """What came of a flow with a genuine server; `hold` compares the bytes with the bound."""

    async def main() -> ProtocolObservation:
        async with quic_server() as port:
            return only(await hold(task_of("quic", flow(port, **more))), ProtocolObservation)

    return run(main())


def test_the_services_own_roots_are_believed() -> None:
    seen = observed()
    assert (seen.failure, seen.stage, seen.proof) == (None, "handshake", Proof.CRYPTO)


def test_the_form_without_a_name() -> None:
    seen = observed(options=(("form", "negotiation"),), server_name=None)
    assert (seen.failure, seen.stage, seen.proof) == (None, "version_negotiation", Proof.NONCE)


@pytest.mark.parametrize("how", [{"check_dates": False}, {"trust": None}, {"server_name": None}])
def test_what_cannot_be_verified_proves_no_name(how: dict[str, object]) -> None:
    seen = observed(**how)
    assert (seen.failure, seen.stage, seen.proof) == (None, "handshake", Proof.NONCE)


def test_a_clean_handshake_with_a_long_chain_stays_small() -> None:
    """Real chains are some 3 kB, and a server may send three times what it got before it knows that
    we are there (RFC 9000 section 8.1)."""

    async def main() -> int:
        config = configuration()
        config.certificate_chain = [config.certificate] * 6
        async with quic_server(config) as port:
            ctx = await hold(task_of("quic", flow(port)))
            assert only(ctx, ProtocolObservation).failure is None
            return ctx.recorder.bytes_sent + ctx.recorder.bytes_received

    # A busy machine makes either side send something twice.
    assert 5000 < run(main()) <= 12_000


@pytest.mark.parametrize("form", ["initial", "negotiation"])
def test_silence_and_junk_keep_within_the_bound(form: str) -> None:
    async def main() -> None:
        for junk in (), (bytes(1400),) * 3:
            async with odd_server(lambda data, junk=junk: junk) as (port, _):  # type: ignore[misc]
                await hold(task_of("quic", flow(port, options=(("form", form),))), 1.5)

    run(main())


def test_an_unknown_form_is_named() -> None:
    with pytest.raises(ValueError, match="option form = 'h3': give initial or negotiation"):
        run(hold(task_of("quic", flow(1, options=(("form", "h3"),)))))
