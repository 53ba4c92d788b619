"""The collector: whether it answers, takes what it is sent, and sends it on."""

from typing import Final

from labctl.why.rules.collector import (
    answers,
    backends,
    bad_config,
    changed,
    credentials,
    exporter,
    late,
    memory_limiter,
    pipelines,
    queue,
    receivers,
    refuses,
    sampling,
)

MODULES: Final = (
    answers, bad_config, receivers, pipelines, exporter, memory_limiter, sampling, late, credentials, refuses, queue, backends,
    changed,
)
