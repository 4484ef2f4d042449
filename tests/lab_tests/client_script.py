"""Runs in the client's namespace: ``python client_script.py JOBS``, results as JSON on stdout."""

import contextlib
import errno
import itertools
import json
import socket
import sys
import threading
import time
from typing import Any


def _tcp(job: dict[str, Any]) -> dict[str, Any]:
    stage, error, reply = "connect", "", b""
    time.sleep(job.get("after", 0))
    sock = socket.socket(socket.AF_INET6 if ":" in job["address"] else socket.AF_INET)
    sock.settimeout(job["wait"])
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if "sport" in job:
        sock.bind(("", job["sport"]))
    start = connected = time.monotonic()
    try:
        sock.connect((job["address"], job["port"]))
        connected, stage = time.monotonic(), "send"
        said = bytes.fromhex(job["say"])
        cuts = [0, *job.get("pieces", []), len(said)]
        for left, right in itertools.pairwise(cuts):
            sock.sendall(said[left:right])
            time.sleep(0.01 if right < len(said) else 0)
        stage = "reply"
        if said:
            reply = sock.recv(65536)
        if "again" in job:
            stage = "again"
            sock.sendall(bytes.fromhex(job["again"]))
            reply = sock.recv(65536)
        if said.startswith(b"GET big"):
            while chunk := sock.recv(65536):
                reply += chunk
        stage = "done"
    except TimeoutError:
        error = "timeout"
    except OSError as fault:
        error = errno.errorcode.get(fault.errno or 0, str(fault))
    end = time.monotonic()
    if stage == "connect":
        connected = end
    sock.close()
    return {
        "error": error,
        "stage": stage,
        "reply": reply.hex(),
        "connect_ms": (connected - start) * 1000,
        "after_ms": (end - connected) * 1000,
    }


def _udp(job: dict[str, Any]) -> dict[str, Any]:
    sock = socket.socket(
        socket.AF_INET6 if ":" in job["address"] else socket.AF_INET, socket.SOCK_DGRAM
    )
    sock.connect((job["address"], job["port"]))
    start = time.monotonic()
    replies = []
    sock.send(bytes.fromhex(job["say"]))
    while (left := start + job["wait"] - time.monotonic()) > 0:
        sock.settimeout(left)
        with contextlib.suppress(TimeoutError):
            try:
                said = sock.recv(4096)
            except TimeoutError:
                raise
            except OSError as fault:
                said = errno.errorcode[fault.errno or 0].encode()
            replies.append(((time.monotonic() - start) * 1000, said.hex()))
    return {"replies": replies}


def main() -> None:
    jobs = json.loads(sys.argv[1])
    results: list[Any] = [None] * len(jobs)

    def work(index: int) -> None:
        job = jobs[index]
        results[index] = _tcp(job) if job["kind"] == "tcp" else _udp(job)

    threads = [threading.Thread(target=work, args=(index,)) for index in range(len(jobs))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(json.dumps(results))  # noqa: T201


if __name__ == "__main__":
    main()
