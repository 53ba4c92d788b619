"""The tables of the viewer's store; its file can be queried with any SQLite client.

    resources(id, encoded, service, instance)                      one row per distinct Resource and scope; `encoded` is the
                                                                   Resource as received, and the scope behind it (Origin)
    spans(trace_id, span_id, parent_id, name, kind, start, duration, error, raw, crc, resource, part)
                                                                   ids are blobs of 16 and 8 bytes: hex(trace_id); times in ns
    resource_parts(resource, part)                                 the last part with rows of a resource
    parts(part, begun)                                             the values of `part`, and when each part's first row came
    series(id, resource, name, unit, type, monotonic, attributes, start)
    points(series, time, value, count, sum, min, max, bounds, counts, part)
    exemplars(series, time, value, trace_id, span_id, part)
    logs(time, severity, body, trace_id, span_id, raw, digest, resource, part)
    alerts(fingerprint, started, ended, labels, annotations, received, part)    of Alertmanager; `ended` 0: it fires
    annotations(kind, key, begun, ended, title, data, told, part)   of labctl; times in Unix seconds, `ended` NULL: it goes on

Rows are stored in the order of arrival, and `part` numbers consecutive pieces of it: old rows are those in old parts.

No index on spans is written to at random places, although ids are random. `spans_by_trace` has the part before the id, so
only its newest part grows. `spans_once` prevents a second row for a span that is sent again, however much later: the same span
has the same start, so the lookup is among spans of that time, usually at the end of the index. Two different spans with the
same id differ in `crc`, the CRC-32 of their encoding, and are both kept. `roots_by_start` has what is asked of requests, which
are spans without a parent, so that a million of them are read without their rows.
"""

VERSION = 2
SCHEMA = """
CREATE TABLE resources(id INTEGER PRIMARY KEY, encoded BLOB NOT NULL UNIQUE, service TEXT NOT NULL, instance TEXT NOT NULL);
CREATE TABLE spans(
    trace_id BLOB NOT NULL, span_id BLOB NOT NULL, parent_id BLOB NOT NULL, name TEXT NOT NULL, kind INTEGER NOT NULL,
    start INTEGER NOT NULL, duration INTEGER NOT NULL, error INTEGER NOT NULL, raw BLOB NOT NULL, crc INTEGER NOT NULL,
    resource INTEGER NOT NULL, part INTEGER NOT NULL);
CREATE INDEX spans_by_trace ON spans(part, trace_id);
CREATE UNIQUE INDEX spans_once ON spans(start, span_id, crc);
CREATE TABLE parts(part INTEGER PRIMARY KEY, begun INTEGER NOT NULL);
CREATE TABLE series(
    id INTEGER PRIMARY KEY, resource INTEGER NOT NULL, name TEXT NOT NULL, unit TEXT NOT NULL, type TEXT NOT NULL,
    monotonic INTEGER NOT NULL, attributes TEXT NOT NULL, start INTEGER NOT NULL,
    UNIQUE(resource, name, unit, type, monotonic, attributes, start));
CREATE TABLE points(
    series INTEGER NOT NULL, time INTEGER NOT NULL, value REAL, count INTEGER, sum REAL, min REAL, max REAL,
    bounds TEXT, counts TEXT, part INTEGER NOT NULL);
CREATE UNIQUE INDEX points_once ON points(series, time);
CREATE TABLE exemplars(
    series INTEGER NOT NULL, time INTEGER NOT NULL, value REAL NOT NULL, trace_id BLOB NOT NULL, span_id BLOB NOT NULL,
    part INTEGER NOT NULL);
CREATE UNIQUE INDEX exemplars_once ON exemplars(series, time, span_id);
CREATE TABLE logs(
    time INTEGER NOT NULL, severity TEXT NOT NULL, body TEXT NOT NULL, trace_id BLOB NOT NULL, span_id BLOB NOT NULL,
    raw BLOB NOT NULL, digest INTEGER NOT NULL, resource INTEGER NOT NULL, part INTEGER NOT NULL);
CREATE UNIQUE INDEX logs_once ON logs(time, resource, digest);
CREATE INDEX logs_by_trace ON logs(trace_id) WHERE trace_id != x'';
"""
ADDED = """
CREATE INDEX IF NOT EXISTS roots_by_start ON spans(start, duration, error, resource, name, trace_id) WHERE parent_id = x'';
DROP INDEX IF EXISTS roots_by_duration;
CREATE TABLE IF NOT EXISTS alerts(
    fingerprint TEXT NOT NULL, started INTEGER NOT NULL, ended INTEGER NOT NULL, labels TEXT NOT NULL, annotations TEXT NOT NULL,
    received INTEGER NOT NULL, part INTEGER NOT NULL);
CREATE UNIQUE INDEX IF NOT EXISTS alerts_once ON alerts(fingerprint, started);
CREATE TABLE IF NOT EXISTS annotations(
    kind TEXT NOT NULL, key TEXT NOT NULL, begun REAL NOT NULL, ended REAL, title TEXT NOT NULL, data TEXT NOT NULL,
    told REAL NOT NULL, part INTEGER NOT NULL);
CREATE UNIQUE INDEX IF NOT EXISTS annotations_once ON annotations(kind, key);
CREATE TABLE IF NOT EXISTS resource_parts(resource INTEGER PRIMARY KEY, part INTEGER NOT NULL);
INSERT OR IGNORE INTO resource_parts SELECT id, (SELECT coalesce(max(part), 0) FROM parts) FROM resources;
"""
"""What stores of the same version may lack: it is added to them; and what they may have from before, and do not need."""
PRAGMAS = (
    "journal_mode=WAL", "synchronous=NORMAL", "cache_size=-8192", "temp_store=MEMORY",
    "journal_size_limit=67108864", "wal_autocheckpoint=8000",
)
"""Every 8000 pages (32 MiB) the -wal is written to the file and begun anew: its size stays about that, also of a small store."""
ARRIVALS = ("spans", "logs", "points", "exemplars", "alerts", "annotations")
"""Tables whose rows have a part, and are stored in the order of arrival."""
