"""`msgprobe serve`: what it measures and for whom is settled before it listens."""

import asyncio
import logging
import os
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from msgprobe import session
from msgprobe.cli import vantage
from msgprobe.cli.measure import checks, guess, load
from msgprobe.cli.request import UsageError, Wish, duration
from msgprobe.cli.streams import reason, say
from msgprobe.model.run import Run
from msgprobe.redaction.export import exported
from msgprobe.report.language import _
from msgprobe.report.plan import warnings
from msgprobe.serve.gate import Gate, is_loopback, listen_address
from msgprobe.serve.keeper import Keeper
from msgprobe.serve.server import Server
from msgprobe.steps.aside import aside

LEAST_INTERVAL = 60.0
"""Seconds: what asks more often measures its own runs."""

MOST_OF_A_TOKEN = 256
LEAST_OF_A_TOKEN = 16


def serve(
    wish: Wish,
    names: Sequence[str] | None,
    *,
    listen: str,
    interval: str,
    remote: bool,
    token_file: Path | None,
) -> None:
    """Listen until told to end. Raises UsageError, CatalogError or UnknownService."""
    _check_library()
    host, port = _listen(listen)
    token = None if token_file is None else _token(token_file)
    if not is_loopback(host) and not (remote and token):
        raise UsageError(
            f"--listen {host}: others can reach that address: it takes --allow-remote and "
            "--token-file FILE"
        )
    every = _interval(interval)
    measures = _Measures(wish, names)
    shown = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    server = Server(
        gate=Gate(host=shown, services=frozenset(measures.services), token=token),
        keeper=Keeper(measure=measures.measure, interval=every),
        patience=wish.request.max_time + 30.0,
    )
    said = _("Serving {address}/metrics and /probe?service=NAME for: {services}").format(
        address=f"http://{shown}", services=", ".join(measures.services)
    )
    if "MSGPROBE_DEBUG" not in os.environ:
        logging.getLogger("asyncio").disabled = True  # what strangers bring about is no news
    try:
        asyncio.run(
            server.serve(
                host,
                port,
                lambda: say(said),
            )
        )
    except* OSError as group:
        raise UsageError(f"--listen {shown}: {_first(group)}") from None


class _Measures:
    """What is measured, settled once; its runs keep no evidence."""

    def __init__(self, wish: Wish, names: Sequence[str] | None) -> None:
        self._wish = wish
        self._catalogue, services = load(wish, names)
        vantage.check_library(wish.proxy)
        for line in warnings(services):
            say(f"msgprobe: {line}")
        self.services = {service.name: service for service in services}
        self._likely = guess(wish, self._catalogue)

    async def measure(self, service: str) -> Run:
        """A run of ``service`` alone, in a thread that nobody waits for, with its own loop."""
        return await aside(partial(self._measured, service))

    def _measured(self, service: str) -> Run:
        wish = self._wish
        run = asyncio.run(
            session.run(
                (self.services[service],),
                self._catalogue.controls,
                replace(wish.request, seed=int.from_bytes(os.urandom(4))),
                checks=checks(),
                catalogue_sha256=self._catalogue.sha256,
                proxy=wish.proxy,
                guess=self._likely,
                vantage=wish.vantage,
            )
        )
        # the words are what is shown: the evidence would only fill memory
        bare = replace(run.evidence, services=(), measurements=(), traits=())
        return exported(replace(run, evidence=bare))


def _check_library() -> None:
    from importlib.util import find_spec

    if find_spec("prometheus_client") is None:
        raise UsageError("serve: needs a library: pip install 'msgprobe[serve]'")


def _first(group: ExceptionGroup[OSError]) -> str:
    """Why it could not listen."""
    first = group.exceptions[0]
    return reason(first) if isinstance(first, OSError) else _first(first)


def _listen(text: str) -> tuple[str, int]:
    try:
        return listen_address(text)
    except ValueError as error:
        raise UsageError(f"--listen: {error}") from None


def _interval(text: str) -> float:
    try:
        found = duration(text)
    except ValueError as error:
        raise UsageError(f"--interval: {error}") from None
    if found < LEAST_INTERVAL:
        raise UsageError(f"--interval: {text!r:.40} is too short; at least {LEAST_INTERVAL:.0f}s")
    return found


def _token(path: Path) -> str:
    """The first line of a file. Raises UsageError, which does not repeat it."""
    try:
        with path.open("rb") as file:
            text = file.read(4096).decode("ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        why = reason(error) if isinstance(error, OSError) else "is not plain text"
        raise UsageError(f"--token-file {path}: {why}") from None
    if not LEAST_OF_A_TOKEN <= len(text) <= MOST_OF_A_TOKEN or not text.isprintable():
        raise UsageError(
            f"--token-file {path}: should hold one line of {LEAST_OF_A_TOKEN} to "
            f"{MOST_OF_A_TOKEN} visible characters; make one with: openssl rand -hex 32"
        )
    return text
