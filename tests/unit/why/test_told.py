"""What the page is told of a diagnosis."""

from dataclasses import replace

from labctl.why.diagnose import judge
from labctl.why.told import findings
from tests.unit.why.samples import healthy


def test_a_healthy_lab() -> None:
    told = findings(judge(healthy()), 5.0)
    assert (told.title, told.begin, told.end, told.data["healthy"]) == ("nothing is wrong", 5.0, 5.0, True)


def test_what_is_wrong_is_its_title() -> None:
    facts = healthy()
    diagnosis = judge(replace(facts, observation=replace(facts.observation, components={})))
    told = findings(diagnosis, 5.0)
    assert not told.data["healthy"]
    assert told.title == "nothing wrong was found, but not everything could be looked at"
