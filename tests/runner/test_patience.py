"""A handshake that need not be waited for any longer ends as one whose time is over."""

import asyncio

from msgprobe.checks.registry import registry
from msgprobe.model.failure import Failure
from msgprobe.model.measurement import Measurement, Status
from msgprobe.model.observation import TlsObservation
from msgprobe.model.task import Flow
from msgprobe.runner.engine import Runner
from msgprobe.runner.given import Given
from msgprobe.runner.limits import Limits
from msgprobe.steps.context import Patience
from msgprobe.steps.world import system_world
from tests.model.tasks import task_of
from tests.steps import loopback
from tests.steps.loopback import HOST, run, serve

LONG = 30.0


def greeted(handler: loopback.Handler) -> Measurement:
    """A ClientHello that is given up once the connection stands."""

    async def main() -> Measurement:
        async with serve(handler) as port:
            flow = Flow(address=HOST, port=port, host="a.test", server_name="a.test")
            task = task_of("tls", flow, subject="acme", task_id="t", timeout=LONG)
            world = system_world(1)
            runner = Runner(
                world=world,
                checks=registry(),
                roots={},
                limits=Limits(),
                emit=lambda event: None,
                given=Given(services={"acme": frozenset({HOST})}),
            )
            async with runner:
                runner.submit([task])
                while not runner.opened:
                    await runner.change(0.01)
                await asyncio.sleep(0.2)
                runner.give_up(runner.opened)
                while not runner.idle:
                    await runner.change(LONG)
            return runner.measurements[0]

    return run(main())


def test_silence_that_is_given_up_is_silence() -> None:
    seen = greeted(loopback.silence)
    (tls,) = [o for o in seen.observations if isinstance(o, TlsObservation)]
    assert seen.status is Status.COMPLETED and seen.window.seconds < LONG / 3
    assert tls.failure is Failure.TIMED_OUT and tls.window.seconds >= 0.2


def test_what_has_ended_by_itself_is_not_touched() -> None:
    async def main() -> list[str]:
        patience, told = Patience(), []
        patience.end()
        try:
            async with patience.within(LONG):
                told.append("within")
                patience.end()
                await asyncio.sleep(LONG)
        except TimeoutError:
            told.append("over")
        patience.end()
        async with patience.within(LONG):
            await asyncio.sleep(0)
        return [*told, "again"]

    assert run(main()) == ["within", "over", "again"]
