"""MQTT's first words inside TLS, as Messenger's app sends them: does the broker answer in kind?"""

import asyncio
import zlib

from msgprobe.model.failure import Operation
from msgprobe.model.observation import Proof
from msgprobe.steps.context import Done, Failed, StepContext
from msgprobe.steps.protocol import bonus_patience, speak
from msgprobe.steps.tls_stream import TlsStream
from msgprobe.wire.error import WireError
from msgprobe.wire.mqtt import ConnAck, connect, missing, parse_connack

PROTOCOL = "mqtt"

HELLO = connect("MQTToT", 3, 0x02, 60, zlib.compress(b"\0"))
"""Facebook's dialect (mautrix/facebook ``maufbapi/mqtt/otclient.py``): protocol name, level and
flags as the app sends them, and a deflated Thrift structure, here without any field."""


async def first_words(
    ctx: StepContext, stream: TlsStream, *, timeout: float | None = None
) -> Done[ConnAck | None] | Failed:
    """Send one CONNECT and read what comes; records a ProtocolObservation.

    Stages: ``sent``, ``answered``, ``connack`` (``Proof.SHAPE``; without an account its code is a
    refusal). TLS has shown already whose server it is, and what that server makes of a stranger's
    CONNECT is its own affair: ``closed``, ``silent`` (nothing for a second and five round trips)
    and ``unexpected`` (other bytes) are no failures. A reset or a broken TLS stream is one.
    """
    answer: ConnAck | None = None
    async with speak(ctx, stream, PROTOCOL, timeout=timeout) as exchange:
        await exchange.send(HELLO)
        try:
            async with asyncio.timeout(bonus_patience(stream)):
                packet = b""
                while more := missing(packet):
                    packet += await exchange.receive_exactly(more)
            answer = parse_connack(packet)
            exchange.reached("connack", Proof.SHAPE, f"return code {answer.code}")
        except EOFError:
            exchange.reached("closed", Proof.CONNECTED, "the server closes after our CONNECT")
        except WireError as exc:
            exchange.reached("unexpected", Proof.BYTES, str(exc))
        except TimeoutError as exc:
            if exc.errno is not None:
                raise
            exchange.reached("silent", Proof.CONNECTED, "the server does not answer our CONNECT")
    if exchange.failure is not None:
        return Failed(exchange.failure, Operation.PROTOCOL)
    return Done(answer)
