"""Bulk transfers for the tests of throttling: a server on every address, and its client.

The client sends a ClientHello, then a line: ``GET n`` has the server send n octets, ``PUT n`` is
followed by n octets that the server acknowledges with one, and closes. Every connection has a
thread of its own, so that a slow one holds nobody up.

As ``python -m tests.lab_tests.transfers world.json`` it is the world; ``... get JOBS`` makes
several transfers at once and writes what became of them as JSON on stdout.
"""

import json
import socket
import sys
import threading
import time
from typing import Any, Final

_PORTS: Final = (443, 444)
_CHUNK: Final = 65_536


def _serve(conn: socket.socket) -> None:
    with conn, conn.makefile("rb") as heard:
        conn.settimeout(20)
        try:
            header = heard.read(5)
            heard.read(int.from_bytes(header[3:5], "big"))
            verb, _, count = heard.readline().decode().strip().partition(" ")
            if verb == "GET":
                conn.sendall(bytes(int(count)))
            elif verb == "PUT" and len(heard.read(int(count))) == int(count):
                conn.sendall(b"!")
        except OSError:
            return  # the client has had enough


def _accept(listener: socket.socket) -> None:
    while True:
        threading.Thread(target=_serve, args=(listener.accept()[0],), daemon=True).start()


def _world() -> None:
    for port in _PORTS:
        listener = socket.create_server(("", port), backlog=128)
        threading.Thread(target=_accept, args=(listener,), daemon=True).start()
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.read()


def _transfer(job: dict[str, Any], done: dict[str, Any]) -> None:
    time.sleep(job["after"])
    start = time.monotonic()
    with socket.socket() as sock:
        sock.settimeout(job["wait"])
        try:
            sock.connect((job["address"], job["port"]))
            done["connect_s"] = time.monotonic() - start
            hello, cut = bytes.fromhex(job["hello"]), job["cut"]
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            sock.sendall(hello[:cut])
            time.sleep(0.01 if cut else 0)
            sock.sendall(hello[cut:] + f"{job['verb']} {job['octets']}\n".encode())
            if job["verb"] == "PUT":
                sock.sendall(bytes(job["octets"]))
            while time.monotonic() < start + job["wait"] and (chunk := sock.recv(_CHUNK)):
                done["octets"] += len(chunk)
                done["curve"].append((time.monotonic() - start, done["octets"]))
        except TimeoutError:
            done["error"] = "timeout"
        except OSError as fault:
            done["error"] = str(fault)
    done["seconds"] = time.monotonic() - start


def _get(jobs: list[dict[str, Any]]) -> None:
    results: list[dict[str, Any]] = [
        {"error": "", "octets": 0, "connect_s": None, "curve": []} for _ in jobs
    ]
    threads = [
        threading.Thread(target=_transfer, args=pair) for pair in zip(jobs, results, strict=True)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    sys.stdout.write(json.dumps(results))


if __name__ == "__main__":
    if sys.argv[1] == "get":
        _get(json.loads(sys.argv[2]))
    else:
        _world()
