"""A text to a person by a service that he uses (chat, mail, push), through apprise.

Its URLs are secrets, and it logs what it does: they are kept in memory alone, its loggers are
silent, and nobody is told more than the name of the service. A proxy of the environment is used, as
apprise does; no redirect is followed.
"""

import importlib.util
import logging
import warnings
from dataclasses import field
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from msgprobe.model.dataclass import dataclass

EXTRA = "notify"
"""The extra of this package that brings the library."""

_LOGGERS = ("apprise", "requests", "urllib3", "urllib3.connectionpool", "urllib3.util.retry")
"""Those of it and of what it speaks HTTP with, each of which would name whole URLs."""

_ABOUT = ("service_url", "setup_url", "app_url")
"""Attributes with addresses of pages for people."""


class NotifyError(Exception):
    """It was not taken; the text says no more, for what apprise says may hold the secret."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Notifier:
    """A service, and where it is: ``host`` is empty where that is not told beforehand, None where
    nothing leaves this device."""

    service: str
    host: str | None
    port: int
    secret: bool
    """The URL holds a password or token, or may."""
    _plugin: Any = field(repr=False)

    def tell(self, title: str, body: str, seconds: float) -> None:
        """Send it once, within about so long. Raises NotifyError."""
        from apprise import Apprise, NotifyFormat

        sender = Apprise(asset=self._plugin.asset)
        sender.add(self._plugin)
        try:
            done = bool(sender.notify(body, title, body_format=NotifyFormat.TEXT, timeout=seconds))
        except Exception as error:  # whatever a plug-in of it raises, with the secret in its text
            raise NotifyError(type(error).__name__) from None
        if not done:
            raise NotifyError("it was not taken")


def available() -> bool:
    """The library is installed."""
    return importlib.util.find_spec("apprise") is not None


def notifier(url: str) -> Notifier:
    """The service that a URL of apprise's names. Raises ValueError, which does not repeat it."""
    for name in _LOGGERS:
        logging.getLogger(name).disabled = True
    with warnings.catch_warnings():  # modules that go, of which it has others
        warnings.simplefilter("ignore", DeprecationWarning)
        plugin = _plugin(url.strip())
    if plugin is None:
        raise ValueError(
            "is no URL that apprise knows, or lacks a part; write it like tgram://TOKEN/CHAT or "
            "jsons://HOST/PATH"
        )
    plugin.redirects = False
    host, port = _place(plugin)
    if host and _in_the_clear(plugin) and not _near(host):
        raise ValueError(
            "would be sent so that others on the way can read it; take the form with TLS (jsons:// "
            "instead of json://), without verify=no, or a server in this network"
        )
    # what apprise itself would not show; headers and the like stand behind the question mark
    secret = "@" in url or "?" in url or plugin.url(privacy=True) != plugin.url()
    name = str(plugin.service_name)
    return Notifier(service=name, host=host, port=port, secret=secret, _plugin=plugin)


def _plugin(url: str) -> Any:
    from apprise import Apprise, AppriseAsset

    asset = AppriseAsset(http_redirects=False, app_id="msgprobe")
    return Apprise.instantiate(url, asset=asset)


def _place(plugin: Any) -> tuple[str | None, int]:
    """Host and port that the service is at, as far as apprise tells them before it sends."""
    default = 80 if _in_the_clear(plugin) else 443
    own = getattr(plugin, "smtp_host", None) or ("host" in plugin.template_tokens and plugin.host)
    if own:
        return str(own).strip("[]"), plugin.port or default
    hosts = {urlsplit(text).hostname for text in _addresses(plugin)} - {None}
    if len(hosts) == 1:
        return hosts.pop(), default
    return ("" if hosts or plugin.secure_protocol else None), default


def _addresses(plugin: Any) -> set[str]:
    """The web addresses that a plug-in has written down."""
    named = [name for kind in type(plugin).__mro__ for name in vars(kind) if name not in _ABOUT]
    values = [getattr(type(plugin), name) for name in named]
    return {v for v in values if isinstance(v, str) and v.startswith("https://") and "{" not in v}


def _in_the_clear(plugin: Any) -> bool:
    """What it sends is not encrypted, or for whoever answers."""
    scheme = urlsplit(plugin.url()).scheme
    return not plugin.verify_certificate or (
        scheme in _words(plugin.protocol) and scheme not in _words(plugin.secure_protocol)
    )


def _words(schemes: object) -> tuple[str, ...]:
    if isinstance(schemes, str):
        return (schemes,)
    return tuple(schemes) if isinstance(schemes, tuple | list | set | frozenset) else ()


def _near(host: str) -> bool:
    """This device, or one in its own networks."""
    try:
        return host == "localhost" or ip_address(host).is_private
    except ValueError:
        return False
