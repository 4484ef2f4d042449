"""ClickHouse itself (chdb) behind a port of this process, as its HTTP interface would answer.

No server of theirs can be installed everywhere; the engine can. ``fail`` makes it die while it
answers, as a server does that is killed.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

_NOT_SETTINGS = {"query", "database", "session_id", "session_timeout", "client_protocol_version"}


class _Port(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    session: Any
    lock: Any
    dies: bool

    def do_GET(self) -> None:
        self._answer(b"")

    def do_POST(self) -> None:
        self._answer(self.rfile.read(int(self.headers["Content-Length"] or 0)))

    def _answer(self, body: bytes) -> None:
        asked = {k: v[0] for k, v in parse_qs(urlsplit(self.path).query).items()}
        query = (asked.get("query", "") + "\n" + body.decode()).strip()
        if self.dies and "WITH word" in query:
            self.send_response(200)
            self.send_header("Content-Length", "1000000")
            self.end_headers()
            self.wfile.write(b"\x01")
            self.close_connection = True
            return
        query, _, form = query.partition("FORMAT ")
        try:
            with self.lock:
                data = self.session.query(
                    query + _settings(asked, query), form or "TabSeparated"
                ).bytes()
            status = 200
        except Exception as error:
            data, status = f"Code: 1. DB::Exception: {error}".encode(), 500
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        self.send_header("X-ClickHouse-Format", form or "TabSeparated")
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: object) -> None:
        pass


def _settings(asked: dict[str, str], query: str) -> str:
    if not query.lstrip().upper().startswith(("WITH", "SELECT")) or "SETTINGS" in query:
        return ""
    return " SETTINGS use_hive_partitioning = 1" if "use_hive_partitioning" in asked else ""


@contextmanager
def port(*, dies: bool = False) -> Iterator[int]:
    """The number of the port, on loopback, while it answers."""
    from chdb.session import Session

    session = Session()
    handler = type("Port", (_Port,), {"session": session, "lock": threading.Lock(), "dies": dies})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)
        session.close()
