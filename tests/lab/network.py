"""One whole lab: client, middlebox and world, started and stopped together.

::

    with Lab(workdir=path, link=Link(delay_ms=20), actions=[...], world=config) as lab:
        done = lab.run(["msgprobe", "run", "--json"])

Several labs may run at once: nothing but the kernel is shared. The client's namespace has its own
/etc/resolv.conf, /etc/hosts and /etc/nsswitch.conf, and none of the host's name-service daemons.
"""

import json
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final, Literal, Self

from tests.lab import bytecode, capture
from tests.lab.action_file import ActionFile
from tests.lab.censor import Action
from tests.lab.link import Link
from tests.lab.netns import LabError, Namespace, configure, require, verify_no_way_out
from tests.lab.processor import joining, limited, removed
from tests.lab.topology import CLIENT_END, CLIENT_LINK, WORLD_LINK, ClientFiles, Topology

_ROOT: Final = Path(__file__).resolve().parents[2]
_PATIENCE_S: Final = 15.0
_IDEAL: Final = Link()


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """A command that ran in the client's namespace. ``rc`` is negative for a signal."""

    argv: tuple[str, ...]
    rc: int
    stdout: str
    stderr: str
    seconds: float
    timed_out: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Counters:
    """What the client's interface counted, in octets of whole frames and in frames."""

    rx_bytes: int
    rx_packets: int
    tx_bytes: int
    tx_packets: int

    @property
    def ip_bytes(self) -> int:
        """Both directions without the 14 octets of Ethernet of each frame (ARP counts too)."""
        frames = self.rx_packets + self.tx_packets
        return self.rx_bytes + self.tx_bytes - 14 * frames


@dataclass(frozen=True, slots=True, kw_only=True)
class Log:
    """What the middlebox did. ``fired`` counts the deeds of each action by its name: packets for
    drops, connections for interference, questions for DNS."""

    fired: Mapping[str, int]
    lost: Mapping[str, int]
    overflowed: Mapping[str, int]
    too_long: int
    uninhabited: int
    refused_by_kernel: int


@dataclass(slots=True, kw_only=True)
class Lab:
    """A simulated Internet; use it as a context manager.

    ``workdir`` (made if missing) takes configuration, capture and the processes' stderr; one lab
    each. ``world`` is the JSON configuration of the world's servers, whose command
    (``world_command`` plus the path of that file) must print ``ready`` on stdout. ``inhabited`` are
    the prefixes where somebody lives, None for all; the gateway and ``resolver`` always live.
    ``access`` cripples the client's own side: no default route, or no carrier; ``interface`` is
    the name of its end of the line.
    ``trust`` is the file of the authorities that the client's programs find in certifi's place, the
    list of those that browsers believe; None leaves the real one.
    ``processor`` is the part of one processor that the client's programs have together; None: all.
    ``client_commands`` run in the client's namespace at the end of its set-up. Same seed, same
    losses and chances. Raises `LabError` with one line where a lab can't start.
    """

    workdir: Path
    link: Link = _IDEAL
    actions: Sequence[Action] = ()
    world: Mapping[str, Any] = field(default_factory=dict)
    world_command: Sequence[str] = (sys.executable, "-m", "tests.lab.world")
    seed: int = 1
    resolver: str = "10.77.0.53"
    ipv4: bool = True
    ipv6: bool = True
    hosts: Mapping[str, str] = field(default_factory=dict)
    inhabited: Sequence[str] | None = None
    access: Literal["up", "no_route", "no_link"] = "up"
    interface: str = CLIENT_END
    trust: Path | None = None
    client_commands: Sequence[Sequence[str]] = ()
    processor: float | None = None
    _group: Path | None = field(default=None, init=False)
    _namespaces: list[Namespace] = field(default_factory=list, init=False)
    _processes: list[subprocess.Popen[bytes]] = field(default_factory=list, init=False)
    _box: subprocess.Popen[bytes] | None = field(default=None, init=False)

    def __enter__(self) -> Self:
        try:
            self._start()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def _start(self) -> None:
        require()
        bytecode.warm_up()
        self.workdir.mkdir(parents=True, exist_ok=True)
        middle = Namespace.make("middle")
        self._namespaces.append(middle)
        with ThreadPoolExecutor(2) as pool:
            making = [pool.submit(Namespace.make, one, middle) for one in ("client", "world")]
            for future in making:
                self._namespaces.append(future.result())
        _, client, world = self._namespaces
        shape = Topology(
            mtu=self.link.mtu,
            ipv4=self.ipv4,
            ipv6=self.ipv6,
            access=self.access,
            interface=self.interface,
        )
        configure(middle, *shape.middle(client.holder.pid, world.holder.pid))
        files = ClientFiles(self.workdir, self.resolver, self.hosts, self.trust)
        with ThreadPoolExecutor(3) as pool:
            waiting = [
                pool.submit(configure, client, *shape.client()),
                pool.submit(configure, world, *shape.world()),
                pool.submit(files.mount, client),
            ]
            for one in waiting:
                one.result()
        for command in self.client_commands:
            client.run(command)
        verify_no_way_out(client, middle, world)
        if self.processor is not None:
            self._group = limited(self.processor)
        self._start_processes(middle, world)

    def _start_processes(self, middle: Namespace, world: Namespace) -> None:
        config = self.workdir / "world.json"
        config.write_text(json.dumps(self.world), encoding="utf-8")
        servers = self._spawn("world", world, [*self.world_command, str(config)])
        config = self.workdir / "middlebox.json"
        config.write_text(json.dumps(self._middlebox_config()), encoding="utf-8")
        self._box = self._spawn(
            "middlebox", middle, [sys.executable, "-m", "tests.lab.middlebox", str(config)]
        )
        self._await_line("middlebox", self._box, "ready")
        self._await_line("world", servers, "ready")

    def _middlebox_config(self) -> dict[str, Any]:
        gateways = ["10.77.0.1", "2a0f:77::1", self.resolver]
        return {
            "link": asdict(self.link),
            "actions": ActionFile.dump(self.actions),
            "inhabited": None if self.inhabited is None else [*self.inhabited, *gateways],
            "seed": self.seed,
            "client_interface": CLIENT_LINK,
            "world_interface": WORLD_LINK,
            "capture": str(self.workdir / "capture.jsonl"),
        }

    def _spawn(
        self, name: str, namespace: Namespace, argv: Sequence[str]
    ) -> subprocess.Popen[bytes]:
        with (self.workdir / f"{name}.err").open("wb") as err:
            process = subprocess.Popen(
                [*namespace.prefix(), "env", "-C", str(_ROOT), *argv],
                env=os.environ | bytecode.ENVIRONMENT,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=err,
                start_new_session=True,
            )
        self._processes.append(process)
        return process

    def _await_line(self, name: str, process: subprocess.Popen[bytes], wanted: str = "") -> str:
        """The next line that ``process`` writes (the first that is ``wanted``, if given)."""
        assert process.stdout is not None
        deadline, buffer = time.monotonic() + _PATIENCE_S, b""
        descriptor = process.stdout.fileno()
        while (left := deadline - time.monotonic()) > 0:
            if not select.select([descriptor], [], [], left)[0]:
                break
            chunk = os.read(descriptor, 65536)
            buffer += chunk
            *lines, rest = buffer.decode(errors="replace").split("\n")
            for line in lines:
                if not wanted or line.strip().lower() == wanted:
                    return line
            buffer = rest.encode()
            if not chunk:
                break
        said = (self.workdir / f"{name}.err").read_text(errors="replace").strip()[-2000:]
        raise LabError(f"the lab's {name} did not answer within {_PATIENCE_S:.0f} s: {said}")

    @property
    def client(self) -> Namespace:
        """The client's namespace."""
        if len(self._namespaces) != 3:
            raise LabError("the lab is not running: use it in a `with` statement")
        return self._namespaces[1]

    def _command(self, argv: Sequence[str], cwd: Path | None) -> list[str]:
        part = () if self._group is None else joining(self._group)
        return [*part, *self.client.prefix(), "env", "-C", str(cwd or self.workdir), *argv]

    def _environment(self, env: Mapping[str, str] | None) -> dict[str, str]:
        plain = {
            "PATH": os.environ.get("PATH", os.defpath),
            "HOME": str(self.workdir),
            "LANG": "C.UTF-8",
        }
        return plain | dict(env or {})

    def run(
        self,
        argv: Sequence[str],
        env: Mapping[str, str] | None = None,
        timeout: float = 60.0,
        cwd: Path | None = None,
    ) -> Finished:
        """Runs a command in the client's namespace to its end, or kills it after ``timeout`` s.

        Its environment is PATH, HOME (``workdir``) and LANG, plus ``env``; nothing is inherited.
        """
        start = time.monotonic()
        process = self.popen(
            argv,
            env,
            cwd,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        timed_out = False
        try:
            out, err = process.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            timed_out = True
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            out, err = process.communicate()
        return Finished(
            argv=tuple(argv),
            rc=process.returncode,
            stdout=out.decode(errors="replace"),
            stderr=err.decode(errors="replace"),
            seconds=time.monotonic() - start,
            timed_out=timed_out,
        )

    def popen(
        self,
        argv: Sequence[str],
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        **options: Any,
    ) -> subprocess.Popen[bytes]:
        """Starts a command in the client's namespace; ``options`` are those of Popen.

        The process is the command itself, so signals sent to it arrive there.
        """
        process: subprocess.Popen[bytes] = subprocess.Popen(
            self._command(argv, cwd), env=self._environment(env), **options
        )
        return process

    def _tell_box(self, command: Mapping[str, Any]) -> Log:
        if self._box is None or self._box.stdin is None:
            raise LabError("the lab is not running: use it in a `with` statement")
        try:
            self._box.stdin.write(json.dumps(command).encode() + b"\n")
            self._box.stdin.flush()
        except OSError:
            pass  # it has died: waiting for its answer tells why
        return Log(**json.loads(self._await_line("middlebox", self._box)))

    def set_actions(self, actions: Sequence[Action]) -> None:
        """Puts other actions in place of those at work; their counts start at 0."""
        self.actions = actions
        self._tell_box({"do": "actions", "actions": ActionFile.dump(actions)})

    @property
    def log(self) -> Log:
        """What the middlebox did so far."""
        return self._tell_box({"do": "log"})

    @property
    def capture(self) -> list[capture.Captured]:
        """The packets at the client's end of the line so far."""
        self._tell_box({"do": "log"})
        return capture.read(self.workdir / "capture.jsonl")

    def counters(self) -> Counters:
        """What the client's interface counted since the start."""
        # The holder's view of its own namespace, without a process to look at it.
        shown = Path(f"/proc/{self.client.holder.pid}/net/dev").read_text(encoding="ascii")
        for line in shown.splitlines():
            name, _, numbers = line.partition(":")
            if name.strip() == self.interface:
                counts = [int(number) for number in numbers.split()]
                return Counters(
                    rx_bytes=counts[0],
                    rx_packets=counts[1],
                    tx_bytes=counts[8],
                    tx_packets=counts[9],
                )
        raise LabError(f"the client has no interface {self.interface}")

    def close(self) -> None:
        """Ends every process and namespace of the lab. May be called twice."""
        if self._box is not None and self._box.stdin is not None:
            with suppress(OSError):
                self._box.stdin.close()
            with suppress(subprocess.TimeoutExpired):
                self._box.wait(2)
        self._box = None
        with ThreadPoolExecutor(3) as pool:
            list(pool.map(Namespace.close, self._namespaces))
        self._namespaces.clear()
        for process in self._processes:
            with suppress(OSError):
                process.kill()
            process.wait()
            for pipe in (process.stdin, process.stdout):
                if pipe is not None:
                    with suppress(OSError):
                        pipe.close()
        self._processes.clear()
        if self._group is not None:
            removed(self._group)
            self._group = None
