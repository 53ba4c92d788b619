"""The viewer: receives traces, metrics and logs as OTLP, stores them in SQLite, and answers queries.

It is a process of its own (`python -m labctl.telemetry`), so it imports nothing of labctl but `labctl.errors`, and only packages
that its image contains. labctl queries it through `labctl.viewer_client`; both use the values in `trace.py`.

    http/      an HTTP server: connections, bodies, deadlines
    receive/   OTLP receivers for gRPC and HTTP
    otlp/      requests decoded into rows
    store/     the SQLite file: writing and retention
    query/     the queries, and their paths
"""
