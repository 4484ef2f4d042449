"""``https``: what does one address answer to one request inside TLS?"""

import re

from msgprobe.checks.base import flow_of
from msgprobe.checks.layers import (
    connect_bound,
    expectation,
    http_bound,
    leave_rest,
    opened,
    secured,
)
from msgprobe.model.observation import Proof
from msgprobe.model.target import Endpoint, Service
from msgprobe.model.task import Flow, Task
from msgprobe.model.traits import Traits
from msgprobe.steps.context import StepContext
from msgprobe.steps.http import HttpExchange
from msgprobe.steps.links import PAGE_CAP, Search
from msgprobe.steps.tls import HANDSHAKE_CAP, HELLO_BOUND

_METHODS = ("GET", "POST")
_FORM = "application/x-www-form-urlencoded"
_HEADER = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+(?:: *[ -~]+)?\Z")
"""A header's name (RFC 9110 §5.6.2), and perhaps text that its value must hold."""


class HttpsCheck:
    """TCP, TLS, then one request.

    Options: ``header``, the name of a header that the answer must have (``Name: text``: with that
    text in it); ``method``, ``GET`` (default) or ``POST``; ``body`` and its ``content_type``
    (default that of a form). An authenticated answer without its marks is still one: it accuses
    nobody. ``find``, a regular expression: the page names, in its group 1, objects on the host
    ``find_host``, whose paths are kept.
    """

    name = "https"
    version = "2"
    title = "One HTTPS request to one address"
    traits = Traits(opens_tls=True, proxyable=True)

    def max_bytes(self, task: Task) -> int:
        """Handshake and request together."""
        flow = flow_of(task)
        sent, received = http_bound(flow)
        sent += sum(len(flow.option(key) or "") for key in ("body", "content_type"))
        received += 0 if flow.option("find") is None else 2 * PAGE_CAP
        return connect_bound(flow, sent=HELLO_BOUND + sent, received=HANDSHAKE_CAP + received)

    def problem(self, endpoint: Endpoint) -> str | None:
        """What is wrong with the options, None when nothing is."""
        method, header = endpoint.option("method"), endpoint.option("header")
        kind = endpoint.option("content_type")
        if method not in (None, *_METHODS):
            return f"option method = {method!r}: give {' or '.join(_METHODS)}"
        if header is not None and not _HEADER.match(header):
            return f'option header = {header!r}: give a name, as in "X-Request-Id"'
        if endpoint.option("body") is not None and method != "POST":
            return 'option body: only a POST has one; add method = "POST"'
        if kind is not None and not (kind.isascii() and kind.isprintable()):
            return f'option content_type = {kind!r}: give one such as "application/json"'
        return None

    def proves(self, service: Service, endpoint: Endpoint) -> Proof:
        """A certificate for the name, or the very one that is known."""
        known = endpoint.host is not None or endpoint.certificate_sha256
        return Proof.CRYPTO if known else Proof.SHAPE

    async def run(self, ctx: StepContext, task: Task) -> None:
        """Record TCP, TLS and HTTP observations."""
        flow = flow_of(task)
        content = (flow.option("body") or "").encode()
        headers = {"Content-Type": flow.option("content_type") or _FORM} if content else {}
        async with opened(ctx, flow) as stream:
            if stream is None:
                return
            inside = await secured(ctx, flow, stream)
            if inside is not None:
                exchange = HttpExchange(ctx=ctx, stream=inside, host=flow.host or flow.server_name)
                said = await exchange.ask(
                    flow.option("method") or "GET",
                    flow.path,
                    headers=headers,
                    content=content,
                    expect=expectation(flow, exact=False),
                    search=_search(flow),
                )
                leave_rest(ctx, stream, said)


def _search(flow: Flow) -> Search | None:
    pattern = flow.option("find")
    if pattern is None:
        return None
    host = flow.host or flow.address
    wanted = flow.option("find_host") or host
    return Search(pattern=pattern, page_host=host, path=flow.path, host=wanted)
