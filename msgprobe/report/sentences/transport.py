"""Sentences about addresses, UDP, QUIC and protocols of their own, by rule."""

from collections.abc import Mapping
from typing import Final

WHY: Final[Mapping[str, str]] = {
    "http.refused_by_service": "The genuine service answers and turns this client or country away "
    "itself: nobody on the way interferes.",
    "tcp.timeout.alive": "Every address is silent in repeated tries while the same machines answer "
    "on another port and neutral sites in several networks work.",
    "tcp.timeout.everywhere": "Every address in several networks is silent in repeated tries while "
    "neutral sites work and the names are right. (A rare total outage would look the same.)",
    "ip.unreachable.alive": "Routers on the way answer 'unreachable' for every address while the "
    "same machines answer on another port.",
    "ip.unreachable.everywhere": "Routers on the way answer 'unreachable' for every address in "
    "several networks while neutral sites work. (A rare total outage would look the same.)",
    "tcp.refused.alive": "Every address refuses in repeated tries while the same machines answer "
    "on another port.",
    "tcp.refused.early": "The refusal came sooner than the server could have answered: something "
    "nearer sent it.",
    "protocol.mtproto.other_form": "The genuine servers answer when their protocol is spoken in "
    "another form, and never as the apps speak it: something on the way recognises that form.",
    "protocol.elsewhere.*": "The first message of its own protocol does not arrive at neutral "
    "servers either, in two networks, while other messages to the same servers arrive. So the "
    "protocol is filtered.",
    "protocol.*": "The connection was broken off at the first message of the messenger's own "
    "protocol, sooner than the server could have done it: something nearer did.",
    "protocol.mtproto.other_words": "The servers answer plain HTTP and not Telegram's own "
    "protocol, in several networks. So the protocol is filtered.",
    "protocol.impostor": "Something answers in the messenger's own protocol and could not prove "
    "that it is the messenger: an impostor, or the service has a key that this version does "
    "not know. Do not log in until you know.",
    "tcp.brief": "Every address failed in repeated tries, but for less than 15 seconds: servers "
    "that are being restarted look the same. Try again.",
    "tcp.refused.everywhere": "Every address refuses the connection: a censor that forges refusals "
    "and a service that closed the port look the same from one place.",
    "tcp.one_network": "It is cut off, but it is one server or one network only: blocking and an "
    "outage of that one place look the same.",
    "udp.stun.other_form": "The call server answers when it is asked in an older form, and never "
    "as clients ask: something on the way recognises call traffic.",
    "udp.stun.everywhere": "Call traffic is recognised and dropped, whoever it is for: neutral "
    "call servers answer too, but only when they are asked in an older form.",
    "udp.drop.transport": "The call servers answer over TCP and never over UDP, in several "
    "networks, while neutral call servers on the same port answer over UDP.",
    "udp.policy": "Calls cannot get out of this network, whoever they are for: no neutral call "
    "server answers either. That is a policy (or a fault) of the network, not aimed at one "
    "service.",
    "udp.port": "The port that calls start on is closed here for everybody: neutral call servers "
    "answer on other ports only.",
    "udp.unanswered": "Its call server does not answer while neutral ones do: it may be cut off, "
    "or it may answer members alone.",
    "http.blockpage": "Over plain HTTP the service's own address shows a page that is not the "
    "service's.",
    "udp.loss": "Many more packets to its call server are lost than to neutral ones at the same "
    "time, twice in a row: calls would break up.",
    "protocol.mtproto.some_die": "Servers in several networks fell silent at the first message of "
    "Telegram's own protocol, and their port has been dead since, while the machines "
    "themselves answer: something on the way blocks some of them. Other servers answer, so it "
    "works in part.",
    "tcp.loss": "It answers, but far more of what is sent to it is lost on the way than to all "
    "others.",
    "quic.sni": "What names it inside QUIC is dropped on the way.",
    "quic.sni_residual": "Once it is named inside QUIC, that server is cut off for every name.",
    "quic.sni_here": "What names it inside QUIC is not answered, other names at the same addresses "
    "are.",
    "quic.name_untold": "Inside QUIC its name gets no answer, other names at the same addresses "
    "do. Too little was asked to know why.",
    "quic.tcp_works": "Over TCP it works.",
}
"""What is said where the rule speaks."""

PROVES: Final[Mapping[str, str]] = {
    "http.refused_by_service": "an authenticated 403, 429 or 451",
    "tcp.timeout.alive": "every address in two networks silent, and an asymmetry shows the service "
    "alive",
    "tcp.timeout.everywhere": "every address in two networks or more silent in repeats, controls "
    "in three hold",
    "ip.unreachable.alive": "every address in two networks unreachable, and an asymmetry shows "
    "them alive",
    "ip.unreachable.everywhere": "every address in two networks or more unreachable in repeats, "
    "controls hold",
    "tcp.refused.alive": "every address in two networks refuses, and an asymmetry shows the "
    "service alive",
    "tcp.refused.early": "an artefact: the refusal came faster than the path to that address "
    "allows",
    "protocol.mtproto.other_form": "same address and port, the genuine server proves itself in "
    "another form of the protocol, in two networks, while repeats in the apps' own form fail",
    "protocol.elsewhere.*": "neutral servers in two networks do not acknowledge the protocol's "
    "first message, and answer TLS in the same seconds",
    "protocol.*": "an artefact: the end came faster than the path to the server allows",
    "protocol.mtproto.other_words": "same address, another protocol works, in two networks",
    "protocol.impostor": "an answer in the messenger's own protocol without its key",
    "tcp.brief": "every address in two networks fails alike, for less than fifteen seconds",
    "tcp.refused.everywhere": "every address refuses, and nothing else",
    "tcp.one_network": "silence of a single server or network",
    "udp.stun.other_form": "same address and port answers the older form of STUN while repeats in "
    "the form that clients use fail",
    "udp.stun.everywhere": "neutral call servers in two networks answer the older form alone, none "
    "answers the form that clients use",
    "udp.drop.transport": "the same addresses and ports of two names in two networks answer STUN "
    "over TCP, neutral servers in two networks answer over UDP on that port",
    "udp.policy": "no neutral call server in three networks answers either",
    "udp.port": "neutral call servers on the same port are silent too, on others they answer",
    "udp.unanswered": "silence of a call server, and nothing that shows it alive",
    "http.blockpage": "an artefact: a page that the service does not serve, on its own address",
    "udp.loss": "twice, more packets of a call are lost than those to neutral servers in two "
    "networks at the same time (Fisher's test)",
    "protocol.mtproto.some_die": "in two networks, servers fall silent at the protocol's first "
    "words and their port is dead from then on, while another port of the same machine "
    "connects",
    "tcp.loss": "far more segments lost than in all other conversations of the run (exact test)",
    "quic.sni": "the fault follows the name in the Initial packet to a neutral server, and another "
    "address shows it too",
    "quic.sni_residual": "neutral servers in two networks answer until the service is named there, "
    "then nothing any more",
    "quic.sni_here": "at addresses in two networks another name or version negotiation is answered "
    "while the service's name meets silence; no neutral server answered to that name",
    "quic.name_untold": "at the same address another name or version negotiation is answered while "
    "the service's name meets silence; no neutral server answered to that name",
}
"""What kind of evidence allows its word."""

MECHANISMS: Final[Mapping[str, str]] = {
    "tcp.timeout": "Its addresses are cut off in silence.",
    "tcp.refused": "Connections to its addresses are refused on the way.",
    "ip.unreachable": "Routers declare its addresses unreachable.",
    "http.blockpage": "A block page is shown.",
    "udp.stun": "Call traffic (STUN) is recognised and dropped.",
    "udp.drop": "Datagrams to its call servers are dropped.",
    "quic.sni": "QUIC that names it is dropped.",
    "protocol.noise": "Its own protocol (Noise) is recognised and ended.",
    "protocol.mtproto": "Telegram's own protocol is recognised and dropped.",
}
"""What its mechanisms mean, by the path that verdicts carry."""
