"""The tables of a viewer's store, for everybody who looks into one with SQL of their own.

    resources(id, encoded, service, instance)                      one row per distinct Resource; `encoded` as it came
    spans(trace_id, span_id, parent_id, name, kind, start, duration, error, raw, resource, part)
                                                                   ids are blobs of 16 and 8 bytes: hex(trace_id); times in ns
    parts(part)                                                    which values `part` has
    series(id, resource, name, unit, type, monotonic, attributes, start)
    points(series, time, value, count, sum, min, max, bounds, counts)
    exemplars(series, time, value, trace_id, span_id)
    logs(time, severity, body, trace_id, span_id, resource, raw)

`part` stands before the ids in the index, so that only the newest part of the index is written to.
"""

VERSION = 1
SCHEMA = """
CREATE TABLE resources(id INTEGER PRIMARY KEY, encoded BLOB NOT NULL UNIQUE, service TEXT NOT NULL, instance TEXT NOT NULL);
CREATE TABLE spans(
    trace_id BLOB NOT NULL, span_id BLOB NOT NULL, parent_id BLOB NOT NULL, name TEXT NOT NULL, kind INTEGER NOT NULL,
    start INTEGER NOT NULL, duration INTEGER NOT NULL, error INTEGER NOT NULL, raw BLOB NOT NULL, resource INTEGER NOT NULL,
    part INTEGER NOT NULL);
CREATE UNIQUE INDEX span_ids ON spans(part, trace_id, span_id);
CREATE TABLE parts(part INTEGER PRIMARY KEY);
CREATE INDEX roots_by_duration ON spans(duration) WHERE parent_id = x'';
CREATE TABLE series(
    id INTEGER PRIMARY KEY, resource INTEGER NOT NULL, name TEXT NOT NULL, unit TEXT NOT NULL, type TEXT NOT NULL,
    monotonic INTEGER NOT NULL, attributes TEXT NOT NULL, start INTEGER NOT NULL,
    UNIQUE(resource, name, attributes, start));
CREATE TABLE points(
    series INTEGER NOT NULL, time INTEGER NOT NULL, value REAL, count INTEGER, sum REAL, min REAL, max REAL,
    bounds TEXT, counts TEXT,
    PRIMARY KEY(series, time)) WITHOUT ROWID;
CREATE TABLE exemplars(
    series INTEGER NOT NULL, time INTEGER NOT NULL, value REAL NOT NULL, trace_id BLOB NOT NULL, span_id BLOB NOT NULL,
    PRIMARY KEY(series, time, span_id)) WITHOUT ROWID;
CREATE TABLE logs(
    time INTEGER NOT NULL, severity TEXT NOT NULL, body TEXT NOT NULL, trace_id BLOB NOT NULL, span_id BLOB NOT NULL,
    raw BLOB NOT NULL, resource INTEGER NOT NULL);
CREATE INDEX logs_by_trace ON logs(trace_id) WHERE trace_id != x'';
"""
PRAGMAS = (
    "journal_mode=WAL", "synchronous=NORMAL", "cache_size=-65536", "temp_store=MEMORY",
    "journal_size_limit=67108864", "wal_autocheckpoint=8000",
)
