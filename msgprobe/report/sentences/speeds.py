"""Sentences about transfers and how fast they were, by rule."""

from collections.abc import Mapping
from typing import Final

WHY: Final[Mapping[str, str]] = {
    "transfer.nothing": "Its transfers move nothing at all while neutral ones run, although its "
    "servers answer: a fault of its own, or interference with what follows the TLS handshake.",
    "transfer.freeze": "Transfers are cut off after {moved_kb} kB, each time at the same place; "
    "neutral transfers pass it.",
    "transfer.as_others": "Transfers are cut off after {moved_kb} kB, and so are those from "
    "servers of other owners, at the same place, while others pass it: no server does that.",
    "transfer.once_as_others": "A transfer is cut off after {moved_kb} kB, where those from "
    "servers of other owners are as well, while others pass it: too few to say more.",
    "transfer.as_all": "Transfers are cut off after {moved_kb} kB, as all are on this connection.",
    "volley.freeze": "The answers of its own servers stop for good after {moved_kb} kB, each time "
    "at the same place, while neutral transfers pass it: blocking after so many bytes, or a "
    "limit of the servers.",
    "transfer.cut": "Transfers are broken off after {moved_kb} kB, each time at the same place, "
    "while neutral transfers pass it: blocking after so many bytes, or a fault of its "
    "servers.",
    "transfer.broken": "Most of its transfers are broken off, not always at the same place, while "
    "neutral transfers are not: interference, or a fault of its servers.",
    "transfer.broken_alone": "Most of its transfers are broken off, not always at the same place, "
    "while those of other services are not: interference, or a fault of its servers.",
    "transfer.stopped": "A transfer stopped for good before its end, while others went on. There "
    "was no time to find out whether this was an accident.",
    "transfer.dies": "When its transfers began, its name got no answer any more, neither at its "
    "own server nor at a neutral one, while other names at the same servers did.",
    "throttle.name.here": "{target_kbit} against {control_kbit} on the same server; the slowness "
    "follows the name.",
    "throttle.name.elsewhere": "{target_kbit} against {control_kbit} from neutral servers; the "
    "slowness follows the name.",
    "throttle.name_loss.here": "{target_kbit} against {control_kbit} on the same server, with "
    "{lost_percent} % of the segments lost on the way; the losses follow the name.",
    "throttle.name_loss.elsewhere": "{target_kbit} against {control_kbit} from neutral servers, "
    "with {lost_percent} % of the segments lost on the way; the losses follow the name.",
    "throttle.name_then_address": "{target_kbit} against {control_kbit} from neutral servers, "
    "which become slow themselves once the service is named to them.",
    "throttle.address": "{target_kbit} against {control_kbit} from neutral servers, with "
    "{lost_percent} % of the segments lost on the way; the slowness follows the address.",
    "throttle.losses": "{target_kbit} against {control_kbit} from neutral servers, with "
    "{lost_percent} % of the segments lost on the way.",
    "throttle.address.unmeasured": "{lost_percent} % of the segments of its transfers were lost on "
    "the way, far more than of neutral ones; the losses follow the address.",
    "throttle.losses.unmeasured": "{lost_percent} % of the segments of its transfers were lost on "
    "the way, far more than of neutral ones.",
    "speed.slow": "{target_kbit} against {control_kbit} from neutral servers; a slow server of its "
    "own would look the same.",
    "speed.lossy": "{lost_percent} % of what is sent to it is lost, far more than to neutral "
    "servers; {target_kbit} against {control_kbit}.",
    "speed.lossy.unmeasured": "{lost_percent} % of what is sent to it is lost, far more than to "
    "neutral servers.",
    "speed.name_loss": "Transfers that name it lose far more packets on the way than the same "
    "transfers under another name. Nothing else confirms this.",
    "speed.undecided": "{target_kbit} against {control_kbit} from neutral servers, in too few "
    "transfers to tell chance from interference.",
    "throttle.alike": "{target_kbit} against {control_kbit} from neutral servers: also slow, as "
    "another function is, for which the cause is proved.",
    "speed.faster.ipv6": "Over IPv6 it moves {target_kbit}.",
    "speed.faster.address": "Over another address of its name it moves {target_kbit}.",
    "speed.unsaid.unmeasured": "How fast it moves its {asset} was not measured.",
    "speed.unsaid.once": "Its {asset} was slower than neutral transfers once, which was not looked "
    "into further.",
    "speed.unsaid.nothing": "Its {asset} gave nothing, so how fast it moves was not measured: this "
    "tool may be out of date.",
    "speed.unsaid.broken_off": "Its {asset} was broken off, as servers do with what they did not "
    "ask for.",
}
"""What is said where the rule speaks."""

PROVES: Final[Mapping[str, str]] = {
    "transfer.nothing": "transfers of two hosts move nothing at all, neutral ones run, and other "
    "conversations are answered",
    "transfer.freeze": "transfers are ended at the same byte of the connection, by silence, a "
    "reset or an end, neutral ones pass it; under a neutral name they pass it too, or neutral "
    "servers cut them once the service is named, or connections to two networks of the "
    "service are cut alike",
    "transfer.as_others": "two transfers are ended at the byte at which those from servers of two "
    "unrelated owners are, in other networks, while two transfers from elsewhere pass it",
    "transfer.once_as_others": "a transfer is ended at the byte at which those from servers of two "
    "unrelated owners are, in other networks, while two transfers from elsewhere pass it",
    "transfer.as_all": "a transfer is ended at the byte at which all downloads are",
    "volley.freeze": "answers of three servers stop for good at the same byte, neutral transfers "
    "pass it",
    "transfer.cut": "transfers are ended at the same byte each time, neutral ones pass it, and "
    "nothing shows that it is not its servers that end them",
    "transfer.broken": "three transfers or more, and most of all, are reset, are ended or fall "
    "silent, neutral ones of two networks move more",
    "transfer.broken_alone": "three transfers or more, and most of all, are reset, are ended or "
    "fall silent, those of other services from two networks move more; neutral ones tell nothing, "
    "for somebody cuts them all",
    "transfer.stopped": "a download, or the page that names it, falls silent for good amid its "
    "content while others are still answered; none of the object's own comes to its end after that",
    "transfer.dies": "three transfers that name it die at the ClientHello, at its own server and "
    "at a neutral one, each beside another name that is answered there; none is answered since",
    "throttle.name": "paired transfers, same server, only the name differs, sequential or "
    "exact test passed, and a second kind of evidence",
    "throttle.name_loss": "same server, only the name differs, far more is lost (exact test), and "
    "a second kind of evidence",
    "throttle.name_then_address": "slower than neutral sources, and neutral servers turn slow once "
    "the name was said",
    "throttle.address": "far lossier than neutral sources under any name, and slower than those of "
    "three networks or just as lossy in every other conversation",
    "throttle.losses": "far lossier than neutral sources, and slower than those of three networks "
    "or just as lossy in every other conversation; name and address were not told apart",
    "speed.slow": "slower than neutral sources, without a second kind of evidence",
    "speed.lossy": "far lossier than neutral sources, without a second kind of evidence",
    "speed.name_loss": "same server, only the name differs, far more is lost (exact test), without "
    "a second kind of evidence",
    "speed.undecided": "slower than neutral sources, or than under a neutral name, more often than "
    "not; too few transfers to decide",
    "throttle.alike": "every transfer slow beside neutral ones, and another function of the "
    "service shown throttled",
}
"""What kind of evidence allows its word."""

MECHANISMS: Final[Mapping[str, str]] = {
    "tcp.freeze": "Transfers stop for good after the first kilobytes.",
    "tcp.freeze.bytes": "Transfers stop for good after a number of bytes.",
    "tcp.freeze.packets": "Transfers stop for good after a number of packets.",
    "throttle": "It is slowed down.",
    "throttle.loss": "Packets to and from it are dropped.",
    "throttle.delay": "It is delayed.",
    "throttle.policing": "It is held to a fixed rate.",
    "throttle.shaping": "It is queued to a fixed rate.",
    "throttle.sni": "What names it is slowed down.",
    "throttle.sni.policing": "What names it is held to a fixed rate.",
    "throttle.sni.shaping": "What names it is queued to a fixed rate.",
    "throttle.sni.loss": "Packets of connections that name it are dropped.",
    "throttle.sni.delay": "Connections that name it are delayed.",
    "throttle.ip": "What goes to its addresses is slowed down.",
    "throttle.ip.policing": "What goes to its addresses is held to a fixed rate.",
    "throttle.ip.shaping": "What goes to its addresses is queued to a fixed rate.",
    "throttle.ip.loss": "Packets to and from its addresses are dropped.",
    "throttle.ip.delay": "What goes to its addresses is delayed.",
}
"""What its mechanisms mean, by the path that verdicts carry."""
