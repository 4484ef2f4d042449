"""Network namespaces held by processes, and proof that they have no way out.

Works as root in a container, and without root where unprivileged user namespaces are allowed.
Needs only iproute2 and util-linux. Nothing is left behind: a holder ends when its stdin does, also
when the lab's own process is killed, and takes all processes of its namespace with it.
"""

import contextlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import IO, Any, Final

_HOLDER: Final = """
echo ready
cat >/dev/null
for entry in /proc/[0-9]*; do
  pid=${entry#/proc/}
  [ "$pid" != $$ ] && [ "$entry/ns/net" -ef /proc/$$/ns/net ] && kill -9 "$pid"
done
exit 0
"""
_PRIVILEGED: Final = ("unshare", "--net", "--mount")
_ROOTLESS: Final = ("unshare", "--user", "--map-root-user", "--net", "--mount")
_FALLBACK_TUNNELS: Final = frozenset(
    {"tunl0", "sit0", "gre0", "gretap0", "erspan0", "ip_vti0", "ip6_vti0", "ip6tnl0", "ip6gre0"}
)
"""Devices that some kernels put into every new namespace; harmless while they are down."""
_PATIENCE_S: Final = 10.0


class LabError(Exception):
    """The lab can't do what was asked; the message says why and what would help."""


@cache
def _unshare() -> tuple[str, ...] | None:
    for way in (_PRIVILEGED, _ROOTLESS):
        with contextlib.suppress(OSError, subprocess.TimeoutExpired):
            done = subprocess.run([*way, "true"], capture_output=True, timeout=5)
            if done.returncode == 0:
                return way
    return None


@cache
def why_not() -> str | None:
    """One line on why a lab can't run here; None if it can."""
    if not sys.platform.startswith("linux"):
        return f"the lab needs Linux network namespaces; this is {sys.platform}"
    for tool, package in (("ip", "iproute2"), ("unshare", "util-linux"), ("nsenter", "util-linux")):
        if shutil.which(tool) is None:
            return f"the lab needs `{tool}`: install {package}"
    if _unshare() is None:
        return (
            "the lab needs network namespaces: run as root with CAP_SYS_ADMIN, or allow "
            "unprivileged user namespaces (sysctl kernel.unprivileged_userns_clone=1, "
            "kernel.apparmor_restrict_unprivileged_userns=0)"
        )
    return None


def require() -> None:
    """Raises `LabError` with one line if a lab can't run here."""
    reason = why_not()
    if reason is not None:
        raise LabError(reason)


def _namespace_of(pid: int | str) -> tuple[int, int]:
    status = os.stat(f"/proc/{pid}/ns/net")
    return status.st_dev, status.st_ino


@dataclass(slots=True)
class Namespace:
    """A network and mount namespace of its own, alive until `close`."""

    name: str
    holder: subprocess.Popen[bytes]
    rootless: bool
    identity: tuple[int, int] = field(init=False)

    def __post_init__(self) -> None:
        self.identity = _namespace_of(self.holder.pid)
        if self.identity == _namespace_of("self"):
            raise LabError(f"the {self.name} namespace is this process's own; nothing was started")

    @classmethod
    def make(cls, name: str, beside: "Namespace | None" = None) -> "Namespace":
        """A new namespace; without root, ``beside`` another one, under the same user namespace.

        LabError if the system refuses.
        """
        require()
        way = _unshare()
        assert way is not None
        rootless = way == _ROOTLESS
        if rootless and beside is not None:
            way = (*beside.prefix(user_only=True), *_PRIVILEGED)
        holder = subprocess.Popen(
            [*way, "sh", "-c", _HOLDER],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        assert holder.stdout is not None and holder.stderr is not None
        if holder.stdout.readline() != b"ready\n":
            reason = holder.stderr.read().decode(errors="replace").strip()
            _close_pipes(holder)
            raise LabError(f"no {name} namespace: {reason or 'its holder ended at once'}")
        return cls(name, holder, rootless)

    def prefix(self, user_only: bool = False) -> tuple[str, ...]:
        """The start of a command line that runs what follows inside this namespace."""
        user = ("--user", "--preserve-credentials") if self.rootless else ()
        rest = () if user_only else ("--net", "--mount")
        return ("nsenter", "--target", str(self.holder.pid), *user, *rest, "--")

    def run(self, argv: Sequence[str], stdin: str = "") -> str:
        """Runs a short command inside and gives its output. LabError if it fails."""
        done = subprocess.run(
            [*self.prefix(), *argv],
            input=stdin.encode(),
            capture_output=True,
            timeout=_PATIENCE_S,
        )
        if done.returncode:
            said = done.stderr.decode(errors="replace").strip()
            raise LabError(f"{self.name} namespace: {argv[0]} failed: {said}")
        return done.stdout.decode()

    def links(self) -> list[dict[str, Any]]:
        """The interfaces inside, as ``ip -json -details link`` tells them."""
        found = json.loads(self.run(["ip", "-json", "-details", "link", "show"]))
        return [dict(one) for one in found]

    def close(self) -> None:
        """Ends the namespace and every process in it. May be called twice."""
        assert self.holder.stdin is not None
        self.holder.stdin.close()
        try:
            self.holder.wait(_PATIENCE_S)
        except subprocess.TimeoutExpired:
            self.holder.kill()
            self.holder.wait()
        _close_pipes(self.holder)


def _close_pipes(process: subprocess.Popen[bytes]) -> None:
    process.wait(_PATIENCE_S)
    pipes: tuple[IO[bytes] | None, ...] = (process.stdin, process.stdout, process.stderr)
    for pipe in pipes:
        if pipe is not None:
            pipe.close()


def configure(
    namespace: Namespace,
    interfaces: Sequence[str],
    batch: Sequence[str],
    settings: Sequence[tuple[str, str]] = (),
) -> None:
    """Runs the lines of ``batch`` through ``ip -batch``, then switches offloads off.

    ``settings`` are (path under /proc/sys/net, value), written first; those that this kernel or
    container does not let us set are left as they are.
    """
    writes = "".join(f"echo {value} > /proc/sys/net/{path}\n" for path, value in settings)
    offload = Path(__file__).with_name("offload.py")
    script = f'exec 3>&2 2>/dev/null\n{writes}exec 2>&3\nip -batch - && exec "$@"'
    python = [sys.executable, "-I", "-S", str(offload), *interfaces]
    namespace.run(["sh", "-c", script, "sh", *python], "\n".join(batch) + "\n")


def verify_no_way_out(client: Namespace, middle: Namespace, world: Namespace) -> None:
    """Raises `LabError` unless every interface is a loopback or an end of one of the lab's links.

    The two ends of a link must name each other, and three namespaces must be distinct and not ours.
    """
    own = _namespace_of("self")
    if len({own, client.identity, middle.identity, world.identity}) != 4:
        raise LabError("the lab's namespaces are not apart from each other and from this machine")
    with ThreadPoolExecutor(3) as pool:
        found = pool.map(_lab_links, (client, middle, world))
        links = {one.name: its for one, its in zip((client, middle, world), found, strict=True)}
    for edge in (client, world):
        (end,) = links[edge.name] if len(links[edge.name]) == 1 else (None,)
        inner = [
            one
            for one in links[middle.name]
            if end is not None
            and one["ifindex"] == end.get("link_index")
            and one.get("link_index") == end["ifindex"]
            and one["ifname"] == f"{edge.name}0"
        ]
        if len(inner) != 1:
            names = [one["ifname"] for one in links[edge.name]]
            raise LabError(f"{edge.name} namespace: {names} is not the one link the lab made")
    if len(links[middle.name]) != 2:
        names = [one["ifname"] for one in links[middle.name]]
        raise LabError(f"middle namespace: {names} are not the two links the lab made")


def _lab_links(namespace: Namespace) -> list[dict[str, Any]]:
    kept = []
    for one in namespace.links():
        up = "UP" in one["flags"]
        if one["ifname"] == "lo" and "LOOPBACK" in one["flags"]:
            continue
        if one["ifname"] in _FALLBACK_TUNNELS and not up:
            continue
        if one.get("linkinfo", {}).get("info_kind") != "veth":
            raise LabError(
                f"{namespace.name} namespace: {one['ifname']} is no link of the lab; "
                "nothing was probed"
            )
        kept.append(one)
    return kept
