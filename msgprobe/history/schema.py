"""The tables, and how a file that has none gets them."""

APPLICATION_ID = 0x6D736770
"""``msgp``: says whose database it is (https://sqlite.org/pragma.html#pragma_application_id)."""

VERSION = 1
"""``PRAGMA user_version``. A file of a newer one is not touched."""

TABLES = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value) WITHOUT ROWID;
CREATE TABLE series (
  id INTEGER PRIMARY KEY,
  public TEXT NOT NULL UNIQUE,
  kind TEXT NOT NULL,
  gateway INTEGER,
  resolver TEXT NOT NULL,
  vpn INTEGER NOT NULL,
  label TEXT NOT NULL
);
CREATE TABLE catalogue (id INTEGER PRIMARY KEY, sha256 TEXT NOT NULL UNIQUE);
CREATE TABLE tick (
  series INTEGER NOT NULL REFERENCES series,
  n INTEGER NOT NULL,
  at INTEGER NOT NULL,
  kind TEXT NOT NULL,
  run TEXT NOT NULL,
  catalogue INTEGER NOT NULL REFERENCES catalogue,
  rtt_ms REAL,
  PRIMARY KEY (series, n)
) WITHOUT ROWID;
CREATE UNIQUE INDEX tick_run ON tick (run);
CREATE INDEX tick_at ON tick (series, at);
CREATE TABLE document (
  id INTEGER PRIMARY KEY,
  series INTEGER NOT NULL,
  n INTEGER NOT NULL,
  rules INTEGER NOT NULL,
  packed BLOB NOT NULL
);
CREATE UNIQUE INDEX document_of ON document (series, n);
CREATE TABLE subject (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
CREATE TABLE said (
  id INTEGER PRIMARY KEY,
  word TEXT NOT NULL,
  strength TEXT NOT NULL,
  partial INTEGER NOT NULL,
  mechanisms TEXT NOT NULL,
  UNIQUE (word, strength, partial, mechanisms)
);
CREATE TABLE span (
  layer INTEGER NOT NULL,
  series INTEGER NOT NULL,
  subject INTEGER NOT NULL REFERENCES subject,
  first INTEGER NOT NULL,
  last INTEGER NOT NULL,
  pulses INTEGER NOT NULL,
  quicks INTEGER NOT NULL,
  said INTEGER NOT NULL REFERENCES said,
  rules INTEGER NOT NULL,
  PRIMARY KEY (layer, series, subject, first)
) WITHOUT ROWID;
CREATE INDEX span_last ON span (layer, series, last);
CREATE TABLE judged (
  layer INTEGER NOT NULL,
  series INTEGER NOT NULL,
  since INTEGER NOT NULL,
  upto INTEGER NOT NULL,
  PRIMARY KEY (layer, series)
) WITHOUT ROWID;
CREATE TABLE rejudged (
  document INTEGER NOT NULL,
  rules INTEGER NOT NULL,
  words TEXT NOT NULL,
  PRIMARY KEY (document, rules)
) WITHOUT ROWID;
CREATE TABLE speed (
  series INTEGER NOT NULL,
  n INTEGER NOT NULL,
  subject INTEGER NOT NULL REFERENCES subject,
  direction TEXT NOT NULL,
  ratio REAL NOT NULL,
  target_kbit REAL NOT NULL,
  control_kbit REAL NOT NULL
);
CREATE INDEX speed_of ON speed (series, n);
CREATE TABLE gap (
  id INTEGER PRIMARY KEY,
  series INTEGER,
  began INTEGER NOT NULL,
  ended INTEGER NOT NULL,
  reason TEXT NOT NULL
);
CREATE TABLE event (
  id INTEGER PRIMARY KEY,
  at INTEGER NOT NULL,
  kind TEXT NOT NULL,
  body TEXT NOT NULL
);
"""
"""``tick.n`` counts a series' ticks from 1 without holes. ``span`` holds the words, runs of equal
ones as one: layer 0 as they were first given, layer N under the rules of version N, for the ticks
from ``judged.since`` to ``judged.upto``; it is made of ``rejudged`` documents."""

FIRST = 0
"""The layer of words as they were first given."""
