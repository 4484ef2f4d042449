"""Time stamps by a third party (RFC 3161): the request as a file, and the reply to it.

The request has no nonce: the same package always gives the same bytes, which somebody else can take
to an authority, later or abroad, and a reply of whatever day to them is welcome. Whether an
authority that is trusted has signed the reply is checked by ``rfc3161-client`` where it is
installed (the extra ``seal``); OpenSSL can do the same.
"""

import hashlib
import re
from dataclasses import dataclass
from datetime import UTC, datetime

from msgprobe.sealing.error import Fault, PackageError, SealError
from msgprobe.wire.der import Reader
from msgprobe.wire.error import WireError

LARGEST = 256 * 1024
"""Bytes of a reply; one with its certificates has about 6 kB."""

_SHA256 = bytes.fromhex("300d06096086480165030402010500")
_SHA256_BARE = bytes.fromhex("300b0609608648016503040201")
"""AlgorithmIdentifier with and without the NULL (RFC 5754 §2)."""
_SIGNED_DATA = bytes.fromhex("2a864886f70d010702")
_TST_INFO = bytes.fromhex("2a864886f70d0109100104")
_SEQUENCE, _INTEGER, _OCTETS, _OID, _SET, _TIME = 0x30, 0x02, 0x04, 0x06, 0x31, 0x18
_EXPLICIT = 0xA0
_GRANTED = (0, 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamp:
    """What a reply says: at ``time`` there was the package. ``authority`` is who signed that, None
    where it was not checked."""

    time: datetime
    authority: str | None = None


def request(data: bytes) -> bytes:
    """A TimeStampReq for ``data``, with the authority's certificate in the reply."""
    imprint = _SHA256 + b"\x04\x20" + hashlib.sha256(data).digest()
    body = b"\x02\x01\x01" + _sequence(imprint) + b"\x01\x01\xff"
    return _sequence(body)


def _sequence(body: bytes) -> bytes:
    return bytes((_SEQUENCE, len(body))) + body


def read(reply: bytes, data: bytes) -> Stamp:
    """What a TimeStampResp says about ``data``; who signed it is not looked at.

    Raises PackageError for a refusal, a reply to another request, and what is no reply.
    """
    if len(reply) > LARGEST:
        raise PackageError(Fault.STAMP, "the reply is larger than any")
    try:
        info = _info(reply)
        imprint = Reader(info.expect(_SEQUENCE)[0])
        algorithm, digest = imprint.expect(_SEQUENCE)[1], imprint.expect(_OCTETS)[0]
        info.expect(_INTEGER)
        time = _time(info.expect(_TIME)[0])
    except WireError as error:
        raise PackageError(Fault.STAMP, f"this is no reply to a request ({error})") from None
    right = hashlib.sha256(data).digest()
    if algorithm not in (_SHA256, _SHA256_BARE) or digest != right or imprint.more:
        raise PackageError(Fault.STAMP, "the reply is to a request for something else")
    return Stamp(time=time)


def _info(reply: bytes) -> Reader:
    """What stands in the TSTInfo of a reply, from the imprint on. Raises WireError."""
    outer = Reader(reply)
    response = Reader(outer.expect(_SEQUENCE)[0])
    status = Reader(response.expect(_SEQUENCE)[0]).expect(_INTEGER)[0]
    if int.from_bytes(status, "big") not in _GRANTED:
        raise PackageError(Fault.STAMP, "the authority has refused")
    token = Reader(response.expect(_SEQUENCE)[0])
    if outer.more or response.more:
        raise WireError("der: bytes after the end")
    _is(token, _SIGNED_DATA)
    signed = Reader(Reader(token.expect(_EXPLICIT)[0]).expect(_SEQUENCE)[0])
    signed.expect(_INTEGER)
    signed.expect(_SET)
    content = Reader(signed.expect(_SEQUENCE)[0])
    _is(content, _TST_INFO)
    octets = Reader(content.expect(_EXPLICIT)[0]).expect(_OCTETS)[0]
    info = Reader(Reader(octets).expect(_SEQUENCE)[0])
    info.expect(_INTEGER)
    info.expect(_OID)
    return info


def _is(reader: Reader, oid: bytes) -> None:
    if reader.expect(_OID)[0] != oid:
        raise WireError("der: another kind of content")


def _time(text: bytes) -> datetime:
    """GeneralizedTime as RFC 3161 §2.4.2 has it: to the second or a part of it, in UTC."""
    if not re.fullmatch(rb"\d{14}(\.\d+)?Z", text):
        raise WireError("der: time is malformed")
    try:
        return datetime.strptime(text[:14].decode(), "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    except ValueError:
        raise WireError("der: time is malformed") from None


def trusted(reply: bytes, data: bytes, roots: bytes) -> Stamp:
    """The same, signed by an authority under one of the certificates in ``roots`` (PEM).

    Raises PackageError where it is not, SealError where that cannot be told here.
    """
    read(reply, data)
    try:
        from cryptography import x509
        from rfc3161_client import VerificationError, VerifierBuilder, decode_timestamp_response
    except ImportError:
        raise SealError(
            "checking who stamped needs the library rfc3161-client (pip install 'msgprobe[seal]'); "
            "README.txt in the package says how openssl does it"
        ) from None
    try:
        certificates = x509.load_pem_x509_certificates(roots)
    except ValueError:
        raise SealError("these are no certificates (PEM); ask the authority for its own") from None
    builder = VerifierBuilder()
    for certificate in dict.fromkeys(certificates):
        builder = builder.add_root_certificate(certificate)
    try:
        answer = decode_timestamp_response(reply)
        builder.build().verify_message(answer, data)
        (signer,) = answer.signed_data.signer_infos
        every = map(x509.load_der_x509_certificate, answer.signed_data.certificates)
        subject = next(c.subject for c in every if c.serial_number == signer.serial_number)
    except (VerificationError, ValueError, StopIteration) as error:
        raise PackageError(Fault.STAMP, f"not by that authority ({error})") from None
    return Stamp(time=answer.tst_info.gen_time, authority=subject.rfc4514_string())
