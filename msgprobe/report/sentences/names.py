"""Sentences about names and resolvers, by rule."""

from collections.abc import Mapping
from typing import Final

WHY: Final[Mapping[str, str]] = {
    "dns.nxdomain.validated": "The resolver says that the name does not exist; another resolver "
    "gives an address and the genuine service answers there.",
    "dns.*": "The resolver of this connection does not give this service's names, no encrypted one "
    "can be asked, and the genuine service answers at the addresses it is known by.",
    "dns.nxdomain.acquitted": "The resolver says that the name does not exist; encrypted resolvers "
    "know it.",
    "dns.refused.validated": "The resolver refuses this name alone; another resolver gives an "
    "address and the genuine service answers there.",
    "dns.servfail.validated": "Resolvers of several operators fail for this name alone when they "
    "are asked in the open; encrypted DNS gives an address and the genuine service answers "
    "there.",
    "dns.timeout.validated": "Questions for this name alone get no answer; encrypted DNS gives an "
    "address and the genuine service answers there.",
    "dns.timeout.acquitted": "Questions for this name alone get no answer anywhere; encrypted "
    "resolvers know it.",
    "dns.refused.acquitted": "The resolver refuses this name alone; encrypted resolvers know it.",
    "dns.servfail.acquitted": "Resolvers fail for this name alone; encrypted resolvers know it.",
    "dns.injection.bogon": "The name is answered with an address where no public service can live.",
    "dns.injection.race": "One question got two contradicting answers: somebody on the way races "
    "the resolver.",
    "dns.injection.phantom": "A host that runs no resolver answered for this name: the answer is "
    "made on the way.",
    "dns.injection.blockpage": "The name leads to a host that shows a page of its own; the genuine "
    "service answers at another address.",
    "dns.injection.validated": "The name leads to a wrong address; another resolver gives one "
    "where the genuine service answers.",
    "dns.servfail.one_resolver": "The resolver of this connection fails for several names of this "
    "service, in zones of their own, and gives all others; other resolvers know them. Another "
    "resolver helps.",
    "dns.servfail.few_names": "The resolver of this connection fails for this name, others do not. "
    "A resolver that was told to fail and one that does not reach the service's own name "
    "servers look the same. Another resolver helps.",
    "dns.timeout.others": "The resolver of this connection answers nobody. Other resolvers answer "
    "questions for other names, but questions for these names get no answer; encrypted DNS gives "
    "an address.",
    "dns.timeout.one_resolver": "The resolver of this connection is silent about several names of "
    "this service, in zones of their own, and gives all others; other resolvers know them. "
    "Another resolver helps.",
    "dns.timeout.few_names": "The resolver of this connection is silent about this name, others do "
    "not. A resolver that was told to fail and one that does not reach the service's own name "
    "servers look the same. Another resolver helps.",
    "dns.one_resolver": "The resolver of this connection fails for this name, others do not, and "
    "the genuine service answers. A resolver that was told to fail and one that does not "
    "reach the service's own name servers look the same. Another resolver helps.",
    "dns.injection.beside": "The name leads to a wrong address as well.",
    "dns.injection.page": "The name also leads to a host outside the service's networks that shows "
    "a page of its own, while encrypted DNS leads into them.",
    "dns.injection.half": "The name is answered with an address where no public service can live, "
    "beside those at which the service answers: one family, or one of several addresses, is "
    "forged. Which one an app takes is chance.",
    "dns.injection.late": "Hosts that run no resolver answer for this name: somebody on the way "
    "makes up answers. This time the true one got through as well.",
    "dns.in_a_tunnel": "Names are answered here with addresses that a tunnel made up. Servers "
    "there are asked only for a proof of who they are, which these cannot give.",
    "dns.led_inside": "Names are answered here with made-up or wrong addresses (by a login page, a "
    "tunnel or a broken resolver). The service did not prove itself there, which says nothing "
    "about the service.",
    "dns.unresolved": "The name does not resolve here. Either no trustworthy resolver could be "
    "asked instead, or its answer does not show why.",
}
"""What is said where the rule speaks."""

PROVES: Final[Mapping[str, str]] = {
    "dns.*": "another resolver gives an address where the service proves itself",
    "dns.nxdomain.acquitted": "encrypted resolvers know the name at the service's own addresses",
    "dns.timeout.acquitted": "encrypted resolvers know the name at the service's own addresses",
    "dns.refused.acquitted": "encrypted resolvers know the name at the service's own addresses",
    "dns.servfail.acquitted": "encrypted resolvers know the name at the service's own addresses",
    "dns.injection.*": "an artefact that no honest network makes",
    "dns.injection.validated": "another resolver gives an address where the service proves itself",
    "dns.servfail.one_resolver": "one resolver fails for three names or more of the service in two "
    "zones, while it gives five neutral names, and encrypted resolvers give the service's",
    "dns.servfail.few_names": "one resolver alone fails for the name, or for names of one zone, "
    "while it gives five neutral names",
    "dns.timeout.others": "two operators' resolvers are silent to each of three questions or more "
    "for the service's names, and answer those for others that begin after that",
    "dns.timeout.one_resolver": "one resolver fails for three names or more of the service in two "
    "zones, while it gives five neutral names, and encrypted resolvers give the service's",
    "dns.timeout.few_names": "one resolver alone fails for the name, or for names of one zone, "
    "while it gives five neutral names",
    "dns.nxdomain.known_address": "no encrypted resolver can be asked, this one denies two names, "
    "and the service proves itself at the addresses that the catalogue knows them by",
    "dns.refused.known_address": "no encrypted resolver can be asked, this one denies two names, "
    "and the service proves itself at the addresses that the catalogue knows them by",
    "dns.servfail.known_address": "no encrypted resolver can be asked, this one denies two names, "
    "and the service proves itself at the addresses that the catalogue knows them by",
    "dns.timeout.known_address": "no encrypted resolver can be asked, this one denies two names, "
    "and the service proves itself at the addresses that the catalogue knows them by",
    "dns.one_resolver": "one resolver alone fails for the name or is silent about it",
    "dns.injection.beside": "the name leads to an address that shows what it is, or that several "
    "names share; two operators' encrypted resolvers, or the service's own addresses, say "
    "otherwise, and at the true one something else interferes",
    "dns.injection.page": "the name leads out of the service's networks to a page of somebody's "
    "own",
    "dns.injection.half": "an artefact: an impossible address beside those at which the service "
    "answers, which encrypted DNS and neutral names never get",
    "dns.injection.late": "an artefact: two hosts without a resolver answer for the name, and for "
    "no neutral one, while the service answers where its true address leads",
    "dns.in_a_tunnel": "a tunnel carries what proves itself, and these servers have no way to",
    "dns.led_inside": "neutral names are answered with wrong addresses too, or with some inside "
    "this device or network at which other services prove themselves",
    "dns.unresolved": "the name does not resolve, and nothing trustworthy shows why",
}
"""What kind of evidence allows its word."""

MECHANISMS: Final[Mapping[str, str]] = {
    "dns.nxdomain": "The resolver says that its name does not exist.",
    "dns.injection": "Its name is answered with a wrong address.",
    "dns.injection.bogon": "Its name is answered with an impossible address.",
    "dns.injection.blockpage": "Its name leads to a block page.",
    "dns.refused": "The resolver refuses its name.",
    "dns.servfail": "The resolver fails for its name alone.",
    "dns.timeout": "Questions for its name vanish.",
}
"""What its mechanisms mean, by the path that verdicts carry."""
