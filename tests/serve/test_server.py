"""The exporter over real sockets: what it answers, whom it refuses, what it outlives."""

import asyncio
import contextlib
import random
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field, replace

import pytest

from msgprobe.model.run import Run
from msgprobe.model.verdict import Outcome
from msgprobe.serve import server as serving
from msgprobe.serve.gate import Gate
from msgprobe.serve.keeper import Keeper
from msgprobe.serve.server import Server
from tests.interchange.test_prometheus import parsed, value
from tests.report import sample

pytest.importorskip("prometheus_client")
SERVICES = frozenset({"telegram", "signal"})


@dataclass
class Line:
    """What is measured, and how often it was."""

    words: list[Outcome] = field(default_factory=lambda: [Outcome.OK])
    wait: float = 0.0
    breaks: bool = False
    made: list[str] = field(default_factory=list)
    at_once: int = 0
    most: int = 0

    async def measure(self, service: str) -> Run:
        self.made.append(service)
        self.at_once += 1
        self.most = max(self.most, self.at_once)
        try:
            await asyncio.sleep(self.wait)
        finally:
            self.at_once -= 1
        if self.breaks:
            raise RuntimeError("of ours")
        word = self.words[min(len(self.made), len(self.words)) - 1]
        run = sample.run(sample.service_verdict(word, service.title()), seen=())
        return replace(run, started_at=f"2026-01-05T10:3{len(self.made)}:00Z")


@dataclass(frozen=True)
class Asker:
    port: int

    async def raw(self, data: bytes) -> bytes:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            writer.write(data)
            await writer.drain()
            return await reader.read()
        except OSError:
            return b""
        finally:
            writer.close()

    async def get(self, target: str, *more: str) -> tuple[int, str]:
        lines = [f"GET {target} HTTP/1.1", f"Host: 127.0.0.1:{self.port}", *more, "", ""]
        head, _, body = (await self.raw("\r\n".join(lines).encode())).partition(b"\r\n\r\n")
        return int(head.split()[1]), body.decode()


@contextlib.asynccontextmanager
async def serving_on(
    line: Line, *, interval: float = 600.0, patience: float = 5.0
) -> AsyncIterator[Asker]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    server = Server(
        gate=Gate(host=f"127.0.0.1:{port}", services=SERVICES),
        keeper=Keeper(measure=line.measure, interval=interval),
        patience=patience,
    )
    ready = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        task = group.create_task(server.serve("127.0.0.1", port, ready.set))
        await ready.wait()
        try:
            yield Asker(port)
        finally:
            task.cancel()


def served(
    line: Line, ask: Callable[[Asker], Awaitable[None]], interval: float = 600.0, **more: float
) -> None:
    async def go() -> None:
        async with serving_on(line, interval=interval, **more) as asker:
            await ask(asker)

    asyncio.run(go())


def test_a_probe_measures_and_metrics_do_not() -> None:
    line = Line(words=[Outcome.BLOCKED])

    async def ask(asker: Asker) -> None:
        code, text = await asker.get("/metrics")
        assert code == 200 and value(parsed(text), "msgprobe_probe_success") == 0
        assert line.made == []
        code, text = await asker.get("/probe?service=telegram")
        found = parsed(text)
        assert value(found, "msgprobe_service_state", service="telegram", state="blocked") == 1
        assert value(found, "msgprobe_probe_success") == 1
        _, text = await asker.get("/metrics")
        assert value(parsed(text), "msgprobe_service_state", service="telegram", state="ok") == 0
        assert line.made == ["telegram"]

    served(line, ask)


def test_no_sample_is_told_twice() -> None:
    line = Line()

    async def ask(asker: Asker) -> None:
        for name in sorted(SERVICES):
            await asker.get(f"/probe?service={name}")
        _, text = await asker.get("/metrics")
        names = [one.rpartition(" ")[0] for one in text.splitlines() if not one.startswith("#")]
        assert len(names) == len(set(names))
        assert {f'services="{n}"' in text for n in SERVICES} == {True}

    served(line, ask)


def test_what_is_fresh_is_not_measured_again_and_one_run_is_made_at_a_time() -> None:
    line = Line(wait=0.1)

    async def ask(asker: Asker) -> None:
        names = ["telegram", "signal"] * 6
        found = await asyncio.gather(*(asker.get(f"/probe?service={name}") for name in names))
        assert {code for code, _ in found} == {200}
        assert sorted(line.made) == ["signal", "telegram"]
        assert line.most == 1

    served(line, ask)


def test_a_slow_run_goes_on_and_is_shown_later() -> None:
    line = Line(wait=0.5)

    async def ask(asker: Asker) -> None:
        _, text = await asker.get("/probe?service=signal")
        assert value(parsed(text), "msgprobe_probe_success") == 0
        await asyncio.sleep(0.8)
        _, text = await asker.get("/probe?service=signal")
        assert value(parsed(text), "msgprobe_probe_success") == 1
        assert line.made == ["signal"]

    served(line, ask, patience=0.1)


def test_a_word_that_changes_has_an_onset() -> None:
    line = Line(words=[Outcome.OK, Outcome.OK, Outcome.BLOCKED, Outcome.BLOCKED])

    async def ask(asker: Asker) -> None:
        texts = [(await asker.get("/probe?service=signal"))[1] for _ in range(4)]
        assert "onset" not in texts[0] + texts[1], "nobody saw it begin"
        for text in texts[2:]:
            onset = value(parsed(text), "msgprobe_onset_timestamp_seconds", function="web")
            assert onset == 1767609180, "10:33, the first run with the word"

    served(line, ask, interval=0.0)


def test_a_fault_of_ours_is_counted_and_nothing_is_claimed() -> None:
    line = Line(breaks=True)

    async def ask(asker: Asker) -> None:
        for _ in range(3):
            code, text = await asker.get("/probe?service=signal")
            assert code == 200 and value(parsed(text), "msgprobe_probe_success") == 0
        # It is not tried again before its time.
        assert value(parsed(text), "msgprobe_faults_total") == 1
        assert "service_state" not in text

    served(line, ask)


def test_pages_of_browsers_make_no_run() -> None:
    line = Line()

    async def ask(asker: Asker) -> None:
        probe = "/probe?service=signal"
        assert (await asker.get(probe, "Origin: http://evil.example"))[0] == 403
        assert (await asker.get(probe, "Sec-Fetch-Site: cross-site"))[0] == 403
        answer = await asker.raw(b"GET " + probe.encode() + b" HTTP/1.1\r\nHost: evil\r\n\r\n")
        assert b" 421 " in answer
        assert line.made == []

    served(line, ask)


def test_strangers_neither_end_it_nor_make_it_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serving, "READING", 0.1)
    line, dice = Line(), random.Random(1)
    whole = b"GET /probe?service=none HTTP/1.1\r\nHost: x\r\nA: b\r\n\r\n"

    def hostile() -> bytes:
        kind = dice.randrange(6)
        if kind == 0:
            return dice.randbytes(dice.randrange(1, 300))
        if kind == 1:
            return b"GET /" + b"a" * 20_000 + b" HTTP/1.1\r\n\r\n"
        if kind == 2:
            return b"GET / HTTP/1.1\r\n" + b"A: b\r\n" * 3_000 + b"\r\n"
        if kind == 3:
            return b"\x16\x03\x01\x02\x00" + dice.randbytes(200)
        changed = bytearray(whole)
        changed[dice.randrange(len(changed))] = dice.randrange(256)
        return bytes(changed) if kind == 4 else bytes(changed[:-2]) + b"\r\n\r\n" * 3

    async def ask(asker: Asker) -> None:
        for _ in range(40):
            await asyncio.gather(*(asker.raw(hostile()) for _ in range(20)))
        assert (await asker.get("/metrics"))[0] == 200
        assert line.made == []

    served(line, ask)


def test_who_says_nothing_is_sent_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serving, "READING", 0.3)
    line = Line()

    async def ask(asker: Asker) -> None:
        mute = [
            await asyncio.open_connection("127.0.0.1", asker.port)
            for _ in range(serving.MOST_AT_ONCE)
        ]
        for _, writer in mute:
            writer.write(b"GET /met")
        for reader, writer in mute:
            with contextlib.suppress(ConnectionError):
                assert await reader.read() == b""
            writer.close()
        assert (await asker.get("/metrics"))[0] == 200

    served(line, ask)
