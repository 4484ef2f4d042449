"""Sentences about certificates, and who signs them, by rule."""

from collections.abc import Mapping
from typing import Final

WHY: Final[Mapping[str, str]] = {
    "tls.mitm.elsewhere": "Even neutral servers 'have' a certificate for this service here: it is "
    "forged on the way. Do not log in on this network.",
    "tls.mitm.second_way": "Several servers show certificates that one unknown authority signed, "
    "and the genuine one is seen another way: they are forged on the way. Do not log in on "
    "this network.",
    "tls.mitm.state": "A state's authority that nobody trusts has signed certificates for this "
    "service's names, and not for neutral ones: they are forged on the way. Do not log in on this "
    "network.",
    "tls.mitm.strangers": "Services that have nothing to do with each other show certificates that "
    "one unknown authority signed, while other sites keep theirs: they are forged on the way. "
    "Do not log in on this network.",
    "tls.mitm.swap": "The certificate for this service's name is one that nobody trusts, and the "
    "same server shows another one for a neutral name: it is forged on the way, or the "
    "service made a mistake with its own. Do not log in until you know.",
    "tls.mitm.one_service": "All servers of this service that were asked show certificates of an "
    "authority that nobody trusts, while other sites keep theirs: they are forged on the way, "
    "or the service has changed its own. Somebody may read along: do not log in until you "
    "know.",
    "tls.mitm.half": "At some of the service's addresses certificates are forged on the way; "
    "others answer. Which one an app takes is chance: do not log in on this network.",
    "tls.mitm.half.strangers": "At some of the service's addresses certificates are signed by the "
    "authority that signs for other services too; others answer. Do not log in on this "
    "network.",
    "tls.store_age": "The certificate is for the right name and says that it comes from a public "
    "authority that this tool's list of trusted authorities does not (or no longer) contain: "
    "the list and the service may be of different age. Nothing proves it genuine or forged. "
    "Do not log in until you know.",
    "tls.inspection": "All encrypted traffic here is opened and re-signed (by an employer, a "
    "school, a state or an antivirus), so the service's certificate cannot be judged. "
    "Somebody can read along: do not log in, unless you know who it is and trust them.",
    "tls.clock": "This device's clock is wrong, so certificates cannot be judged: set the clock.",
    "tls.certificate": "The certificate is not one that this service should show, but nothing "
    "proves it forged: the service may have changed its own. Do not log in until you know.",
}
"""What is said where the rule speaks."""

PROVES: Final[Mapping[str, str]] = {
    "tls.mitm.elsewhere": "an artefact: neutral servers in two networks show a certificate for the "
    "target's name, or make one for each connection",
    "tls.mitm.second_way": "one hand signs for two unrelated services, or for hosts of one in two "
    "networks, while neutral names keep theirs, and the genuine certificate is seen another "
    "way (another address or resolver, QUIC)",
    "tls.mitm.state": "untrusted certificates for the service's names by the authority of a state "
    "that is not the service's, while neutral names keep theirs",
    "tls.mitm.strangers": "one hand signs for two unrelated services, while neutral names keep "
    "theirs",
    "tls.mitm.swap": "an untrusted certificate for the service's name, another one for a neutral "
    "name",
    "tls.mitm.one_service": "one unknown authority signs for hosts of one service in two networks, "
    "while neutral names keep theirs",
    "tls.mitm.half": "what shows a forger, at some addresses of a name that answers at others",
    "tls.mitm.half.strangers": "one hand signs for two unrelated services, at some addresses of "
    "names that answer at others",
    "tls.store_age": "a certificate for the right name whose chain names an authority that public "
    "lists once held, or which public logs have promised to publish",
    "tls.inspection": "neutral sites are re-signed too",
    "tls.clock": "the clock is off by more than a day",
    "tls.certificate": "an unexpected certificate, and nothing that shows it forged",
}
"""What kind of evidence allows its word."""

MECHANISMS: Final[Mapping[str, str]] = {
    "tls.mitm": "Its certificate is forged.",
}
"""What its mechanisms mean, by the path that verdicts carry."""
