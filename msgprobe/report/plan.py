"""What a run may contact, before it does: for people and for scripts."""

import json
import textwrap
from collections.abc import Sequence

from msgprobe.model.codec import to_json
from msgprobe.model.contact import Contact
from msgprobe.model.liberty import NO_ALLOWANCES, Allowances
from msgprobe.model.run import FORMAT_VERSION, Request
from msgprobe.model.target import Service
from msgprobe.report import plan_hosts, speech, wording
from msgprobe.report.columns import align
from msgprobe.report.escape import ascii_only, printable
from msgprobe.report.speech import Speech

_TRANSFERS = ("transfer", "volley")
"""The checks whose lines say what all of their conversations cost with honest servers."""


def render(
    contacts: Sequence[Contact],
    request: Request,
    *,
    services: Sequence[Service] = (),
    said: Sequence[Speech] = (),
    allowances: Allowances = NO_ALLOWANCES,
    verbose: int = 0,
    width: int | None = 80,
    unicode: bool = True,
) -> str:
    """A line for each host, in groups; what target files make this device say; and the warnings
    of ``services``. ``verbose``: instead of hosts a table with every host, port, transport, round,
    condition, reason and most bytes."""
    if not contacts:
        return "Nothing would be contacted.\n"
    if verbose:
        head = ("target", "port", "round", "at most", "for", "when and why")
        rows = [head, *(_row(contact) for contact in contacts)]
        lines = align(rows, width=width, shares=(3, 0, 0, 0, 1, 5))
    else:
        lines = plan_hosts.lines(contacts, services, width=width)
    if words := speech.lines(said):
        lines += ["", "What is sent there, beyond how each protocol itself begins:", ""]
        lines += _wrapped(words, width)
    allowed = (printable(line) for line in allowances.lines())
    more = () if verbose else ("When and why each is contacted: msgprobe plan -v",)
    for text in (*allowed, *warnings(services), total(contacts, request), *more):
        lines += ["", *align([(text,)], width=width, shares=(1,))]
    text = "\n".join(lines) + "\n"
    return text if unicode else ascii_only(text)


def _wrapped(words: Sequence[str], width: int | None) -> list[str]:
    """Lines that go on further in than they begin."""
    found: list[str] = []
    for line in words:
        inset = " " * (len(line) - len(line.lstrip()) + 4)
        found += (
            [line]
            if width is None
            else textwrap.wrap(line, width, subsequent_indent=inset, break_on_hyphens=False)
        )
    return found


def _row(contact: Contact) -> tuple[str, ...]:
    when = contact.condition or "always"
    parts = [when, contact.reason]
    how = (contact.check, contact.over)
    if contact.asks:
        parts.append(f"asks for {contact.asks}")
    return (
        printable(contact.target),
        f"{contact.port or '-'}/{printable(contact.transport)}",
        str(contact.round),
        wording.amount(contact.max_bytes),
        printable(f"{contact.subject} ({' over '.join(filter(None, how))})"),
        printable(": ".join(p for p in parts if p)),
    )


def warnings(services: Sequence[Service]) -> tuple[str, ...]:
    """What measuring these services may bring upon the user, one sentence each."""
    return tuple(
        printable(f"Warning: {service.title}: {service.warning}.")
        for service in services
        if service.warning
    )


def left_out(services: Sequence[Service]) -> tuple[str, ...]:
    """Why ``--all`` does not measure these services, one line each."""
    return tuple(
        printable(
            f"--all leaves out {service.title}: {service.warning}. Measure it by its name: "
            f"{service.name}"
        )
        for service in services
    )


def total(contacts: Sequence[Contact], request: Request) -> str:
    """The sum of it in one sentence: the byte and time limits cut what the lines add up to."""
    always = [c for c in contacts if not c.condition]
    most = min(sum(c.max_bytes for c in contacts), request.max_bytes)
    hosts = len({c.target for c in contacts})
    return (
        f"{_plural(hosts, 'host')}, {_plural(len(contacts), 'contact')}; "
        f"{len(always)} of these always take place, the others only where something fails or to "
        f"compare. At most {wording.limit(most)} and {_time(request.max_time)}. Nothing was sent."
    )


def _plural(count: int, word: str) -> str:
    return f"{count} {word}" if count == 1 else f"{count} {word}s"


def _time(seconds: float) -> str:
    """``1 minute``, ``14 minutes``, ``90 s``."""
    if seconds < 60 or seconds % 60:
        return f"{seconds:g} s"
    return _plural(round(seconds / 60), "minute")


def render_json(
    contacts: Sequence[Contact],
    request: Request,
    *,
    services: Sequence[Service] = (),
    said: Sequence[Speech] = (),
    allowances: Allowances = NO_ALLOWANCES,
) -> str:
    """``{"format_version", "max_bytes", "max_time", "overrides", "allowed", "warnings", "contacts",
    "speech"}``, the last five of them lists."""
    most = sum(c.max_bytes for c in contacts)
    found = {
        "format_version": FORMAT_VERSION,
        "max_time": request.max_time,
        "max_bytes": min(most, request.max_bytes),
        "overrides": to_json(allowances.overrides),
        "allowed": to_json(allowances.taken),
        "warnings": [{"service": s.name, "warning": s.warning} for s in services if s.warning],
        "contacts": to_json(tuple(contacts)),
        "speech": speech.rows(said),
    }
    return json.dumps(found, indent=2) + "\n"


def cost(contacts: Sequence[Contact], request: Request) -> str:
    """What a run may cost, said before it begins."""
    addresses = 1 if request.quick else 2
    sure = [c for c in contacts if not c.condition]
    # The line of a transfer stands for all of it, those of other checks for one address each.
    usual = sum(c.usual_bytes if c.check in _TRANSFERS else addresses * c.usual_bytes for c in sure)
    most = min(request.max_bytes, sum(c.max_bytes for c in contacts))
    return (
        f"Uses about {wording.limit(min(usual, most))} (at most {wording.limit(most)} and "
        f"{_time(request.max_time)})."
    )


def deep_cost(request: Request) -> str:
    """What ``--throttle`` may cost, said before it begins."""
    text = f"Uses at most {wording.limit(request.max_bytes)} and {_time(request.max_time)}"
    if request.max_time <= request.throttle_wait:
        text += ", which leaves no time to repeat anything after the wait"
    return f"{text}; Ctrl-C keeps what was measured."
