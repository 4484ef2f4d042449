"""When things are begun, repeated and given up, and how often: every such number of a plan.

How many failures a claim needs is the evidence's own business: `msgprobe.evidence.facts.TRIES`.
"""

from msgprobe.evidence.lasting import LASTING, SYN_AGAIN

TRAIN, TRAIN_SPACING = 25, 0.04
"""A train: as many packets a second as speech has, for one second."""

TRAIN_SECONDS = TRAIN * TRAIN_SPACING
"""What sending a train takes."""

# -- how long, and how far apart: seconds

SPACING = 3.0
"""Seconds between the starts of repeated attempts, at least (techniques: residual, handover)."""

SOON = 1.0
"""The same where no accident is over so soon, nor looks so: it is only to be seen again."""

PATIENCE = 8.0
"""Seconds that a conversation may take on an unknown path: three SYN retransmissions (1+2+4 s)
of the classic kernel and one second for the answer."""

LONGEST = 25.0
"""Seconds that a conversation may take on the slowest path: five SYN retransmissions would take
31 s (RFC 6298), and then the run would be over."""

SPAN = LASTING + 0.3
"""Seconds from the beginning of a service's first attempt to the end of its last one: servers that
are begun again are back by then. A clock may be late by some."""

LAST_KNOCK = LASTING + 0.05 - SYN_AGAIN
"""Seconds from the beginning of a service's first attempt to that of its last one where first
packets get no answer: a repeat of it is sent when servers that are begun again are back."""

SILENT_UNTIL = 11.0
"""Seconds of a run by which attempts on a line that nothing was heard on are over: three seconds
apart, the second ones had the time of an unknown path."""

SENT_AGAIN = 0.3
"""Seconds beside round trips after which what was lost once has been sent again on a short way (RFC
6298 as Linux has it: 0.2 s and some)."""

LEAST_AGAIN = 4.0
"""Seconds that any further attempt is given: its SYN and two repeats of it (at 1 and 3 s)."""

LATE = SPAN - LEAST_AGAIN
"""Seconds of a run after which whoever begins is given no more than that on a brisk line."""

TURN = 2.0
"""Seconds that conversations naming a host wait for earlier ones that name it, at most."""

LISTEN = 3.0
"""Seconds that an answer from nowhere is waited for."""

NOWHERE_TIMES = 4
"""How often each host without DNS is asked for a neutral name where such answer for a service's."""

NEAR = 1.0
"""Seconds in which a tunnel here or nearby has accepted a connection, a repeated SYN included."""

LINGER = 2.0
"""Seconds to keep listening for a second answer (experiment D4); the slowest true answer over a
satellite and a busy resolver comes within that."""

SHARE_SPACING = 0.25
"""Seconds between the starts of handshakes with one name that are counted."""

ANSWERED = 10.0
"""Round trips after which any conversation is over that is not held up: TCP, TLS, a question, an
answer, and as long again."""


def knocking(rtt: float, *, brisk: bool) -> float:
    """Seconds for a first packet and two repeats of it, and for what is answered to the last one:
    not at once on a line that is no brisk one."""
    return SYN_AGAIN + max(SENT_AGAIN if brisk else 2.0, ANSWERED * rtt)


QUIET_BEFORE_ALONE = 1.5
"""Seconds without any conversation that names the host, before the next step begins."""

PROMPT = 2.5
"""Seconds beside round trips in which an honest server answers, one lost packet included."""

FOUR_TIMES = 1.4
"""Seconds beside round trips after which a ClientHello has been sent four times on a short way (RFC
6298: 0.2 s, and doubled each time, as Linux has it): where the line loses one packet in fifty at
most, it lost all four once in six million times. Behind a lost SYN it has been sent three times."""

TOO_LATE = 1.0
"""Seconds beyond the round trip after which a packet of a call is as good as lost."""

AFTERMATH = 0.5
"""Seconds beside two round trips after which a name has been said to a server, and whoever minds
has acted: is it still there for others?"""

OVERDUE = 1.5
"""Seconds after which an unanswered conversation no longer occupies the line, and on a brisk one is
looked into: what was lost once had been sent again after one (RFC 6298), and answered."""

HEARD = 1.1
"""The same where the connection stands: what was said on it has been sent twice more (after 0.2 and
0.6 s: RFC 6298, as Linux has it), and each time there was as much time again for an answer."""

AS_LONG = 2.0
"""How many times as long as a small ClientHello's conversation a modern one's is waited for."""

AS_LATE = 1.25
"""How many times as long as a service's other answers took to begin a transfer of it may take at
least, so that it begins as well."""

SHOWN = 3.0
"""How many times as long, beyond what is not told apart on a way, a limited transfer of a pair is
to take as all but the burst that limiters let pass."""

TRANSFER_PATIENCE = 10.0
"""Seconds that a transfer may take: what needs more moves 64 KiB at 52 kbit/s, which nobody takes
for an ordinary speed."""

LATE_NAME = 1.0
"""Seconds that a source's name may take before the others go first."""

ONE_MOMENT = 1.0
"""Seconds between questions that a line loses all of, or none: it is dead for as long, or not."""

LEAST_TRANSFER_PATIENCE = 3.0
"""Seconds that any transfer may take, however fast the others were: a lost SYN and a lost segment
at the end cost that much (RFC 6298: 1 s each, doubled once)."""

FAST_PATIENCE = 2.0
"""Seconds of a transfer once another one was slow: enough to see as much, and the others wait."""

# -- until when, in seconds of a default run

SURVEY_UNTIL = 24.0
"""The first look at speeds is cut short then, so that what was slow can still be looked into."""

PAIRS_UNTIL = 26.0
"""Paired transfers begin no further block after that: one takes some four seconds."""

PROMISING_UNTIL = 32.5
"""The same where most pairs so far were slow, or all transfers beside neutral ones, so that more
may decide."""

DECIDING_UNTIL = 34.5
"""The same where all pairs were slow, at both ends: the next block decides."""

FAR_SURVEY_UNTIL, FAR_PAIRS_UNTIL, FAR_PROMISING_UNTIL, FAR_DECIDING_UNTIL = 27.0, 32.0, 36.0, 37.0
"""The four of them where the way is long: a transfer takes some three seconds, a block six, and
three must tell. Pairs of a crowded line too."""

CROWDED_SURVEY_UNTIL = 31.0
"""The first of them where few flows are let in at a time: all before takes so long."""

MONITOR_UNTIL = 33.0
"""No further look at the line begins after that, for it could not end in time."""

BEGIN_UNTIL = 33.0
"""Nothing new is begun after that, unless to look closely at speeds: it ends ten seconds later."""

ENOUGH = 42.0
"""Seconds by which a run should be over, however slow the line is."""

# -- what counts as which line, and what follows

SLUGGISH = 0.8
"""Seconds that a typical neutral conversation takes beyond its round trips on a slow line."""

SLOW_RTT = 0.45
"""Seconds of round trip from which on fewer addresses are tried."""

FAR_RTT = 0.15
"""Seconds of round trip from which on a line is taken for mobile radio of the third generation or
a satellite's, which few conversations fill (facts: 1 Mbit/s and 250 ms)."""

FAR_PACE = 0.03
"""Seconds between starts on such a line: about what it takes to carry a conversation. More at once
would wait in its queue, and look like silence."""

SETTLING = 1.5
"""Seconds after the first neutral answers for which the services wait while most others lack."""

MANY_UNANSWERED = 0.5
"""Share of neutral conversations without an answer from which on a line cannot take so many."""

FEW_UNANSWERED = 0.25
"""The same up to which a line may be brisk: a site or two may be dead."""

CHOKING = 0.05
"""Share of segments that such a line loses at least; where none is lost, the sites that do not
answer have reasons of their own."""

BRISK_LOSS = 0.02
"""Share of segments that a brisk line loses at most."""

TELLING_SEGMENTS = 40
"""Segments from which on the share of those that had to be sent again tells of the line."""

SLOW_SOURCE = 2.0
"""Seconds for a neutral transfer of the first look, six round trips not counted, from which on the
line itself is too slow to compare anything."""

MONITOR_EVERY = 2.5
"""Seconds between the starts of two looks."""

MONITOR_PATIENCE = 6.0
"""Seconds that one look may take: a SYN with two repeats, and what is left for the answer."""

MONITOR_MOST = 11
"""Looks at most: together some 28 s."""

STUCK = 3.0
"""Seconds for a neutral transfer of the first look, which takes one or two on a line that is not
slow."""

SEVERAL = 2
"""Services whose transfers stand still together, from which on the line itself may do so; and
neutral sites that are asked at once, where nothing else says yet whether it does."""

STEADY = 4
"""Looks in a row that went well, after which the line is taken to be back."""

LAST_CONTROLS = 4
"""Neutral conversations, the last ones, that say whether the line works just now."""

# -- how many

SITES = 5
"""Neutral sites abroad that are asked, one a network: three must answer for a claim, and two may be
blocked themselves."""

SPARE_SITES = 3
"""More of them that are asked where some show certificates that nobody vouches for: a box that
re-signs often exempts some names, and three owners must agree before it is known."""

SENTINELS = 4
"""Captive-portal pages that are asked for, one an owner: two of them must be changed alike."""

HOLE_HOSTS = 2
"""Hosts whose other ports are tried where nothing answers."""

NEUTRAL_NAMES = 2
"""Neutral names that experiments need: one to show, and one that a server does not own."""

TELLING_NETWORKS = 2
"""Networks in which nothing of a service works before somebody could be accused for it."""

SMALL_SITES = 3
"""Neutral sites that are tried with small segments."""

BIG_HELLOS = 3
"""Sites that get a big ClientHello: one, and two more only when that one hangs."""

BESIDE_MODERN = 9
"""Big ClientHellos to neutral sites, in all, where those of a service die: none of nine dies, and
five or more of a name's do, by luck once in a thousand times (Fisher's exact test)."""

HOMES = 3
"""Domestic sites that are asked for a foreign name."""

CONTROLS_AFTER = 4
"""Sites that are asked again beside failing targets, one a network: one more than a claim needs."""

ENOUGH_CONTROLS = 3
"""Sites that suffice for that: a line is well where two of them answer, and one may be dead."""

ADDRESSES = 3
"""Addresses of one name that may be dialled at most, in one experiment."""

MANY_HANDSHAKES = 10
"""Handshakes with a name at its own addresses, and as many at neutral servers, where some fail:
with the first attempts of every run enough to tell a third that fails from none (Fisher, 1e-3)."""

SHARED_NAMES = 2
"""Names of a service that are asked so often: who strikes some of a service strikes most of it."""

SHARED_IN_ALL = 4
"""Names of a run that are asked so often: each costs some 60 kB."""

SHARES_AT_ONCE = 2
"""Of these with one name at the same time: four are frozen by some boxes (D13)."""

SIX_A_POOL = 2
"""Names of a pool, in the catalogue's order, that are dialled over IPv6 beside IPv4: who drops a
service's IPv6 drops a prefix of it, and the line is spared the rest."""

REPEATED = 2
"""Conversations of a pool that are repeated where all of it dies at the ClientHello: what is the
trigger is found out by changing things, not by more of the same."""

WIDEN = 2
"""Members that are added to a pool's sample when one of the sample failed."""

NAMES_A_POOL = 2
"""Failing names of a pool that get the name swap (D6) at most; the first also gets D7."""

SWAP_SERVERS = 2
"""Neutral servers that a service's name is taken to at most."""

MOST_TURNS = 6
"""Neutral names that one neutral server is shown at most, in turn with those of services."""

SWAPPED_ADDRESSES = 1
"""Addresses of a name that are shown a neutral one; rules ask for several names, not addresses."""

ENCRYPTED = 2
"""Encrypted resolvers of different operators that are asked at first."""

SPARE_ENCRYPTED = 2
"""Further ones that are asked, each in the place of one that fails or hangs."""

NAMES_A_SERVICE = 16
"""Names of one service that are asked for elsewhere."""

ELSEWHERE_A_NAME = 3
"""Addresses of a name that only others give, and that are dialled."""

PORTS_A_POOL = 3
"""Addresses of a pool that are asked on another port."""

WORDS_A_POOL = 3
"""Addresses of a pool that are spoken to otherwise."""

DEAD_PORTS = 4
"""Machines of a service that are asked on another port."""

TARGETED_SITES = 3
"""Sites that are asked so while nothing abroad answers."""

SHAPED_SITES = 3
"""Neutral sites that are asked with another program's ClientHello."""

SHAPED_NAMES = 6
"""Names of a service that are asked in other shapes at most: the program looks the same to all of
them, and the bytes are needed for repeats in the usual shape."""

FEW_AT_ONCE = 4
"""First packets that may be unanswered when another one goes out, where more at once are lost: as
many as a TCP sender begins with (RFC 3390)."""

WAITING = 3 * FEW_AT_ONCE
"""Tasks that wait for their turn on such a line: so few that what tells more can come before what
was wanted earlier."""

CROWD = 2
"""Conversations at the same time, at least."""

MODERN_NAMES = 2
"""Names of a service, of different zones if it can be, greeted as modern clients do: 6 kB each."""

SERIES = 2
"""Times that a suspicion is looked into: once more where the line was dead."""

CALL_SERVERS = 3
"""Neutral call servers asked at first, each in another network."""

MORE_CALL_SERVERS = 6
"""Neutral call servers asked where a service's own does not answer."""

CALLS_A_POOL = 3
"""Addresses of a pool that are asked in another way."""

TRAINS = 2
"""A second train where the first lost much."""

SUSPICIOUS_LOSS = 3
"""Packets of a train from which on it is worth a second one."""

PATHS_A_POOL = 2
"""Members of a pool that are tried through the proxy."""

PROXY_CONTROLS = 2
"""Neutral sites that are asked for through the proxy before it is given up."""

NEUTRAL_EVERY = 4
"""Own transfers of the first look between two neutral ones."""

SURVEYS = 2
"""Transfers of an asset in the first look: two normal ones end the sequential test. Where a service
has as many assets that way, each is moved once, for they stand for one another as far as nothing
strikes; ``--throttle`` moves each so often."""

PAIRED_AT_ONCE = 2
"""Assets that are compared in pairs at the same time: more would slow each other down."""

FAIR_RESOLVERS = 2
"""Operators of public resolvers that are needed, for each way of asking."""

COMPARED = 3
"""Networks of neutral transfers, and of call servers, that a comparison needs."""
