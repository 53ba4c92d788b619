"""Starts every part, and waits for all of them, for a few seconds at most."""

import time
from dataclasses import replace
from typing import Final

from labctl.config import Config
from labctl.host.background_task import BackgroundTask
from labctl.host.waiting import Deadline
from labctl.load import kept_runs
from labctl.load.kept_runs import KeptRun
from labctl.model import Observation, Target
from labctl.why.facts import Facts, SecurityFacts
from labctl.why.gather import addons, machine, pipeline, prometheus, security, service
from labctl.why.gather.parts import Parts
from labctl.why.gather.pipeline import NOTHING

WHOLE_S: Final = 3.6
_LONGER_S: Final = 1.0                  # for the components, without which little can be said, on a busy machine


def gather(config: Config, target: Target, within_s: float = WHOLE_S) -> Facts:
    spec, parts = config.spec(), Parts(Deadline.after(within_s))
    observing = parts.start(target.observe)
    # of a cluster they are asked for, which may take a while
    finding = parts.start(target.endpoints)
    until = Deadline.after(within_s - pipeline.MARGIN_S)
    following = parts.start(lambda: pipeline.follow(finding.result(), until))
    asking = parts.start(lambda: service.ask(finding.result().service))
    telling = parts.start(lambda: addons.ask(finding.result()))
    asking_prometheus = parts.start(lambda: prometheus.ask(finding.result(), until))
    measuring = parts.start(lambda: machine.measure(spec.state))
    reading, securing = parts.start(lambda: _last_run(config)), parts.start(lambda: security.is_on(target))
    followed = parts.result("the canary's trace", following, NOTHING, longer_s=pipeline.TAIL_SAMPLING_S)
    facts = Facts(
        at=time.time(), spec=spec, observation=parts.result("the components", observing, Observation({}), longer_s=_LONGER_S),
        canary=followed.canary, collector=followed.collector, viewer=followed.viewer,
        service=parts.result("the service", asking, None), machine=parts.result("this machine", measuring, None),
        addons=parts.result("the add-ons", telling, None), prometheus=parts.result("Prometheus", asking_prometheus, None),
        run=parts.result("the last run", reading, None), dotenv=config.dotenv,
    )
    if parts.result("the certificates", securing, instead=False, longer_s=_LONGER_S):
        looking: BackgroundTask[SecurityFacts | None] = parts.start(lambda: security.look(target, facts))
        facts = replace(facts, security=parts.result("the certificates", looking, None, longer_s=_LONGER_S))
    return replace(facts, failed=tuple(parts.failed))


def _last_run(config: Config) -> KeptRun | None:
    return kept_runs.newest(config.state)
