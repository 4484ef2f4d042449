"""The messengers' own protocols that built-in checks speak, by the names in observations.

A new one is a line here: rules about a second vantage and the words of summaries follow.
"""

from collections.abc import Mapping

PROTOCOLS: Mapping[str, str] = {
    "mtproto": "MTProto",
    "noise": "Noise",
    "http2": "HTTP/2",
    "mqtt": "MQTT",
    "signal": "Signal's WebSocket",
    "threema": "Threema's",
    "mmtls": "mmTLS",
    "smp": "SMP",
    "tor": "Tor's link",
}
"""What people call them."""
