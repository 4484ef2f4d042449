"""The parts of the page about the run as a whole."""

from collections.abc import Iterator, Sequence

from msgprobe.judging.advice import advise, listing
from msgprobe.model.measurement import Measurement
from msgprobe.model.run import Run
from msgprobe.model.target import Function
from msgprobe.model.verdict import Outcome, ServiceVerdict, Verdict
from msgprobe.report import html, integrity, wording
from msgprobe.report.page import words
from msgprobe.report.page.figures import SIGNS, lanes, strip
from msgprobe.report.page.mark import Mark, mark
from msgprobe.report.page.proof import Seen, Step, of_connection

_CLASS = {
    Outcome.OK: "ok",
    Outcome.BLOCKED: "bad",
    Outcome.THROTTLED: "bad",
    Outcome.DEGRADED: "weak",
    Outcome.DOWN: "down",
}


def line(tag: str, text: str, kind: str = "") -> str:
    """One element that holds text."""
    style = f' class="{kind}"' if kind else ""
    return f"<{tag}{style}>{html.text(text)}</{tag}>\n"


def listed(lines: Sequence[str], tag: str = "ul") -> str:
    """A list, or nothing for no lines."""
    items = "".join(line("li", text) for text in lines)
    return f"<{tag}>\n{items}</{tag}>\n" if lines else ""


def pairs(rows: Sequence[tuple[str, str]]) -> str:
    """Names and what they are, beside each other."""
    cells = "".join(
        f"<tr><th scope='row'>{html.text(name)}</th>{html.cell('td', text)}</tr>\n"
        for name, text in rows
    )
    return f'<table class="facts">\n{cells}</table>\n'


def grid(services: Sequence[ServiceVerdict]) -> str:
    """Every messenger with its word, and what works of it."""
    columns = [f for f in Function if any(f is v.function for s in services for v in s.functions)]
    heads = "".join(html.cell("th", name) for name in ("", "result", *(f.value for f in columns)))
    rows = "".join(f"<tr>{_row(service, columns)}</tr>\n" for service in services)
    legend = ", ".join(f"{wording.SIGNS[o].sign} {wording.OUTCOME_WORDS[o]}" for o in Outcome)
    return (
        f'<div class="scroll"><table class="grid">\n<thead><tr>{heads}</tr></thead>\n<tbody>\n'
        f"{rows}</tbody>\n</table></div>\n" + line("p", legend, "faint")
    )


def _row(service: ServiceVerdict, columns: Sequence[Function]) -> str:
    word = wording.verdict_words(service.outcome, service.strength, service.partial)
    sign = wording.SIGNS[service.outcome].sign
    kind = _CLASS.get(service.outcome, "open")
    cells = [
        f'<th scope="row">{html.text(service.name)}</th>',
        html.cell("td", f"{sign} {word}", kind),
    ]
    by = {v.function: v.outcome for v in service.functions}
    for function in columns:
        found = by.get(function)
        said = "" if found is None else wording.SIGNS[found].sign
        cells.append(html.cell("td", said, "" if found is None else _CLASS.get(found, "open")))
    return "".join(cells)


def meaning(run: Run) -> str:
    """What it means for the user, and what to do."""
    if not run.verdict.advice:
        return ""
    advice = advise(run.verdict.connection, run.verdict.services, saved=True)
    return line("p", advice.meaning, "lead") + listed(advice.steps, "ol")


def reasons(service: ServiceVerdict) -> list[str]:
    """Why each function has its word, alike ones together; nothing for what works."""
    groups: dict[tuple[str, str], list[str]] = {}
    for function in (service.functions[i] for i in wording.in_order(service)):
        if function.outcome not in (Outcome.OK, Outcome.NOT_TESTED):
            word = wording.OUTCOME_WORDS[function.outcome]
            groups.setdefault((word, function.why), []).append(function.function.value)
    return [f"{', '.join(names)} {word}: {why}" for (word, why), names in groups.items()]


def how(steps: Sequence[Step]) -> str:
    """The picture of the steps, and each of them in words with the line that repeats it."""
    if not steps:
        return ""
    items = []
    for step in steps:
        tries = f" ({step.tries})" if step.tries else ""
        again = f"<pre>{html.text(step.again)}</pre>" if step.again else ""
        items.append(
            f"<li><b>{html.text(step.title)}</b>: "
            f'<span class="{step.mark.value}">{SIGNS[step.mark]}</span> '
            f'{html.text(step.result + tries)}.<br /><span class="faint">'
            f"{html.text(step.full)}</span>{again}</li>\n"
        )
    return lanes(steps) + f'<ol class="how">\n{"".join(items)}</ol>\n'


def connection(run: Run, seen: Seen) -> str:
    """The state of the line, what shows it, and the neutral sites beside the messengers."""
    found = run.verdict.connection
    parts = [line("h2", "The connection, and neutral sites beside the messengers")]
    state = wording.STATE_WORDS[found.state]
    parts.append(line("p", f"Connection: {state}. {found.why}"))
    parts.append(listed([f"Note: {wording.note(n)}." for n in found.notes]))
    if not found.state.blameless:
        parts.append(line("h3", "How this is known"))
        parts.append(how(of_connection(found.evidence, seen)))
    picture = strip(run)
    if picture:
        parts.append(
            line("p", "When each was asked, in seconds: a ring is an answer, a cross is none.")
        )
        parts += [picture, _sites(run, seen)]
    return "".join(parts)


def _sites(run: Run, seen: Seen) -> str:
    by: dict[str, list[Measurement]] = {}
    for measurement in seen.neutral():
        by.setdefault(measurement.task.subject, []).append(measurement)
    controls = run.evidence.controls
    known = {s.name: s.country for s in controls.sites}
    hosts = {s.name: s.host for s in controls.sites}
    hosts |= {s.name: s.host for s in controls.sentinels}
    rows = []
    for name, found in by.items():
        country = known.get(name)
        where = "abroad" if country is None else f"in {country}"
        good = sum(mark(m) is Mark.GOOD for m in found)
        cells = (hosts.get(name, name), where, f"{good} of {len(found)}")
        rows.append("<tr>" + "".join(html.cell("td", c) for c in cells) + "</tr>\n")
    heads = "".join(html.cell("th", h) for h in ("neutral site", "where", "answered"))
    return (
        f'<div class="scroll"><table>\n<thead><tr>{heads}</tr></thead>\n<tbody>\n'
        f"{''.join(rows)}</tbody>\n</table></div>\n"
    )


def _judged(now: Verdict, before: Verdict | None) -> str:
    """Under which rules, and what that changed."""
    if before is None:
        return f"rules {now.rules_version}"
    words = {s.service: s.outcome for s in before.services}
    other = [s.name for s in now.services if words.get(s.service) is not s.outcome]
    line = before.connection.state is not now.connection.state
    changed = listing([*(["the connection"] if line else []), *other])
    said = f"the words for {changed} were others then" if changed else "the words were the same"
    return f"rules {now.rules_version}; saved under rules {before.rules_version}, and {said}"


def check(run: Run, sha256: str, name: str, before: Verdict | None) -> str:
    """The file that all of this stands on, and how to get to the same words from it."""
    tool = run.tool
    rows = [
        ("File", name),
        ("SHA-256 of the file", sha256),
        ("Run", run.run_id),
        ("Program", f"{tool.name} {tool.version}"),
        ("Judged by", _judged(run.verdict, before)),
        ("Python, OpenSSL, system", ", ".join((tool.python, tool.openssl, tool.platform))),
        ("Target files (SHA-256)", run.catalogue_sha256),
        ("Integrity", integrity.WORDS[run.integrity]),
    ]
    quoted = name if name.replace(".", "").replace("-", "").replace("_", "").isalnum() else "FILE"
    commands = (
        f"sha256sum {quoted}",
        f"msgprobe judge {quoted}",
        f"msgprobe explain {quoted}",
        f"msgprobe explain {quoted} --reveals",
    )
    lines = "".join(f"<pre>{html.text(c)}</pre>\n" for c in commands)
    return (
        line("h2", "Check it yourself")
        + pairs(rows)
        + line(
            "p",
            "The file holds every conversation. The same program says from it whether the "
            "words above are right, without the Internet:",
        )
        + lines
    )


def earlier(runs: Sequence[tuple[str, Run]]) -> Iterator[str]:
    """The runs of the other files, the oldest first, in one table."""
    yield line("h2", "All runs that were given")
    heads = "".join(
        html.cell("th", h) for h in ("began", "where", "connection", "messengers", "file")
    )
    yield f'<div class="scroll"><table>\n<thead><tr>{heads}</tr></thead>\n<tbody>\n'
    for name, run in runs:
        where = filter(
            None,
            (
                run.evidence.request.country,
                None if run.vantage.asn is None else f"AS{run.vantage.asn}",
                run.vantage.label,
            ),
        )
        said = "; ".join(
            f"{wording.SIGNS[s.outcome].sign} {s.name} "
            f"{wording.verdict_words(s.outcome, s.strength, s.partial)}"
            for s in run.verdict.services
        )
        cells = (
            words.moment(run.started_at),
            ", ".join(where) or "not said",
            wording.STATE_WORDS[run.verdict.connection.state],
            said,
            name,
        )
        yield "<tr>" + "".join(html.cell("td", c) for c in cells) + "</tr>\n"
    yield "</tbody>\n</table></div>\n"
