"""The URL of the user's own proxy (``--via``).

What stands in it (credentials, a private address) is never repeated in a message.
"""

import re
from urllib.parse import unquote, urlsplit

from msgprobe.steps.door import Proxy

SCHEMES = {"socks5": "socks5", "socks5h": "socks5", "http": "http"}
_FORM = "write it like socks5://HOST:PORT or http://USER:PASSWORD@HOST:PORT"
_HOST = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]{0,252}[A-Za-z0-9])?|[0-9A-Fa-f:.]{2,45}")


def proxy(url: str) -> Proxy:
    """The proxy that ``url`` names. Raises ValueError that does not repeat it."""
    try:
        parts = urlsplit(url.strip())
        host, port = parts.hostname, parts.port
    except ValueError:
        raise ValueError(f"is no URL of a proxy; {_FORM}") from None
    if parts.scheme not in SCHEMES:
        known = ", ".join(SCHEMES)
        raise ValueError(f"has a scheme that is no proxy's (known: {known}); {_FORM}")
    if not host or not _HOST.fullmatch(host):
        raise ValueError(f"names no host; {_FORM}")
    if not port:
        raise ValueError(f"names no port; {_FORM}")
    if parts.path not in ("", "/") or parts.query or parts.fragment:
        raise ValueError(f"has something behind the port; {_FORM}")
    user = None if parts.username is None else unquote(parts.username)
    password = None if parts.password is None else unquote(parts.password)
    _credentials(user, password)
    return Proxy(scheme=SCHEMES[parts.scheme], host=host, port=port, user=user, password=password)


def _credentials(user: str | None, password: str | None) -> None:
    """RFC 1929 has room for 255 bytes each, and RFC 7617 none for a colon in the name."""
    if user is None:
        return
    if not user or not password:
        raise ValueError(f"has a user or a password alone; give both or neither; {_FORM}")
    for text in (user, password):
        if len(text) > 255 or not text.isascii() or not text.isprintable():
            raise ValueError("has credentials that are longer than 255 or not plain ASCII")
    if ":" in user:
        raise ValueError("has a colon in the user's name, which proxies cannot take")
