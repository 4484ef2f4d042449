"""How long, how often and where QUIC is asked: what no other plan needs."""

INITIALS = 3.0
"""Seconds in which QUIC sends an Initial packet three times (RFC 9002: after one, and two more)."""

LEAST_WAIT = 2.0
"""Seconds that an answer to the last of the Initial packets has at least, on a line that is not
brisk."""

TIMES_AS_LONG = 3.0
"""How many times as long as the slowest answer over QUIC took it has, if that is more."""

MANY_LOST = 0.15
"""Share of our segments: a line that loses more of them gets the time of an unknown one. Where this
many are lost each way, all nine Initial packets of three attempts, or what answers them, are once
in a hundred thousand times, and a claim needs two such places."""

QUIC_SITES = QUIC_ADDRESSES = QUIC_FOREIGN = 2
"""Neutral servers, and addresses of a name: one is asked, the other when something is silent; and
silences after which a neutral server takes no foreign name: one may be the line's."""
