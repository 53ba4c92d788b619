"""Conditions, spans and chances in words."""

from typing import Any, Final

from labctl import numbers
from labctl.telemetry.comparison.conditions import Condition, ConditionSort, Relation
from labctl.telemetry.comparison.requests import CLIENT, WAIT, Operation
from labctl.ui.kit.safe_text import visible

GENERATOR: Final = "labctl"
_LEAST_P: Final = 1e-4


def operation(one: Operation) -> str:
    """A span by its name; the load generator's by what lies in it beside the service's spans."""
    if one.kind == CLIENT and one.service == GENERATOR:
        return "outside of the service"
    return visible(one.name)


def condition(one: Condition) -> str:
    match one.sort:
        case ConditionSort.TIME:
            begin, end = one.value
            return f"from {numbers.seconds(begin)} to {numbers.seconds(end)} of the run"
        case ConditionSort.SPAN:
            return f"{'no ' if one.comparison is Relation.MISSING else ''}span {visible(one.operation.name)}"
        case ConditionSort.OWN_TIME:
            return f"self time of {operation(one.operation)} above {numbers.milliseconds(one.value)}"
    return f"{visible(one.key)} {one.comparison} {value(one.value)}"


def place(one: Condition) -> str:
    """Where the condition's attribute is."""
    if one.sort is ConditionSort.RESOURCE:
        return f"of the resource of {visible(one.operation.service)}"
    of = "the client's span" if one.operation.service == GENERATOR else f"the span {visible(one.operation.name)}"
    return f"of {of}" if one.sort is ConditionSort.ATTRIBUTE else ""


def value(found: Any) -> str:
    if isinstance(found, bool):
        return str(found).lower()
    return f"{found:.4g}" if isinstance(found, float) else visible(found)


def chance(p: float) -> str:
    return f"p < {_LEAST_P:.4f}" if p < _LEAST_P else f"p = {p:.4f}"


def is_wait(one: Operation) -> bool:
    return one == WAIT
