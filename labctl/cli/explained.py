"""One explanation for one fault: what `up`, `check`, `dev` and `load` fail with is told as `labctl why` tells it.

Subtle: the error stays what it is, with its exit code; only its detail and its hint are replaced, and only by a cause. When the
diagnosis itself fails, the error is shown as it was.
"""

from contextlib import suppress
from typing import TYPE_CHECKING, Final

from labctl.errors import LabError, NotReady

if TYPE_CHECKING:
    from labctl.config import Config
    from labctl.findings import Finding

_WITHIN_S: Final = 3.0
_MOST: Final = 4                        # lines of evidence
_AGAIN: Final = "labctl up"
_GONE: Final = "process-gone"


def explain(config: "Config", error: LabError, *, of_up: bool = False) -> LabError:
    """The error with the first cause's evidence and remedy. `of_up`: to run `labctl up` again is no remedy."""
    if type(error) not in {LabError, NotReady}:
        return error                    # a refusal says itself what is wrong
    cause = first_cause(config)
    if cause is None or (of_up and type(error) is LabError and cause.rule == _GONE):
        return error                    # of a process that did not start, `up` has seen more: its exit code and its very lines
    quoted = (f"{evidence.source}: {evidence.text}" for evidence in cause.evidence[:_MOST])
    named = [] if cause.message == error.message else [f"cause: {cause.message}"]
    remedy = error.hint if of_up and cause.remedy == _AGAIN and not _has_flags(config) else cause.remedy
    return type(error)(error.message, detail="\n".join([*named, *quoted]), hint=remedy or error.hint)


def _has_flags(config: "Config") -> bool:
    """Whether this `up` was given settings of the service by flags, so that one without them does something else."""
    return any(value.source == "flag" and value.setting.service for value in config.values.values())


def remark(config: "Config") -> None:
    """The first cause, if there is one, on stderr beside a result."""
    from labctl.ui.kit import plain
    from labctl.ui.kit.commands import typed

    if cause := first_cause(config):
        plain.remark(f"cause: {cause.message}")
        for evidence in cause.evidence[:_MOST]:
            plain.remark(f"  {evidence.source}: {evidence.text}")
        plain.remark(f"  try: {typed(cause.remedy)}")


def first_cause(config: "Config") -> "Finding | None":
    """None also where nothing could be found out."""
    from labctl.why.diagnose import diagnose

    with suppress(Exception):
        return next(iter(diagnose(config, within_s=_WITHIN_S).causes), None)
    return None
