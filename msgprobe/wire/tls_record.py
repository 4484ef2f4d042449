"""TLS records as seen from outside: is it TLS at all, and which alerts went by in the clear?

Sources: RFC 8446 §5.1 (records) and §6 (alerts), RFC 5246 §7.2.
"""

HEADER_SIZE = 5
_MAX_RECORD = 16384 + 2048
_CHANGE_CIPHER_SPEC, _ALERT, _HANDSHAKE, _DATA = 20, 21, 22, 23

ALERTS = {
    0: "close_notify",
    10: "unexpected_message",
    20: "bad_record_mac",
    21: "decryption_failed",
    22: "record_overflow",
    30: "decompression_failure",
    40: "handshake_failure",
    41: "no_certificate",
    42: "bad_certificate",
    43: "unsupported_certificate",
    44: "certificate_revoked",
    45: "certificate_expired",
    46: "certificate_unknown",
    47: "illegal_parameter",
    48: "unknown_ca",
    49: "access_denied",
    50: "decode_error",
    51: "decrypt_error",
    60: "export_restriction",
    70: "protocol_version",
    71: "insufficient_security",
    80: "internal_error",
    86: "inappropriate_fallback",
    90: "user_canceled",
    100: "no_renegotiation",
    109: "missing_extension",
    110: "unsupported_extension",
    111: "certificate_unobtainable",
    112: "unrecognized_name",
    113: "bad_certificate_status_response",
    114: "bad_certificate_hash_value",
    115: "unknown_psk_identity",
    116: "certificate_required",
    120: "no_application_protocol",
}
_NAMES = frozenset(ALERTS.values())


def alert_name(code: int) -> str:
    """The name of an alert description; ``alert_NNN`` for one that no RFC names."""
    return ALERTS.get(code, f"alert_{code}")


def starts_like_tls(data: bytes) -> bool:
    """Whether ``data`` (what there is of it) could open a TLS record of version 3.x."""
    if data and not _CHANGE_CIPHER_SPEC <= data[0] <= _DATA:
        return False
    return len(data) < 2 or data[1] == 3


def plain_alert(data: bytes) -> str | None:
    """The last alert that stands in the clear in a run of records; None when there is none.

    A clear alert record is 2 bytes long; an encrypted one is longer, so that it is not mistaken.
    """
    at = 0
    found: str | None = None
    while at + HEADER_SIZE <= len(data):
        size = int.from_bytes(data[at + 3 : at + 5], "big")
        if not starts_like_tls(data[at : at + 2]) or size > _MAX_RECORD:
            break
        body = data[at + HEADER_SIZE : at + HEADER_SIZE + size]
        if data[at] == _ALERT and size == 2 and len(body) == 2 and body[0] in (1, 2):
            found = alert_name(body[1])
        at += HEADER_SIZE + size
    return found


def alert_in_reason(reason: str) -> str | None:
    """The alert that OpenSSL's reason (``TLSV1_ALERT_UNKNOWN_CA``) says was *received*.

    The only trace of an alert that came encrypted.
    """
    _, marker, name = reason.partition("_ALERT_")
    if marker == "":
        # OpenSSL leaves the word out of a few: TLSV1_UNRECOGNIZED_NAME, and the like.
        prefix, _, name = reason.partition("_")
        if prefix not in ("TLSV1", "SSLV3", "TLSV13"):
            return None
    name = name.lower()
    return name if name in _NAMES else None
