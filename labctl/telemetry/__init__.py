"""The viewer: takes traces, metrics and logs as OTLP, stores them in SQLite, answers queries.

It is a process of its own (`python -m labctl.telemetry`), so it imports nothing of labctl but `labctl.errors`, and only packages
that its image holds. labctl asks it through `labctl.viewer_client`, and shares the values in `trace.py` with it.

    http/      an HTTP server: connections, bodies, deadlines
    receive/   OTLP in, over gRPC and HTTP
    otlp/      requests decoded into rows
    store/     the SQLite file: what is written, what is deleted
    query/     the questions that can be asked, and their addresses
"""
