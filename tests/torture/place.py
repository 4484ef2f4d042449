"""Where the command is tortured: a namespace without a link, in which every address accepts
connections and no one ever answers; and how it is called there."""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from tests.lab import bytecode
from tests.lab.netns import Namespace

COMMAND: Final = str(Path(sys.executable).with_name("msgprobe"))

ENTRIES: Final[Mapping[str, tuple[str, ...]]] = {
    "msgprobe": (COMMAND,),
    "-m": (sys.executable, "-m", "msgprobe"),
}
"""Both ways to call it."""

_HANG: Final = (
    "import socket, sys\n"
    's = [socket.create_server(("0.0.0.0", p), backlog=4096) for p in (80, 443)]\n'
    "print('ready', flush=True)\n"
    "sys.stdin.read()\n"
)

_FIRST_LINE: Final = """
import os, sys
def _hook(event, args, told=[]):
    if event == "exec" and not told and args[0].co_filename.endswith("msgprobe/__main__.py"):
        told.append(1)
        try:
            os.write(int(os.environ["TORTURE_FIRST_LINE"]), b"1")
        except OSError:
            pass
sys.addaudithook(_hook)
"""
"""As sitecustomize: tells through a descriptor that the command's first line is reached."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """How a call ended. ``status`` is negative for a death by signal; ``seconds`` are from the
    signal, or from the start where none was sent; ``reached``: our first line was."""

    status: int
    seconds: float
    out: bytes
    err: bytes
    hung: bool
    reached: bool

    @property
    def traced(self) -> bool:
        """A traceback of ours was shown."""
        return b"Traceback" in self.err and b"msgprobe/" in self.err


@dataclass(slots=True, kw_only=True)
class Silence:
    """The namespace, while used as a context manager."""

    workdir: Path
    namespace: Namespace = field(init=False)
    _server: "subprocess.Popen[bytes]" = field(init=False)

    def __enter__(self) -> "Silence":
        bytecode.warm_up()
        (self.workdir / "site").mkdir(parents=True, exist_ok=True)
        (self.workdir / "site" / "sitecustomize.py").write_text(_FIRST_LINE)
        self.namespace = Namespace.make("silence")
        routes = "ip link set lo up && ip route add local 0.0.0.0/0 dev lo"
        self.namespace.run(["sh", "-c", routes])
        self._server = subprocess.Popen(
            [*self.namespace.prefix(), sys.executable, "-c", _HANG],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        assert self._server.stdout is not None
        assert self._server.stdout.readline() == b"ready\n"
        return self

    def __exit__(self, *exc: object) -> None:
        self.namespace.close()
        self._server.kill()
        self._server.communicate()

    def environment(self, more: Mapping[str, str]) -> dict[str, str]:
        plain = {k: os.environ[k] for k in ("PATH",) if k in os.environ}
        plain |= {"HOME": str(self.workdir), "LANG": "C.UTF-8", "TZ": "UTC"}
        return plain | bytecode.ENVIRONMENT | dict(more)

    def call(
        self,
        *argv: str,
        more: Mapping[str, str] | None = None,
        number: signal.Signals | None = None,
        after: float = 0.0,
        patience: float = 90.0,
        wrapper: tuple[str, ...] = (),
    ) -> Ended:
        """Run ``argv``, send it ``number`` after so many seconds, and wait for its end."""
        reading, writing = os.pipe()
        site = {"PYTHONPATH": str(self.workdir / "site"), "TORTURE_FIRST_LINE": str(writing)}
        process = subprocess.Popen(
            [*self.namespace.prefix(), *wrapper, *argv],
            env=self.environment(site | dict(more or {})),
            cwd=self.workdir,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            pass_fds=(writing,),
            preexec_fn=_all_signals,
        )
        os.close(writing)
        begun = time.monotonic()
        if number is not None:
            time.sleep(after)
            begun = time.monotonic()
            process.send_signal(number)
        out, err, hung = until_end(process, patience)
        seconds = time.monotonic() - begun
        reached = os.read(reading, 1) == b"1"
        os.close(reading)
        return Ended(
            status=process.returncode,
            seconds=seconds,
            out=out,
            err=err,
            hung=hung,
            reached=reached,
        )


def until_end(process: "subprocess.Popen[bytes]", patience: float) -> tuple[bytes, bytes, bool]:
    """What it printed, and whether it hung for so many seconds: then it was killed."""
    try:
        return *process.communicate(timeout=patience), False
    except subprocess.TimeoutExpired:
        process.kill()
        return *process.communicate(), True


def _all_signals() -> None:
    """Whoever runs this in the background of a shell has switched some off."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)


@contextlib.contextmanager
def silence(workdir: Path) -> Iterator[Silence]:
    """The place, gone at the end with all that was written."""
    try:
        with Silence(workdir=workdir) as place:
            yield place
    finally:
        shutil.rmtree(workdir, ignore_errors=True)


def shim(folder: Path) -> Path | None:
    """The preloaded library, built into ``folder``; None where there is no C compiler."""
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        return None
    source, made = Path(__file__).with_name("shim.c"), folder / "shim.so"
    words = [compiler, "-shared", "-fPIC", "-O2", "-o", str(made), str(source)]
    subprocess.run([*words, "-ldl", "-lpthread"], check=True, capture_output=True)
    return made
