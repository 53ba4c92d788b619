"""The value of a number at which a condition parts the group from the rest best: what was tested is one of a few quantiles."""

from labctl.why.runs.conditions import Candidate, Condition, Relation
from labctl.why.runs.masks import Mask, flags, mask_of
from labctl.why.runs.requests import RunRequests


def sharpened(candidate: Candidate, requests: RunRequests, group: Mask, universe: Mask) -> Candidate:
    """A number's condition at its best value; others are left as they are."""
    condition = candidate.condition
    if condition.comparison not in {Relation.AT_LEAST, Relation.AT_MOST}:
        return candidate
    falling = condition.comparison is Relation.AT_LEAST
    attributes = requests.attributes[condition.operation, condition.key]
    values = sorted(attributes, key=lambda item: item[0], reverse=falling)
    many, others = (group & universe).bit_count(), (universe & ~group).bit_count()
    in_group, in_universe = flags(group & universe, len(requests)), flags(universe, len(requests))
    best, edge, inside, outside = -1.0, condition.value, 0, 0
    for value, indexes in values:
        for one in indexes:
            inside += in_group[one]
            outside += in_universe[one] - in_group[one]
        if (parted := inside / many - outside / others) > best:
            best, edge = parted, value
    taken = [one for value, indexes in values if (value >= edge if falling else value <= edge) for one in indexes]
    sharper = Condition(condition.sort, condition.operation, condition.key, condition.comparison, edge)
    return Candidate(sharper, mask_of(taken, len(requests)) & universe, candidate.same)
