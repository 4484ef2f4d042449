"""Saved runs to start from: of today and of older versions, small so that they are read quickly."""

import io
import json
from functools import cache
from hashlib import sha256
from typing import Any

from msgprobe.model.verdict import Outcome
from msgprobe.report.document import document, dumps
from msgprobe.sealing.change import taken_out
from msgprobe.sealing.container import Container
from msgprobe.sealing.package import seal
from msgprobe.sealing.signature import Signer
from tests.report import sample
from tests.sealing.conftest import case


@cache
def saved_runs() -> tuple[bytes, ...]:
    """The whole run first, then pieces of it, then such as older versions wrote."""
    whole = sample.run(sample.blocked(), sample.throttled(), notes=("ipv6_missing",))
    seen = (*sample.measurements(), *sample.transfers())
    small = [
        sample.run(sample.service_verdict(Outcome.OK), seen=seen[at : at + 1])
        for at in range(len(seen))
    ]
    documents = [document(run, exit_code=1, evidence=True) for run in (whole, *small)]
    return (*(dumps(one).encode() for one in (*documents, *map(_older, documents[:3]))),)


@cache
def packages() -> tuple[bytes, ...]:
    """A package of one run, then a copy of it without a field, and one that nobody signed."""
    small = case(b'{"one": "field", "numbers": [1, 2]}')
    whole = seal(small, Signer())
    copy = taken_out(Container(io.BytesIO(whole)), ["one"])
    return whole, copy, seal(small, None)


def stamp_reply() -> bytes:
    """A granted reply (RFC 3161 section 2.4.2) to a request for no bytes, without a signature."""
    algorithm = _der(0x30, b"\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01", b"\x05\x00")
    imprint = _der(0x30, algorithm, _der(0x04, sha256(b"").digest()))
    policy, one = b"\x06\x03\x2a\x03\x04", b"\x02\x01\x01"
    info = _der(0x30, one, policy, imprint, one, _der(0x18, b"20261126070000Z"))
    kind = bytes.fromhex("060b2a864886f70d0109100104")
    content = _der(0x30, kind, _der(0xA0, _der(0x04, info)))
    signed = _der(0x30, b"\x02\x01\x03", _der(0x31, algorithm), content, _der(0x31))
    token = _der(0x30, bytes.fromhex("06092a864886f70d010702"), _der(0xA0, signed))
    return _der(0x30, _der(0x30, b"\x02\x01\x00"), token)


def _der(tag: int, *parts: bytes) -> bytes:
    body = b"".join(parts)
    size = bytes([len(body)]) if len(body) < 0x80 else b"\x82" + len(body).to_bytes(2)
    return bytes([tag]) + size + body


def _older(found: dict[str, Any]) -> dict[str, Any]:
    """Without what the first version did not write yet, and with what it said in tasks' ids."""
    old: dict[str, Any] = json.loads(dumps(found))
    del old["content_sha256"]
    for key in ("traits", "elsewhere"):
        del old["evidence"][key]
    for number, measurement in enumerate(old["measurements"]):
        task = measurement["task"]
        for key in ("attempt_of", "pair"):
            task.pop(key, None)
        task["id"] = ("b.telegram.web#2", "t.first.telegram.web.1", "d12.telegram.a")[number % 3]
    return old
