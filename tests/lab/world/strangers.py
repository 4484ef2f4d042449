"""How servers treat who asks for a host that they do not serve.

Sources: net4people/bbs issue 467 (Fastly), getlantern/fronted PR 70 (Akamai), XTLS/Xray-examples
PR 223 (Cloudflare), hestiacp/hestiacp PR 5058 (Apache 2.4.64 and 421).
"""

from typing import Final

from tests.lab.world.http import Request, Response

STRANGERS: Final[dict[str, str]] = {
    "www.python.org": "default.ssl.fastly.net",
    "www.microsoft.com": "a248.e.akamai.net",
}
"""The name on the certificate that fronts of big networks show to names that they do not serve."""

MISDIRECTING: Final = ("www.gnu.org", "www.python.org")
"""Servers that answer 421 where the host, or the name in the greeting, is not theirs (RFC 9110)."""

CLOUDFLARE: Final = "one.one.one.one"
CUSTOMERS: Final = (
    "=cdn2.signal.org",
    "=cdn3.signal.org",
    "discord.com",
    "discordapp.com",
    "discordapp.net",
    "discord.gg",
    "x.com",
)
"""Names that Cloudflare serves: its own host shows their certificates, and theirs refuse others."""


def misdirected(request: Request) -> Response:
    """421: this server answers for other hosts."""
    return Response(status=421, body=b"Misdirected Request", content_type="text/plain")
