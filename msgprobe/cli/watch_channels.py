"""Where alarms go: a command or a web address of the user's. Each attempt is bounded."""

import contextlib
import json
import os
import shlex
import shutil
import signal
import subprocess
from collections.abc import Mapping
from typing import Any, Protocol
from urllib.parse import urlsplit

from msgprobe.cli.request import UsageError
from msgprobe.model.contact import Contact
from msgprobe.report.language import N_, _
from msgprobe.steps.notify import Notifier, NotifyError
from msgprobe.steps.webhook import WebhookError, post

LONGEST = 30.0
"""Seconds that a command may take, or a web server."""

MOST_OF_A_URL = 2000


_TOO_LONG = N_("took longer than {seconds} s and was ended")


class ChannelError(Exception):
    """An alarm could not be told there; the text says why, with places for the values.

    It is raised in a thread, which knows nothing of the language that is spoken.
    """

    def __init__(self, text: str, **values: object) -> None:
        super().__init__(text.format(**values))
        self._text, self._values = text, values

    def said(self) -> str:
        """Why, in the language that is spoken."""
        return _(self._text).format(**self._values)


class Channel(Protocol):
    """Tells alarms. ``patient``: it fails with the line, so that it is tried for ever."""

    name: str
    patient: bool

    def tell(self, payload: Mapping[str, Any]) -> None:
        """Tell one alarm, in a thread of its own. Raises ChannelError."""


class Command:
    """A command without a shell, which reads the alarm as JSON from its standard input. Nothing of
    it stands in arguments or environment, which others on the machine can read."""

    name = "command"
    patient = False

    def __init__(self, text: str, longest: float = LONGEST) -> None:
        self._longest = longest
        try:
            self.words = shlex.split(text)
        except ValueError as error:
            raise UsageError(f"--on-change: {error}; quote it as for a shell") from None
        if not self.words:
            raise UsageError("--on-change: name a command")
        if shutil.which(self.words[0]) is None:
            raise UsageError(f"--on-change: {self.words[0]!r:.60}: there is no such command")

    def tell(self, payload: Mapping[str, Any]) -> None:
        """Run it to its end, or kill it."""
        environment = {k: v for k, v in os.environ.items() if not k.startswith("MSGPROBE_")}
        try:
            process = subprocess.Popen(
                self.words,
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env=environment,
                start_new_session=True,
            )
        except OSError as error:
            raise ChannelError("{why}", why=error.strerror or str(error)) from None
        try:
            process.communicate(json.dumps(payload).encode() + b"\n", self._longest)
        except subprocess.TimeoutExpired:
            _kill(process)
            raise ChannelError(_TOO_LONG, seconds=f"{self._longest:g}") from None
        except OSError:  # it reads nothing: what counts is how it ends
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(self._longest)
            if process.poll() is None:
                _kill(process)
                raise ChannelError(_TOO_LONG, seconds=f"{self._longest:g}") from None
        if process.returncode:
            raise ChannelError(N_("ended with status {status}"), status=process.returncode)


def _kill(process: "subprocess.Popen[bytes]") -> None:
    """The command and whatever it started."""
    with contextlib.suppress(OSError):
        if hasattr(os, "killpg"):
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()
    process.wait()


class Webhook:
    """An address that gets the alarm as JSON by POST; over TLS alone, and no redirect is followed.
    The address itself may be a secret: it is shown and kept nowhere."""

    name = "webhook"
    patient = True

    def __init__(self, url: str) -> None:
        self.host, self.port = webhook_place(url)
        self._url = url

    def tell(self, payload: Mapping[str, Any]) -> None:
        """POST it once."""
        try:
            post(self._url, payload, LONGEST / 2)
        except WebhookError as error:
            raise ChannelError("{host}: {why}", host=self.host, why=error) from None


class Notification:
    """A service by which people are told, through apprise: the same words as on the screen."""

    name = "notification"
    patient = True

    def __init__(self, to: Notifier) -> None:
        self._to = to

    def tell(self, payload: Mapping[str, Any]) -> None:
        """Send it once."""
        late = payload.get("delayed_since")
        text = str(payload["text"])
        if late:
            text += "\n" + _("Delayed since {time}.").format(time=late)
        try:
            self._to.tell("msgprobe", text, LONGEST)
        except NotifyError as error:
            raise ChannelError("{host}: {why}", host=self._to.service, why=error) from None


def webhook_place(url: str) -> tuple[str, int]:
    """Host and port of a webhook. Raises UsageError, which does not repeat the address."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port or 443
    except ValueError:
        host, port, parts = None, 443, urlsplit("")
    if parts.scheme != "https" or not host or len(url) > MOST_OF_A_URL or not url.isprintable():
        raise UsageError("--webhook: should be an address like https://example.org/path")
    if parts.username is not None or parts.password is not None:
        raise UsageError("--webhook: no user or password in the address; use a secret path")
    return host, port


def webhook_contacts(url: str | None) -> tuple[Contact, ...]:
    """What a watch with that webhook contacts beside what is measured; raises UsageError."""
    if url is None:
        return ()
    return (
        _contact(
            webhook_place(url),
            N_("your webhook"),
            "https",
            N_("the change as JSON, without evidence"),
        ),
    )


def notifier_contacts(to: Notifier | None) -> tuple[Contact, ...]:
    """The same for the service of ``--notify``."""
    if to is None or to.host is None:
        return ()
    host = to.host or _("servers of {service}").format(service=to.service)
    return (
        _contact(
            (host, to.port),
            N_("your notification"),
            "apprise",
            N_("the change in words, without evidence"),
        ),
    )


def _contact(place: tuple[str, int], subject: str, check: str, what: str) -> Contact:
    host, port = place
    return Contact(
        target=host,
        port=port,
        transport="tcp",
        round=0,
        subject=subject,
        check=check,
        condition=N_("with msgprobe watch, when something has changed"),
        reason=what,
        max_bytes=30_000,
        usual_bytes=8_000,
    )
