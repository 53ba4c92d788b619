"""The use case of `labctl why`: a diagnosis, of which the viewer's page is told, in place of the one before."""

import time
from typing import Final

from labctl import numbers
from labctl.config import Config
from labctl.findings import Kind
from labctl.host.background_task import BackgroundTask
from labctl.model import Target
from labctl.targets import require_target
from labctl.viewer_client.annotations import WITHIN_S, Annotation, AnnotationKind, tell
from labctl.why.diagnose import Diagnosis, judge
from labctl.why.gather.gather import gather

_KEY: Final = "lab"


def diagnose_and_tell(config: Config, component: str, within_s: float) -> Diagnosis:
    """Of one component, or of `machine`, where one is named. Raises LabError when no lab is up."""
    target, at = require_target(config.spec()), time.time()
    found = judge(gather(config, target, within_s))
    _tell(found, target, at)
    return found.of(component) if component else found


def _tell(diagnosis: Diagnosis, target: Target, at: float) -> None:
    # the addresses of a cluster are asked for, which may take long where it does not answer
    BackgroundTask(lambda: tell(target.endpoints().viewer, findings(diagnosis, at))).done(WITHIN_S)


def findings(diagnosis: Diagnosis, at: float) -> Annotation:
    return Annotation(AnnotationKind.FINDINGS, _KEY, at, _title(diagnosis), at, diagnosis.as_json())


def _title(diagnosis: Diagnosis) -> str:
    wrong = [one.finding for one in diagnosis.ranked if one.finding.kind is not Kind.NOTICE]
    if not wrong:
        return "nothing is wrong" if diagnosis.healthy else "nothing wrong was found, but not everything could be looked at"
    return wrong[0].message if len(wrong) == 1 else f"{numbers.plural(len(wrong), 'finding')}; first: {wrong[0].message}"
