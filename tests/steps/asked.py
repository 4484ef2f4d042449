"""What a check is asked to do with a server on loopback."""

from msgprobe.model.target import Trust
from msgprobe.model.task import Flow
from tests.steps.authority import NAME
from tests.steps.loopback import HOST


def tls_flow(port: int, path: str = "/", /, *, roots_of: str = "service", **options: str) -> Flow:
    """A conversation inside TLS whose certificate our own authority signed."""
    return Flow(
        address=HOST,
        port=port,
        host=NAME,
        server_name=NAME,
        trust=Trust.PINNED,
        roots_of=roots_of,
        path=path,
        options=tuple(options.items()),
    )
