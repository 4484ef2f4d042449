"""What a saved run tells about who measured, in sentences, by the keys of `redaction.reveals`."""

from collections.abc import Callable, Iterable, Mapping
from typing import Final

from msgprobe.model.message import Message, Value
from msgprobe.redaction.addresses import LINK_LOCAL, LOOPBACK, PRIVATE, PROVIDER
from msgprobe.redaction.known import PUBLIC_RESOLVERS
from msgprobe.redaction.reveals import SEPARATOR
from msgprobe.report.language import N_, _, listing

SENTENCES: Final[Mapping[str, str]] = {
    "reveals.when.second": N_(
        "When: {began} (to the second), for {taken} s; within the run, fractions of seconds."
    ),
    "reveals.when.minute": N_(
        "When: {began} (to the minute), for {taken} s; within the run, fractions of seconds."
    ),
    "reveals.when.hour": N_(
        "When: {began} (to the hour), for {taken} s; within the run, fractions of seconds."
    ),
    "reveals.services": N_("Which services were asked: {names}."),
    "reveals.tools": N_("What measured: {names}."),
    "reveals.country": N_("The country that you named: {country}."),
    "reveals.asn": N_("The network that you named: AS{asn}."),
    "reveals.label": N_("The label that you gave: {label}."),
    "reveals.series": N_("Which of your runs were made on one line: {series}."),
    "reveals.targets": N_("All that the target files say about them, those of your own files too."),
    "reveals.domestic": N_("Sites of a country were asked, where you may be: {names}."),
    "reveals.proxy": N_("That you used a proxy ({via}); neither where it is nor who you are."),
    "reveals.elsewhere": N_("The number of the run that it was compared with: {run}."),
    "reveals.routes": N_("Your connection: {routes}."),
    "reveals.routes.none": N_("Your connection: no route."),
    "reveals.tunnel": N_("Your connection goes through a VPN."),
    "reveals.proxies": N_("A proxy is set in {names}."),
    "reveals.own_roots": N_("Certificates are checked by a list of your own."),
    "reveals.resolvers": N_("Your resolvers: {resolvers}."),
    "reveals.answers": N_(
        "Addresses that names led to ({count}), and what answered there: those of filters, and of "
        "servers that stand near you, can show your provider and region."
    ),
    "reveals.speeds": N_(
        "Round trips, losses and speeds: they can show the kind of your line, and roughly how far "
        "you are from each server."
    ),
    "reveals.pages": N_(
        "Pages as length and SHA-256 ({count}): who has the same page knows that you saw it."
    ),
    "reveals.block_pages": N_("Known block pages: {names}."),
    "reveals.clock": N_("How wrong your clock is, to the minute."),
    "reveals.states": N_("States and countries that unknown certificates name: {parties}."),
    "reveals.certificates": N_(
        "Certificates that were not verified ({count}), as hashes of themselves and of their keys: "
        "who has seen the same one recognises it."
    ),
    "reveals.whole_certificates": N_(
        "Whole certificates ({count}), as the proof that one is forged: they name whoever made "
        "them, and that may be a device or a company near you."
    ),
    "reveals.not_there": N_(
        "Not in it: addresses of yours, source ports, names of devices and interfaces, texts of "
        "pages, values of headers, where redirects lead, other names of hosts (CNAME), what "
        "servers say in words."
    ),
    "reveals.unredacted": N_(
        "NOT REDACTED: there is more in it than this version keeps ({fields}). That may name you, "
        "your device, your network and where you are. A redacted copy: msgprobe judge FILE -o COPY"
    ),
}

_RESOLVERS: Final[Mapping[str, str]] = {
    PRIVATE: N_("one of your own network"),
    LOOPBACK: N_("one on this device"),
    LINK_LOCAL: N_("one of your own network"),
    PROVIDER: N_("one with a public address, like the provider's (the address is not kept)"),
}
"""The classes of resolvers in words."""

_ADDRESSES = N_("addresses of your network")
_CERTIFICATES = N_("certificates")
_FLOWS = N_("source ports")
_LINKS = N_("links found in pages")
_NAMES = N_("other names of hosts")
_PAGE = N_("texts of pages")
_SAID = N_("what servers say in words")
_SECONDS = N_("times to the second")
_FIELDS: Final[Mapping[str, str]] = {
    "Certificate.*": _CERTIFICATES,
    "DnsAnswer.addresses": _ADDRESSES,
    "DnsAnswer.aliases": _NAMES,
    "DnsAnswer.source": _ADDRESSES,
    "DnsAnswer.ttl": N_("ages of DNS answers"),
    "DnsObservation.addresses": _ADDRESSES,
    "DnsObservation.aliases": _NAMES,
    "DnsObservation.resolver_address": _ADDRESSES,
    "DnsObservation.resolver_name": _ADDRESSES,
    "Flow.address": _ADDRESSES,
    "Flow.options": _LINKS,
    "Flow.path": _LINKS,
    "Flow.source_port": _FLOWS,
    "HttpObservation.address": _ADDRESSES,
    "HttpObservation.body": _PAGE,
    "HttpObservation.body_sha256": _PAGE,
    "HttpObservation.clock_offset": _SECONDS,
    "HttpObservation.date": _SECONDS,
    "HttpObservation.headers": N_("headers"),
    "HttpObservation.links": _LINKS,
    "HttpObservation.marks": _PAGE,
    "HttpObservation.path": _LINKS,
    "LocalObservation.interfaces_up": N_("how many interfaces are up"),
    "LocalObservation.openssl": N_("versions"),
    "LocalObservation.resolvers": _ADDRESSES,
    "Measurement.detail": N_("faults of this program"),
    "ProtocolObservation.address": _ADDRESSES,
    "ProtocolObservation.detail": _SAID,
    "Resolver.address": _ADDRESSES,
    "Resolver.name": _ADDRESSES,
    "Task.attempt_of": _ADDRESSES,
    "Task.id": _ADDRESSES,
    "TcpObservation.address": _ADDRESSES,
    "TcpObservation.source_port": _FLOWS,
    "TlsObservation.address": _ADDRESSES,
    "TlsObservation.cipher": N_("ciphers"),
    "TlsObservation.plain": _SAID,
    "TlsObservation.verify_error": _CERTIFICATES,
    "TransferObservation.address": _ADDRESSES,
    "TransferObservation.path": _LINKS,
    "started_at": _SECONDS,
}
"""What fields hold, in words; those that are not here are named as they are."""


def told(found: Iterable[Message]) -> tuple[str, ...]:
    """One sentence each, in the language that is spoken."""
    return tuple(map(sentence, found))


def sentence(message: Message) -> str:
    """The sentence of one thing that a run tells."""
    values = {name: _shown(name, value) for name, value in message.values}
    return _(SENTENCES[message.key]).format(**values)


def _shown(name: str, value: Value) -> str:
    show = _LISTS.get(name)
    if show is None:
        return str(value)
    words = [word for word in str(value).split(SEPARATOR) if word]
    return show(words) if words else _("none")


def _separated(words: list[str]) -> str:
    return _(", ").join(dict.fromkeys(words))


def _field(name: str) -> str:
    known = _FIELDS.get(name) or _FIELDS.get(f"{name.partition('.')[0]}.*")
    return name if known is None else _(known)


def _resolver(word: str) -> str:
    if word in _RESOLVERS:
        return _(_RESOLVERS[word])
    return _("a public one, {owner}").format(owner=PUBLIC_RESOLVERS.get(word, word))


_LISTS: Final[Mapping[str, Callable[[list[str]], str]]] = {
    "names": _separated,
    "routes": listing,
    "parties": lambda words: _("; ").join(words),
    "resolvers": lambda words: _separated([_resolver(word) for word in words]),
    "fields": lambda words: _separated(sorted({_field(word) for word in words})),
}
"""Places that hold several words."""
