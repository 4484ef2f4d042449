"""The parts of the page about the run as a whole."""

from collections.abc import Iterator, Sequence

from msgprobe.model.measurement import Measurement
from msgprobe.model.run import Run
from msgprobe.model.target import Function
from msgprobe.model.verdict import Outcome, ServiceVerdict, Verdict
from msgprobe.report import html, integrity, wording
from msgprobe.report.advice import advise
from msgprobe.report.language import _, listing
from msgprobe.report.page import words
from msgprobe.report.page.figures import SIGNS, lanes, strip
from msgprobe.report.page.mark import Mark, mark
from msgprobe.report.page.proof import Seen, Step, of_connection
from msgprobe.report.say import said

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
    return f"<{tag}{style}>{html.prose(text)}</{tag}>\n"


def listed(lines: Sequence[str], tag: str = "ul") -> str:
    """A list, or nothing for no lines."""
    items = "".join(line("li", text) for text in lines)
    return f"<{tag}>\n{items}</{tag}>\n" if lines else ""


def pairs(rows: Sequence[tuple[str, str]]) -> str:
    """Names and what they are, beside each other."""
    cells = "".join(
        f"<tr><th scope='row'>{html.prose(name)}</th>{html.cell('td', text)}</tr>\n"
        for name, text in rows
    )
    return f'<table class="facts">\n{cells}</table>\n'


def grid(services: Sequence[ServiceVerdict]) -> str:
    """Every messenger with its word, and what works of it."""
    columns = [f for f in Function if any(f is v.function for s in services for v in s.functions)]
    names = ("", _("result"), *map(wording.function_word, columns))
    heads = "".join(html.cell("th", name) for name in names)
    rows = "".join(f"<tr>{_row(service, columns)}</tr>\n" for service in services)
    legend = _(", ").join(f"{wording.SIGNS[o].sign} {wording.outcome_word(o)}" for o in Outcome)
    return (
        f'<div class="scroll"><table class="grid">\n<thead><tr>{heads}</tr></thead>\n<tbody>\n'
        f"{rows}</tbody>\n</table></div>\n" + line("p", legend, "faint")
    )


def _row(service: ServiceVerdict, columns: Sequence[Function]) -> str:
    word = wording.verdict_words(service.outcome, service.strength, service.partial)
    sign = wording.SIGNS[service.outcome].sign
    kind = _CLASS.get(service.outcome, "open")
    cells = [
        f'<th scope="row">{html.prose(service.name)}</th>',
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
    advice = advise(run.verdict.connection, run.verdict.services, saved=True)
    if not advice.meaning:
        return ""
    return line("p", advice.meaning, "lead") + listed(advice.steps, "ol")


def reasons(service: ServiceVerdict) -> list[str]:
    """Why each function has its word, alike ones together; nothing for what works."""
    groups: dict[tuple[str, str], list[str]] = {}
    for function in (service.functions[i] for i in wording.in_order(service)):
        if function.outcome not in (Outcome.OK, Outcome.NOT_TESTED):
            key = (wording.outcome_word(function.outcome), said(function.why))
            groups.setdefault(key, []).append(wording.function_word(function.function))
    return [
        _("{functions}: {word}. {why}").format(functions=_(", ").join(names), word=word, why=why)
        for (word, why), names in groups.items()
    ]


def how(steps: Sequence[Step]) -> str:
    """The picture of the steps, and each of them in words with the line that repeats it."""
    if not steps:
        return ""
    items = []
    for step in steps:
        result = step.result
        if step.tries:
            result = _("{result} ({tries})").format(result=result, tries=step.tries)
        again = html.command(step.again) if step.again else ""
        items.append(
            f"<li><b>{html.prose(step.title)}</b>: "
            f'<span class="{step.mark.value}">{SIGNS[step.mark]}</span> '
            f'{html.prose(result)}.<br /><span class="faint">'
            f"{html.prose(step.full)}</span>{again}</li>\n"
        )
    return lanes(steps) + f'<ol class="how">\n{"".join(items)}</ol>\n'


def connection(run: Run, seen: Seen) -> str:
    """The state of the line, what shows it, and the neutral sites beside the messengers."""
    found = run.verdict.connection
    parts = [line("h2", _("The connection, and neutral sites beside the messengers"))]
    state = wording.state_word(found.state)
    told = _("Connection: {state}. {why}").format(state=state, why=said(found.why))
    parts.append(line("p", told))
    parts.append(listed([_("Note: {note}.").format(note=wording.note(n)) for n in found.notes]))
    if not found.state.blameless:
        parts.append(line("h3", _("How this is known")))
        parts.append(how(of_connection(found.evidence, seen)))
    picture = strip(run)
    if picture:
        parts.append(
            line("p", _("When each was asked, in seconds: a ring is an answer, a cross is none."))
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
        where = _("abroad") if country is None else _("in {country}").format(country=country)
        good = sum(mark(m) is Mark.GOOD for m in found)
        answered = _("{answered} of {asked}").format(answered=good, asked=len(found))
        cells = (hosts.get(name, name), where, answered)
        rows.append("<tr>" + "".join(html.cell("td", c) for c in cells) + "</tr>\n")
    titles = (_("neutral site"), _("where"), _("answered"))
    heads = "".join(html.cell("th", title) for title in titles)
    return (
        f'<div class="scroll"><table>\n<thead><tr>{heads}</tr></thead>\n<tbody>\n'
        f"{''.join(rows)}</tbody>\n</table></div>\n"
    )


def _judged(now: Verdict, before: Verdict | None) -> str:
    """Under which rules, and what that changed."""
    if before is None:
        return _("rules {version}").format(version=now.rules_version)
    words = {s.service: s.outcome for s in before.services}
    other = [s.name for s in now.services if words.get(s.service) is not s.outcome]
    line = before.connection.state is not now.connection.state
    if line and other:
        text = _(
            "rules {version}; saved under rules {older}, and the words for the connection and for "
            "{names} were others then"
        )
    elif line:
        text = _(
            "rules {version}; saved under rules {older}, and the word for the connection was "
            "another then"
        )
    elif other:
        text = _(
            "rules {version}; saved under rules {older}, and the words for {names} were others then"
        )
    else:
        text = _("rules {version}; saved under rules {older}, and the words were the same")
    return text.format(version=now.rules_version, older=before.rules_version, names=listing(other))


def check(run: Run, sha256: str, name: str, before: Verdict | None) -> str:
    """The file that all of this stands on, and how to get to the same words from it."""
    tool = run.tool
    rows = [
        (_("File"), name),
        (_("SHA-256 of the file"), sha256),
        (_("Run"), run.run_id),
        (_("Program"), f"{tool.name} {tool.version}"),
        (_("Judged by"), _judged(run.verdict, before)),
        (_("Python, OpenSSL, system"), ", ".join((tool.python, tool.openssl, tool.platform))),
        (_("Target files (SHA-256)"), run.catalogue_sha256),
        (_("Integrity"), integrity.words(run)),
    ]
    quoted = name if name.replace(".", "").replace("-", "").replace("_", "").isalnum() else "FILE"
    commands = (
        f"sha256sum {quoted}",
        f"msgprobe judge {quoted}",
        f"msgprobe explain {quoted}",
        f"msgprobe explain {quoted} --reveals",
    )
    lines = "".join(f"{html.command(c)}\n" for c in commands)
    return (
        line("h2", _("Check it yourself"))
        + pairs(rows)
        + line(
            "p",
            _(
                "The file holds every conversation. The same program says from it whether the "
                "words above are right, without the Internet:"
            ),
        )
        + lines
    )


def earlier(runs: Sequence[tuple[str, Run]]) -> Iterator[str]:
    """The runs of the other files, the oldest first, in one table."""
    yield line("h2", _("All runs that were given"))
    titles = (_("began"), _("where"), _("connection"), _("messengers"), _("file"))
    heads = "".join(html.cell("th", title) for title in titles)
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
        said = _("; ").join(
            f"{wording.SIGNS[s.outcome].sign} {s.name} "
            f"{wording.verdict_words(s.outcome, s.strength, s.partial)}"
            for s in run.verdict.services
        )
        cells = (
            words.moment(run.started_at),
            _(", ").join(where) or _("not said"),
            wording.state_word(run.verdict.connection.state),
            said,
            name,
        )
        yield "<tr>" + "".join(html.cell("td", c) for c in cells) + "</tr>\n"
    yield "</tbody>\n</table></div>\n"
