"""Sentences about what of a pool answers, and what was not tested, by rule."""

from collections.abc import Mapping
from typing import Final

WHY: Final[Mapping[str, str]] = {
    "ok.authenticated": "The genuine service answered and proved who it is.",
    "ok.with_error": "The genuine service answers, with an error (5xx). Nothing on the way "
    "interferes; whether everything behind that server works was not shown.",
    "ok.own_protocol": "A server answered in the messenger's own protocol.",
    "ok.own_filter": "A filter of your own (on this device or your router) hides the name; asked "
    "elsewhere, the genuine service answers.",
    "ok.own_override": "This device overrides the name itself (a hosts file?); asked directly, the "
    "genuine service answers.",
    "ok.other_resolver": "The genuine service answers when another resolver is asked; only the "
    "resolver of this connection is broken.",
    "down.server_errors": "The genuine service answers with errors of its own where it should give "
    "another answer.",
    "down.names_fail": "The service's own name servers fail for everybody: encrypted resolvers of "
    "two operators say so.",
    "down.names_gone": "None of the service's names exists any more, for anybody: encrypted "
    "resolvers of two operators say so. It has given them up, or lost them.",
    "down.beacon": "The service itself reports an outage.",
    "pool.one_member": "{ok} of {tested} servers ({pool}) answer. The one that does not may have "
    "been retired, or it is cut off here.",
    "pool.member_hit": "{ok} of {tested} servers ({pool}) answer; what happens to the others is "
    "done on the way.",
    "pool.half_hit": "Servers ({pool}) answer at some of their addresses; what happens at the "
    "others is done on the way. Which one an app meets is chance.",
    "pool.half.*": "Servers ({pool}) answer at some of their addresses and fail at others, several "
    "names in several networks alike. Which one an app meets is chance. A fault of the "
    "service's own may look the same.",
    "pool.some_members": "Only {ok} of {tested} servers ({pool}) answer.",
    "pool.reserve_only": "The usual port fails; the servers answer on another port only.",
    "pool.some_members.*": "Only {ok} of {tested} servers ({pool}) answer; the others all fail "
    "alike.",
    "pool.gone": "The names do not exist any more: what this version knows of the service is too "
    "old.",
    "failed.unexplained": "It does not work here while neutral sites do; what was measured cannot "
    "tell blocking from a fault of the service.",
    "pool.untested": "It was not tested.",
    "pool.cut_short": "The run was stopped before an answer or a failure was certain.",
    "pool.front_only": "Only the front end of this function was tested, and it answers.",
    "pool.front_fails": "Only the front end of this function was tested, and it fails.",
    "pool.old_facts": "What this tool knows about the service may also be out of date.",
    "pool.not_asked": "It was not asked for.",
    "pool.front_answers": "It answers.",
}
"""What is said where the rule speaks."""

PROVES: Final[Mapping[str, str]] = {
    "ok.authenticated": "an authenticated answer",
    "ok.with_error": "an authenticated 5xx where nothing says that another answer was due, or of "
    "one server",
    "ok.own_protocol": "an answer in the messenger's own protocol, bound to our question",
    "ok.own_filter": "a filter of the user's own: a resolver known to filter, or one that hides "
    "advertising names too",
    "ok.own_override": "an override on this machine: its own resolver says otherwise",
    "ok.other_resolver": "the connection's resolver fails for every name; the service answers "
    "elsewhere",
    "down.server_errors": "an authenticated 5xx where the catalogue says what should have come, "
    "from two members or twice 30 s apart",
    "down.names_fail": "SERVFAIL over encrypted DNS from two operators",
    "down.names_gone": "NXDOMAIN over encrypted DNS from two operators for every name of the "
    "service, three at least, and nothing of it answers",
    "down.beacon": "the service's own status name, by encrypted DNS",
    "pool.one_member": "one member of a pool does not answer, all others do, and nothing shows why",
    "pool.member_hit": "as many members as are needed answer, and another one is shown to be "
    "interfered with",
    "pool.half_hit": "names answer at some addresses or over one family, and what happens at the "
    "others is shown to be done on the way",
    "pool.half.*": "addresses of two names in two networks fail in every one of repeated attempts, "
    "while others of the service answer and neutral sites work",
    "pool.some_members": "fewer members than the pool needs answer, but not none",
    "pool.reserve_only": "only the reserve ports answer",
    "pool.some_members.*": "fewer members than the pool needs answer, the others all fail alike",
    "pool.gone": "NXDOMAIN over encrypted DNS from two operators",
    "failed.unexplained": "a failure with a cheap explanation left",
    "pool.untested": "nothing was measured",
    "pool.cut_short": "the run ended before there was an answer",
    "pool.front_only": "an answer of a front end that does not show the function at work",
    "pool.front_fails": "a failure of what cannot show the function at work when it answers",
}
"""What kind of evidence allows its word."""
