"""Every question to a fleet's facts, once, in the SQL that DuckDB, ClickHouse and Spark share.

What keeps them alike: whole numbers and texts alone (shares are computed here, not there), no null,
every default of a window function written out, no cast but to BIGINT, no order of rows. `make
parity` compares the answers to the last row. A question stands on ``word`` or ``run``, which an
engine's `source` gives.
"""

from msgprobe.model.dataclass import dataclass
from msgprobe.model.fleet import BUCKET

LEAST = 3
"""Vantages that can tell, below which nothing is said of a cell."""

CAN_TELL = {
    "ok": ("ok", "online", "bad_link"),
    "degraded": ("degraded", "intermittent"),
    "throttled": ("throttled",),
    "blocked": ("blocked", "shutdown", "domestic_only", "allowlist", "no_internet"),
    "down": ("down",),
}
"""Which words a cell counts as which; of the connection's those under which it is cut off count as
``blocked``. All others (``inconclusive``, a fault of the device) cannot tell."""

_KEYS = "country, asn, service, function"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """Of what is asked. ``since`` (inclusive) and ``until`` (exclusive) are seconds since 1970;
    ``country``, ``service`` and ``function`` are plain words."""

    since: int | None = None
    until: int | None = None
    country: str | None = None
    service: str | None = None
    function: str | None = None

    def condition(self) -> str:
        """As SQL."""
        found = ["began >= 0" if self.since is None else f"began >= {int(self.since)}"]
        if self.until is not None:
            found.append(f"began < {int(self.until)}")
        for name in ("country", "service", "function"):
            value = getattr(self, name)
            if value is not None:
                if not value.replace("_", "").replace("-", "").isalnum():
                    raise ValueError(f"{value!r:.40} is no plain word")
                found.append(f"{name} = '{value}'")
        return " AND ".join(found)


def words(source: str, scope: Scope) -> str:
    """The words in question, as the beginning of a query."""
    return (
        "WITH word AS (SELECT country, asn, vantage, run_id, began, service, function, outcome, "
        f"mechanisms, vote FROM {source} WHERE {scope.condition()})"
    )


def _is(word: str) -> str:
    among = ", ".join(f"'{one}'" for one in CAN_TELL[word])
    return f"outcome IN ({among})"


def _sum(word: str) -> str:
    return f"SUM(CASE WHEN {_is(word)} THEN 1 ELSE 0 END) AS n_{word}"


_KNOWN = "(n_ok + n_degraded + n_throttled + n_blocked + n_down)"
_STATE = f"""CASE
    WHEN {_KNOWN} < {LEAST} THEN 'insufficient'
    WHEN 3 * n_ok >= 2 * {_KNOWN} THEN 'ok'
    WHEN 3 * n_blocked >= 2 * {_KNOWN} THEN 'blocked'
    WHEN 3 * n_throttled >= 2 * {_KNOWN} THEN 'throttled'
    WHEN 3 * (n_blocked + n_throttled) >= 2 * {_KNOWN} THEN 'blocked'
    WHEN 3 * n_down >= 2 * {_KNOWN} THEN 'down'
    WHEN 3 * n_degraded >= 2 * {_KNOWN} THEN 'degraded'
    ELSE 'mixed' END"""

_CELLS = f"""
counted AS (
  SELECT {_KEYS}, began - began % {BUCKET} AS bucket, COUNT(*) AS n_vantages,
    {", ".join(map(_sum, CAN_TELL))}
  FROM word WHERE vote GROUP BY {_KEYS}, began - began % {BUCKET}
),
cell AS (
  SELECT {_KEYS}, bucket, n_vantages, n_ok, n_degraded, n_throttled, n_blocked, n_down,
    {_STATE} AS state
  FROM counted
)"""

VOTES = "n_vantages, n_ok, n_degraded, n_throttled, n_blocked, n_down"


def cells(source: str, scope: Scope) -> str:
    """Keys, bucket, votes and state of every cell."""
    return f"{words(source, scope)},{_CELLS}\nSELECT {_KEYS}, bucket, {VOTES}, state FROM cell"


STATES = ("ok", "degraded", "throttled", "blocked", "down", "mixed", "insufficient")


def national(source: str, scope: Scope) -> str:
    """Country, service, function, bucket, votes, and how many networks are in each of `STATES`."""
    sums = ", ".join(f"SUM({name}) AS s{name[1:]}" for name in VOTES.split(", "))
    networks = ", ".join(f"SUM(CASE WHEN state = '{s}' THEN 1 ELSE 0 END) AS a_{s}" for s in STATES)
    return (
        f"{words(source, scope)},{_CELLS}\nSELECT country, service, function, bucket, {sums}, "
        f"{networks} FROM cell GROUP BY country, service, function, bucket"
    )


_SIGN_OF_STATE = (
    "CASE WHEN state IN ('blocked', 'throttled') THEN -1 WHEN state = 'ok' THEN 1 ELSE 0 END"
)
_SIGN_OF_WORD = (
    f"CASE WHEN {_is('blocked')} OR {_is('throttled')} THEN -1 WHEN {_is('ok')} THEN 1 ELSE 0 END"
)
_SPOKEN = f"({_is('ok')} OR {_is('blocked')} OR {_is('throttled')})"


def _of(table: str) -> str:
    return ", ".join(f"{table}.{name} AS {name}" for name in _KEYS.split(", "))


def _same(one: str, other: str) -> str:
    return " AND ".join(f"{one}.{name} = {other}.{name}" for name in _KEYS.split(", "))


_TURNS = f"""
signed AS (
  SELECT {_KEYS}, bucket, CAST({_SIGN_OF_STATE} AS BIGINT) AS sign,
    MIN(bucket) OVER (PARTITION BY {_KEYS}) AS first_bucket
  FROM cell WHERE state <> 'insufficient'
),
before AS (
  SELECT {_KEYS}, bucket, sign, first_bucket,
    LAG(bucket, 1, CAST(-1 AS BIGINT)) OVER (PARTITION BY {_KEYS} ORDER BY bucket) AS last_bucket,
    LAG(sign, 1, CAST(0 AS BIGINT)) OVER (PARTITION BY {_KEYS} ORDER BY bucket) AS last_sign
  FROM signed WHERE sign <> 0
),
turn AS (
  SELECT {_KEYS}, bucket, sign, last_bucket, first_bucket FROM before
  WHERE sign <> last_sign AND (sign = -1 OR last_sign = -1)
)"""


def turns(source: str, scope: Scope) -> str:
    """Keys, bucket, sign (-1 interference, 1 none), the last bucket that said otherwise (-1: none)
    and how many lines say so that were heard before, of every change of a network; silence and
    mixed cells between do not count. Where no cell tells of a time before, nobody was heard."""
    return f"""{words(source, scope)},{_CELLS},{_TURNS},
said AS (
  SELECT {_KEYS}, vantage, began - began % {BUCKET} AS bucket,
    CAST({_SIGN_OF_WORD} AS BIGINT) AS sign
  FROM word WHERE vote AND {_SPOKEN}
),
known AS (SELECT {_KEYS}, vantage, MIN(bucket) AS since FROM said GROUP BY {_KEYS}, vantage)
SELECT {_KEYS}, bucket, sign, last_bucket, SUM(one) AS heard FROM (
  SELECT {_KEYS}, bucket, sign, last_bucket, CAST(0 AS BIGINT) AS one FROM turn
  UNION ALL
  SELECT {_of("turn")}, turn.bucket AS bucket, turn.sign AS sign, turn.last_bucket AS last_bucket,
    CAST(1 AS BIGINT) AS one
  FROM turn INNER JOIN said
    ON {_same("turn", "said")} AND turn.bucket = said.bucket AND turn.sign = said.sign
  INNER JOIN known ON {_same("turn", "known")} AND said.vantage = known.vantage
  WHERE known.since < turn.bucket AND turn.first_bucket < turn.bucket
) AS every GROUP BY {_KEYS}, bucket, sign, last_bucket"""


def brackets(source: str, scope: Scope) -> str:
    """For each turn the changes of single vantages that agree: keys and bucket of the turn, the
    vantage, its last contrary word and its first word that agrees."""
    line = f"PARTITION BY {_KEYS}, vantage ORDER BY began, run_id"
    return f"""{words(source, scope)},{_CELLS},{_TURNS},
step AS (
  SELECT {_KEYS}, vantage, began, sign,
    LAG(began, 1, CAST(-1 AS BIGINT)) OVER ({line}) AS last_began,
    LAG(sign, 1, CAST(0 AS BIGINT)) OVER ({line}) AS last_sign
  FROM (
    SELECT {_KEYS}, vantage, run_id, began, CAST({_SIGN_OF_WORD} AS BIGINT) AS sign FROM word
    WHERE {_SPOKEN}
  ) AS spoken
),
changed AS (
  SELECT {_KEYS}, vantage, began, last_began, sign FROM step
  WHERE last_sign <> 0 AND last_sign <> sign
)
SELECT {_of("turn")}, turn.bucket AS bucket, changed.vantage AS vantage,
  changed.last_began AS last_began, changed.began AS began
FROM turn INNER JOIN changed ON {_same("turn", "changed")} AND turn.sign = changed.sign
WHERE changed.began >= turn.last_bucket AND changed.last_began < turn.bucket + {BUCKET}"""


def mechanisms(source: str, scope: Scope) -> str:
    """Keys, mechanisms, the first and the last bucket with a vote that names them, and how many."""
    return f"""{words(source, scope)}
SELECT {_KEYS}, mechanisms, began - began % 86400 AS day, COUNT(*) AS n FROM word
WHERE vote AND mechanisms <> '' AND ({_is("blocked")} OR {_is("throttled")})
GROUP BY {_KEYS}, mechanisms, began - began % 86400"""


def lines(source: str, scope: Scope) -> str:
    """How many vantages every network of every country has."""
    where = Scope(since=scope.since, until=scope.until, country=scope.country).condition()
    return (
        f"SELECT country, asn, COUNT(DISTINCT vantage) AS n FROM {source} WHERE {where} "
        "GROUP BY country, asn"
    )
