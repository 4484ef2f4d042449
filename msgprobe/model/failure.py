"""How a network operation can fail, in the words of OONI df-007.

Source: ooni/spec ``data-formats/df-007-errors.md``. The set is closed: a new cause is a new
member and a new test.
"""

from enum import StrEnum


class Operation(StrEnum):
    """The major operation that was under way when something failed."""

    LOCAL = "local"
    RESOLVE = "resolve"
    CONNECT = "connect"
    TLS_HANDSHAKE = "tls_handshake"
    HTTP_ROUND_TRIP = "http_round_trip"
    PROTOCOL = "protocol"


class Failure(StrEnum):
    """Why an operation ended badly. ``None`` in an observation means that it did not."""

    CONNECTION_REFUSED = "connection_refused"
    CONNECTION_RESET = "connection_reset"
    CONNECTION_ABORTED = "connection_aborted"
    KERNEL_TIMED_OUT = "timed_out"
    """ETIMEDOUT: the kernel itself gave up."""
    TIMED_OUT = "generic_timeout_error"
    """Our own deadline passed first."""
    EOF = "eof_error"
    """The peer closed in the middle of an exchange."""
    HOST_UNREACHABLE = "host_unreachable"
    NETWORK_UNREACHABLE = "network_unreachable"
    NETWORK_DOWN = "network_down"
    NETWORK_RESET = "network_reset"
    ADDRESS_NOT_AVAILABLE = "address_not_available"
    PERMISSION_DENIED = "permission_denied"
    """EPERM or EACCES: a rule on this machine forbids it."""
    INTERRUPTED = "interrupted"
    """Not the network's doing: we stopped it ourselves (Ctrl-C, the whole run's deadline), or this
    device stood still or ran out of memory, threads or open files."""
    DNS_NXDOMAIN = "dns_nxdomain_error"
    DNS_NO_ANSWER = "dns_no_answer"
    DNS_REFUSED = "dns_refused_error"
    DNS_SERVFAIL = "dns_servfail_error"
    DNS_TEMPORARY = "dns_temporary_failure"
    """EAI_AGAIN: getaddrinfo does not say whether it was silence or SERVFAIL."""
    DNS_NON_RECOVERABLE = "dns_non_recoverable_failure"
    DNS_MISBEHAVING = "dns_server_misbehaving"
    """A malformed or otherwise useless answer."""
    TLS_UNKNOWN_AUTHORITY = "ssl_unknown_authority"
    TLS_INVALID_HOSTNAME = "ssl_invalid_hostname"
    TLS_INVALID_CERTIFICATE = "ssl_invalid_certificate"
    """Expired or not yet valid."""
    TLS_FAILED = "ssl_failed_handshake"
    """An alert, or bytes that are not TLS."""
    HTTP_INVALID = "http_request_failed"
    """The answer is not HTTP."""
    HTTP_UNEXPECTED = "http_unexpected_status_code"
    PROTOCOL_INVALID = "protocol_invalid"
    """An answer came that the messenger's own protocol does not allow (not an OONI word)."""
    TOO_LARGE = "answer_too_large"
    """The peer sent more than any honest answer holds; we stopped reading (not an OONI word)."""
    PROXY_FAILED = "proxy_failed"
    """The user's proxy is not there, turns us away or does not carry this (not an OONI word)."""
    NOT_ALLOWED = "address_not_allowed"
    """We do not go, or say that, to an address of this kind because of an answer of the network
    (not an OONI word): nothing was sent, and nothing is known of who lives there."""
    UNKNOWN = "unknown_failure"

    @property
    def is_ours(self) -> bool:
        """We ended it or did not begin it: it says nothing about the network."""
        return self in (Failure.INTERRUPTED, Failure.NOT_ALLOWED)

    @property
    def is_silence(self) -> bool:
        """Nothing came back before a deadline."""
        return self in (Failure.TIMED_OUT, Failure.KERNEL_TIMED_OUT)

    @property
    def is_certificate(self) -> bool:
        """The handshake ended because the certificate did not convince us."""
        return self in (
            Failure.TLS_UNKNOWN_AUTHORITY,
            Failure.TLS_INVALID_HOSTNAME,
            Failure.TLS_INVALID_CERTIFICATE,
        )
