"""The URL of the user's own proxy (``--via``), and where it may be given.

What stands in it (credentials, a private address) is never repeated in a message.
"""

import re
from urllib.parse import unquote, urlsplit

from msgprobe.cli import secret_url
from msgprobe.steps.door import Proxy

_USERINFO = re.compile(r"(:/+)[^/\s]*@")
_SOCKS = re.compile(r"(socks\w*:/+)[^\s'\"]+", re.IGNORECASE)

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


def from_command_line(url: str) -> Proxy:
    """The proxy that ``--via`` says, asked for where it says so.

    Raises ValueError, also for credentials: every user of a machine can read the command lines of
    its processes, and shells keep them.
    """
    if url.strip().lower() == secret_url.ASK:
        return proxy(secret_url.asked("--via", "proxy"))
    if "@" in url:
        raise ValueError(
            "holds a user or a password, which others can read there (ps, the shell's history); "
            f"give it by {secret_url.elsewhere('--via')}"
        )
    return proxy(url)


def without_credentials(text: str) -> str:
    """``text`` without the user and the password of any URL in it, and without all that follows
    ``socks5://``: what was shortened may have lost the sign by which they are known."""
    return _USERINFO.sub(r"\1***@", _SOCKS.sub(r"\1***", text))


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
