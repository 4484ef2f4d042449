"""Exceptions become failure words: by type and errno, most specific first, never by text.

``ssl.SSLError``, ``socket.gaierror`` and ``TimeoutError`` are all ``OSError``: order matters.
"""

import asyncio
import errno
import socket
import ssl

from msgprobe.model.failure import Failure
from msgprobe.steps.door import ConnectError, NotAllowed
from msgprobe.wire.error import WireError


class TooLarge(Exception):
    """The peer sent more than any honest answer holds."""


EXHAUSTED = (errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.ENOBUFS, errno.EAGAIN)
"""This device has too few descriptors, too little memory or (EAGAIN) no thread left."""

_BY_ERRNO = {
    errno.ECONNREFUSED: Failure.CONNECTION_REFUSED,
    errno.ECONNRESET: Failure.CONNECTION_RESET,
    # A write after the reset was already consumed.
    errno.EPIPE: Failure.CONNECTION_RESET,
    errno.ECONNABORTED: Failure.CONNECTION_ABORTED,
    errno.ETIMEDOUT: Failure.KERNEL_TIMED_OUT,
    errno.EHOSTUNREACH: Failure.HOST_UNREACHABLE,
    errno.EHOSTDOWN: Failure.HOST_UNREACHABLE,
    errno.ENETUNREACH: Failure.NETWORK_UNREACHABLE,
    # A kernel without IPv6 has no way there, whatever it calls it.
    errno.EAFNOSUPPORT: Failure.NETWORK_UNREACHABLE,
    errno.ENETDOWN: Failure.NETWORK_DOWN,
    errno.ENETRESET: Failure.NETWORK_RESET,
    errno.EADDRNOTAVAIL: Failure.ADDRESS_NOT_AVAILABLE,
    errno.EADDRINUSE: Failure.ADDRESS_NOT_AVAILABLE,
    errno.EPERM: Failure.PERMISSION_DENIED,
    errno.EACCES: Failure.PERMISSION_DENIED,
    **dict.fromkeys(EXHAUSTED, Failure.INTERRUPTED),
}

_WSANO_DATA = 11004
"""What Windows' getaddrinfo says where a name has no address; no constant of it says so."""

_EAI = (
    ("EAI_NODATA", Failure.DNS_NO_ANSWER),
    ("EAI_NONAME", Failure.DNS_NXDOMAIN),  # on Windows the same number as the one before
    ("EAI_AGAIN", Failure.DNS_TEMPORARY),
    ("EAI_FAIL", Failure.DNS_NON_RECOVERABLE),
    ("EAI_ADDRFAMILY", Failure.DNS_NO_ANSWER),
    ("EAI_MEMORY", Failure.INTERRUPTED),
)


def by_eai(numbers: object) -> dict[int, Failure]:
    """The words by number, which each system has its own of; ``numbers`` is a module `socket`."""
    known = {getattr(numbers, name): word for name, word in _EAI if hasattr(numbers, name)}
    return {_WSANO_DATA: Failure.DNS_NO_ANSWER, **known}


_BY_EAI = by_eai(socket)

_BY_WINERROR = {
    64: errno.ECONNRESET,  # ERROR_NETNAME_DELETED
    121: errno.ETIMEDOUT,  # ERROR_SEM_TIMEOUT
    1225: errno.ECONNREFUSED,  # ERROR_CONNECTION_REFUSED
    1231: errno.ENETUNREACH,  # ERROR_NETWORK_UNREACHABLE
    1232: errno.EHOSTUNREACH,  # ERROR_HOST_UNREACHABLE
    1233: errno.ENETUNREACH,  # ERROR_PROTOCOL_UNREACHABLE
    1234: errno.ECONNREFUSED,  # ERROR_PORT_UNREACHABLE
    1236: errno.ECONNABORTED,  # ERROR_CONNECTION_ABORTED
}
"""Errors of winerror.h with which overlapped calls end there, most of which Python gives the errno
EINVAL."""

# OpenSSL x509_vfy.h: 9 not yet valid, 10 expired; 62, 63 and 64 host, e-mail and IP mismatch.
_VERIFY_DATES = (9, 10)
_VERIFY_NAMES = (62, 63, 64)


def classify(exc: BaseException) -> Failure:
    """The failure word for ``exc``. Total: what nobody foresaw is ``UNKNOWN``."""
    match exc:
        case ConnectError() if exc.__cause__ is not None:
            return classify(exc.__cause__)
        case NotAllowed():
            return Failure.NOT_ALLOWED
        case asyncio.CancelledError() | KeyboardInterrupt():
            return Failure.INTERRUPTED
        case TooLarge():
            return Failure.TOO_LARGE
        case WireError():
            return Failure.PROTOCOL_INVALID
        case EOFError():
            return Failure.EOF
        case MemoryError():
            return Failure.INTERRUPTED
        case ssl.SSLError():
            return _tls(exc)
        case OSError():
            return _system(exc)
        case _:
            return Failure.UNKNOWN


def _system(exc: OSError) -> Failure:
    if isinstance(exc, socket.gaierror):
        return _BY_EAI.get(exc.errno or 0, Failure.UNKNOWN)
    number = _errno(exc)
    if isinstance(exc, TimeoutError) and number != errno.ETIMEDOUT:
        return Failure.TIMED_OUT
    return _BY_ERRNO.get(number or 0, Failure.UNKNOWN)


def _errno(exc: OSError) -> int | None:
    return _BY_WINERROR.get(getattr(exc, "winerror", None) or 0, exc.errno)


def _tls(exc: ssl.SSLError) -> Failure:
    if isinstance(exc, ssl.SSLZeroReturnError | ssl.SSLEOFError):
        return Failure.EOF
    if isinstance(exc, ssl.SSLCertVerificationError):
        return _certificate(exc)
    if getattr(exc, "reason", None) == "MALLOC_FAILURE":
        return Failure.INTERRUPTED
    return Failure.TLS_FAILED


def _certificate(exc: ssl.SSLCertVerificationError) -> Failure:
    if exc.verify_code in _VERIFY_NAMES:
        return Failure.TLS_INVALID_HOSTNAME
    if exc.verify_code in _VERIFY_DATES:
        return Failure.TLS_INVALID_CERTIFICATE
    return Failure.TLS_UNKNOWN_AUTHORITY


def errno_name(exc: BaseException) -> str | None:
    """``ECONNRESET`` and the like; None for what did not come from the kernel."""
    if isinstance(exc, ConnectError) and exc.__cause__ is not None:
        return errno_name(exc.__cause__)
    if isinstance(exc, ssl.SSLError | socket.gaierror) or not isinstance(exc, OSError):
        return None
    number = _errno(exc)
    # Windows knows each of the network's by two names.
    return errno.errorcode.get(number or 0, "").removeprefix("WSA") or None
