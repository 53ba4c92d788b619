"""The service: whether it answers, makes spans, and sends them to the collector."""

from typing import Final

from labctl.why.rules.service import (
    answers,
    changed,
    endpoint,
    export_fails,
    export_timeout,
    failures,
    limits,
    metric_interval,
    propagators,
    sampler,
    sdk_off,
    span_queue,
)

MODULES: Final = (
    answers, failures, sdk_off, sampler, propagators, endpoint, span_queue, export_timeout, export_fails, metric_interval, limits,
    changed,
)
