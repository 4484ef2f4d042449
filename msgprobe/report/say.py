"""Messages become sentences, in the language that is spoken."""

from collections.abc import Iterable

from msgprobe.model.message import LITERAL, Message, Value
from msgprobe.report.language import _, safely
from msgprobe.report.sentences.table import PROVES, WHY, find
from msgprobe.report.wording import rate


def said(messages: Iterable[Message]) -> str:
    """The sentences, one after the other."""
    return " ".join(filter(None, map(sentence, messages)))


def sentence(message: Message) -> str:
    """One sentence; what is not known is shown by its key."""
    values = dict(message.values)
    if message.key == LITERAL:
        return as_sentence(_(str(values.get("text", ""))))
    text = _template(message)
    if text is None:
        return message.key
    try:
        if "log in" in text:  # whoever misreads such a sentence may hand his account over
            return safely(text, **_values(message))
        return _(text).format(**_values(message))
    except _UNFIT:  # a file's own values
        return message.key


def known(message: Message) -> bool:
    """Whether this version has words for it, and all that they need."""
    if message.key == LITERAL:
        return isinstance(message.value("text"), str)
    text = _template(message)
    if text is None:
        return False
    try:
        text.format(**_values(message))
    except _UNFIT:
        return False
    return True


_UNFIT = (KeyError, IndexError, ValueError)
"""What values that do not go with a sentence raise."""


def _values(message: Message) -> dict[str, str]:
    return {name: _shown(name, value) for name, value in message.values}


def _template(message: Message) -> str | None:
    place = message.value("place")
    nearer = None if place is None else WHY.get(f"{message.key}.{place}")
    return nearer or find(WHY, message.key)


def as_sentence(text: str) -> str:
    """Somebody's words with a capital letter in front and a full stop at the end."""
    if not text:
        return ""
    end = "" if text[-1] in ".!?。؟" else "."
    return f"{text[:1].upper()}{text[1:]}{end}"


def _shown(name: str, value: Value) -> str:
    return rate(float(value)) if name.endswith("_kbit") else str(value)


def proves(rule_id: str) -> str:
    """What kind of evidence allows the word of that rule; empty where it is not known."""
    found = find(PROVES, rule_id)
    return _(found) if found else ""


def why(rule_id: str) -> str:
    """What that rule says, with places for what it puts in."""
    found = find(WHY, rule_id) or WHY.get(f"{rule_id}.elsewhere")
    return _(found) if found else ""
