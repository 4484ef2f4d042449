"""Sentences about ClientHellos and what comes after them, by rule."""

from collections.abc import Mapping
from typing import Final

WHY: Final[Mapping[str, str]] = {
    "tls.sni.elsewhere.reset": "A connection that names the service is reset even at a neutral "
    "server that has nothing to do with it, while that server's own name works. So the name "
    "is filtered.",
    "tls.sni.residual.reset": "A connection that names the service is reset, also at a neutral "
    "server that has nothing to do with it, and from then on that server is cut off for every "
    "name. So the name is filtered, and whoever sends it is cut off for a while.",
    "tls.sni.residual_beside.reset": "A connection that names it is reset. Another name of the "
    "service does so at neutral servers too, which are cut off for every name from then on: "
    "whoever sends such a name is cut off for a while.",
    "tls.sni.elsewhere.timeout": "A connection that names the service gets no answer even at a "
    "neutral server that has nothing to do with it, while that server's own name works. So "
    "the name is filtered.",
    "tls.sni.residual.timeout": "A connection that names the service gets no answer, also at a "
    "neutral server that has nothing to do with it, and from then on that server is cut off "
    "for every name. So the name is filtered, and whoever sends it is cut off for a while.",
    "tls.sni.residual_beside.timeout": "A connection that names it gets no answer. Another name of "
    "the service does so at neutral servers too, which are cut off for every name from then "
    "on: whoever sends such a name is cut off for a while.",
    "tls.sni.elsewhere.eof": "A connection that names the service is closed even at a neutral "
    "server that has nothing to do with it, while that server's own name works. So the name "
    "is filtered.",
    "tls.sni.residual.eof": "A connection that names the service is closed, also at a neutral "
    "server that has nothing to do with it, and from then on that server is cut off for every "
    "name. So the name is filtered, and whoever sends it is cut off for a while.",
    "tls.sni.residual_beside.eof": "A connection that names it is closed. Another name of the "
    "service does so at neutral servers too, which are cut off for every name from then on: "
    "whoever sends such a name is cut off for a while.",
    "tls.sni.elsewhere.alert": "A connection that names the service gets a forged alert even at a "
    "neutral server that has nothing to do with it, while that server's own name works. So "
    "the name is filtered.",
    "tls.sni.residual.alert": "A connection that names the service gets a forged alert, also at a "
    "neutral server that has nothing to do with it, and from then on that server is cut off "
    "for every name. So the name is filtered, and whoever sends it is cut off for a while.",
    "tls.sni.residual_beside.alert": "A connection that names it gets a forged alert. Another name "
    "of the service does so at neutral servers too, which are cut off for every name from "
    "then on: whoever sends such a name is cut off for a while.",
    "tls.sni.turned.*": "Its connections are cut off. Neutral servers that have nothing to do with "
    "it answered to its name, and from then on they are cut off for every name. So somebody "
    "looks for the name, and whoever sends it is cut off for a while.",
    "tls.sni.unacked": "The server's machine never even received the message that names the "
    "service, while one with a neutral name at the same address is answered: it is dropped on "
    "the way.",
    "tls.early.*": "The connection was broken off sooner than the server could have answered: "
    "something nearer did it.",
    "tls.same_address.*": "The servers answer a neutral name at once and fail under the service's "
    "own, for several names in several networks. One broken server cannot look like this.",
    "tls.one_front.*": "The server answers a neutral name and fails under the service's own: "
    "blocking by name, or a server that is broken for this one name. One name cannot tell.",
    "tls.split_name.*": "The genuine server answers as soon as the first message is sent in two "
    "pieces, cut inside the service's name, and under a neutral name even uncut. No server "
    "can see the cut: something on the way reads the name in single packets. (Programs that "
    "cut their ClientHello get through here.)",
    "tls.split.*": "The genuine server answers as soon as the first message is sent in two pieces. "
    "No server can see the cut: something on the way reads single packets. (Programs that cut "
    "their ClientHello get through here.)",
    "tls.fingerprint.early": "First messages that look like this program's are broken off sooner "
    "than the server could have done it, whatever they name; the genuine server answers "
    "another program's.",
    "tls.fingerprint.unacked": "First messages that look like this program's never reach the "
    "servers, in several networks and whatever they name; another program's is answered by "
    "the genuine servers.",
    "tls.fingerprint.unclear": "The genuine server answers another program's first message and not "
    "this one's: something on the way drops some programs, or the service itself keeps "
    "programs like this one away. Messengers that look otherwise may work.",
    "tls.post_handshake.elsewhere": "The servers prove who they are, then every request dies. The "
    "same happens at a neutral server that has nothing to do with the service once it is "
    "addressed by the service's name, while another name is answered there. So the name is "
    "filtered.",
    "tls.post_handshake.same_address": "The servers prove who they are, then every request dies, "
    "while requests under a neutral name are answered on the same addresses, for several "
    "names in several networks. One broken server cannot look like this.",
    "tls.post_handshake.one_front": "The server proves who it is, then every request dies, while "
    "one under a neutral name is answered there: blocking of what follows the TLS handshake, "
    "or a server that is broken for this service.",
    "tls.post_handshake.backend": "The server proves who it is, then every request dies. At a "
    "neutral server a request that names the service is answered, so its name alone is not "
    "what matters: more likely what stands behind the service's front hangs.",
    "tls.residual": "After the name was seen, the same pair of ports stays dead for a while, "
    "whatever is said (residual censorship).",
    "tls.conn_count": "Several connections at the same time freeze, again and again; a single one, "
    "alone, is answered by the genuine server. Something counts the connections.",
    "tls.answered_alone": "Several connections at the same time froze, and a single one, alone, "
    "was answered by the genuine server: something counts the connections, or what was wrong "
    "has passed.",
    "tls.share.elsewhere.*": "A share of the connections that name the service fails, at its own "
    "addresses and at a neutral server that has nothing to do with it, while other names fail "
    "nowhere so often. So the name is filtered, and the filter lets some pass.",
    "tls.share.unclear": "Some of the connections to servers ({pool}) fail and others are "
    "answered: too many fail to call that chance, and too few were tried to say more.",
    "tls.share.*": "A share of the connections to servers ({pool}) fails, far more than of those "
    "to neutral sites in the same minutes: servers that are overloaded, or something on the "
    "way.",
    "tls.modern.elsewhere.reset": "Small first messages (ClientHello) are answered; those of "
    "browsers and newer apps are reset. The same happens to its name at a neutral server that "
    "has nothing to do with it, where another name passes. So the name is filtered.",
    "tls.modern.elsewhere.timeout": "Small first messages (ClientHello) are answered; those of "
    "browsers and newer apps get no answer. The same happens to its name at a neutral server "
    "that has nothing to do with it, where another name passes. So the name is filtered.",
    "tls.modern.elsewhere.eof": "Small first messages (ClientHello) are answered; those of "
    "browsers and newer apps are closed. The same happens to its name at a neutral server "
    "that has nothing to do with it, where another name passes. So the name is filtered.",
    "tls.modern.elsewhere.alert": "Small first messages (ClientHello) are answered; those of "
    "browsers and newer apps get a forged alert. The same happens to its name at a neutral "
    "server that has nothing to do with it, where another name passes. So the name is "
    "filtered.",
    "tls.modern.elsewhere.post_handshake": "Small first messages (ClientHello) are answered; those "
    "of browsers and newer apps die once the handshake is done. The same happens to its name "
    "at a neutral server that has nothing to do with it, where another name passes. So the "
    "name is filtered.",
    "tls.modern.early.*": "Small first messages (ClientHello) are answered; those of browsers and "
    "newer apps are broken off sooner than the server could have done it, and neutral sites "
    "answer such.",
    "tls.modern.most": "Small first messages (ClientHello) are answered; those of browsers and "
    "newer apps are not, and most neutral sites do not answer such either. Something on the way "
    "drops them, whoever is asked.",
    "tls.modern.unclear": "Small first messages (ClientHello) are answered; those of browsers and "
    "newer apps are not, and neutral sites answer such. Something on the way drops them, or "
    "the service's own servers do.",
    "tls.modern.unfinished": "Small first messages (ClientHello) are answered; two of those that "
    "browsers and newer apps send were not, which is too few to say more.",
}
"""What is said where the rule speaks."""

PROVES: Final[Mapping[str, str]] = {
    "tls.sni.elsewhere.*": "the fault follows the target's name to a neutral server",
    "tls.sni.residual.*": "neutral servers in two networks answer until a service's name is said "
    "there, then nothing any more, while others go on answering",
    "tls.sni.residual_beside.*": "the same for another name of the service, and this one's "
    "conversations die alike at its own addresses",
    "tls.sni.turned.*": "neutral servers in two networks answer to other names and to the "
    "service's, then nobody any more, while others go on answering and the service's own "
    "conversations die alike",
    "tls.sni.unacked": "the target's ClientHello alone goes unacknowledged on the same address",
    "tls.early.*": "an artefact: the answer came faster than the path to the server allows",
    "tls.same_address.*": "same address, neutral name works, for two names in two networks, which "
    "fail at neutral servers as well",
    "tls.one_front.*": "same address, neutral name works, for one name or network only, or the "
    "name is answered at a neutral server, or was not said to one",
    "tls.split_name.*": "same address, same bytes: the genuine server answers when they are cut "
    "inside the name, and a neutral name uncut, while repeats of the usual ClientHello fail",
    "tls.split.*": "same address, same bytes: the genuine server answers when they are cut in two, "
    "while repeats of the usual ClientHello fail",
    "tls.fingerprint.early": "any name dies in our shape of the ClientHello, sooner than the path "
    "allows; the genuine server answers another shape in between",
    "tls.fingerprint.unacked": "in two networks no ClientHello of our shape is acknowledged, "
    "whatever its name; the genuine servers answer another shape in between",
    "tls.fingerprint.unclear": "our ClientHello fails, one of another shape is answered; nothing "
    "says who minds",
    "tls.post_handshake.elsewhere": "data dies after the TLS handshake, and so it does under the "
    "target's name at a neutral server that answers other foreign names",
    "tls.post_handshake.same_address": "data dies after the TLS handshake, a neutral name is "
    "answered on the same address, for two names in two networks, and it died at a neutral "
    "server too",
    "tls.post_handshake.one_front": "data dies after the TLS handshake, a neutral name is answered "
    "on the same address, for one name or network only or although a neutral server answers "
    "to the name",
    "tls.post_handshake.backend": "data dies after the handshake, and a neutral server answers to "
    "the target's name",
    "tls.residual": "D12: the same four-tuple stays dead for a neutral name, a fresh port works",
    "tls.conn_count": "conversations at the same time freeze in repeats; single ones, alone, are "
    "answered by the genuine servers; those together freeze again",
    "tls.answered_alone": "conversations at the same time freeze in repeats; one alone is answered "
    "by the genuine server; that they freeze together again was not seen",
    "tls.share.elsewhere.*": "a share of the handshakes that name the service fails, here and at a "
    "neutral server, which other names and neutral sites do not (exact test, 1e-3 over all "
    "names)",
    "tls.share.unclear": "handshakes with one name fail by a chance of 1e-3 at most beside neutral "
    "ones, or of 1e-2 here and at neutral servers together, some of them after others were "
    "answered; or, in two networks, three names die since some second, two die over IPv4 or over "
    "IPv6 alone, or one dies always and was shown to no neutral server",
    "tls.share.*": "a share of the handshakes that name the service fails which neutral ones do "
    "not (exact test over the same minutes, 1e-3 over all names of the run)",
    "tls.modern.elsewhere.*": "same address, same name: small ClientHellos are answered, those of "
    "modern clients die; the name dies so at a neutral server that answers another foreign "
    "name in the same shape",
    "tls.modern.early.*": "same address, same name: small ClientHellos are answered, those of "
    "modern clients end sooner than the path allows; neutral sites answer such",
    "tls.modern.most": "same address, same name: small ClientHellos are answered, those of modern "
    "clients die, and so they do at most neutral sites",
    "tls.modern.unclear": "same address, same name: small ClientHellos are answered, those of "
    "modern clients die, and neutral sites answer such; nothing says who minds",
    "tls.modern.unfinished": "same address, same name: small ClientHellos are answered, two of "
    "modern clients died and none was answered, fewer than a claim needs",
}
"""What kind of evidence allows its word."""

MECHANISMS: Final[Mapping[str, str]] = {
    "tls.reset": "Connections are reset.",
    "tls.reset.sni": "Connections that name it are reset.",
    "tls.timeout": "Connections get no answer to their first TLS message.",
    "tls.timeout.sni": "Connections that name it get no answer.",
    "tls.alert": "Connections end with a forged alert.",
    "tls.alert.sni": "Connections that name it end with a forged alert.",
    "tls.fingerprint": "Connections that look like this program's are dropped or reset.",
    "tls.conn_count": "Several connections at the same time get no answer.",
    "tls.post_handshake": "Connections die after the TLS handshake.",
    "tls.post_handshake.sni": "Connections that named it die after the TLS handshake.",
}
"""What its mechanisms mean, by the path that verdicts carry."""
