"""``mqtt``: does a broker behind TLS answer a CONNECT?"""

from msgprobe.checks.base import flow_of
from msgprobe.checks.layers import connect_bound, opened_tls
from msgprobe.model.observation import Proof
from msgprobe.model.target import Endpoint, Service
from msgprobe.model.task import Task
from msgprobe.model.traits import Traits
from msgprobe.steps.context import StepContext
from msgprobe.steps.mqtt import HELLO, first_words
from msgprobe.steps.protocol import READ_CAP
from msgprobe.steps.tls import HANDSHAKE_CAP, HELLO_BOUND


class MqttCheck:
    """TCP, TLS, then one MQTT CONNECT in Facebook's dialect.

    The certificate is the proof. What comes after it is told, and accuses nobody but by a reset.
    """

    name = "mqtt"
    version = "1"
    title = "MQTT over TLS, up to the broker's answer"
    traits = Traits(opens_tls=True, proxyable=True)

    def max_bytes(self, task: Task) -> int:
        """Handshake, one packet out, and what one conversation reads."""
        return connect_bound(
            flow_of(task), sent=HELLO_BOUND + len(HELLO), received=HANDSHAKE_CAP + READ_CAP
        )

    def proves(self, service: Service, endpoint: Endpoint) -> Proof:
        """The certificate; the broker's answer adds nothing to it."""
        return Proof.CRYPTO if endpoint.host is not None else Proof.SHAPE

    async def run(self, ctx: StepContext, task: Task) -> None:
        """Record TCP, TLS and protocol observations."""
        async with opened_tls(ctx, flow_of(task)) as inside:
            if inside is not None:
                await first_words(ctx, inside)
