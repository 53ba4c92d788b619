"""What `labctl dev` says of a change."""

from labctl.errors import LabError
from labctl.lab.dev import Change, served
from labctl.lab.plan import Done
from labctl.ui.lab import changes

S = 1_000_000_000
DONE = (Done("Publish the image", "the node has the images", 0, 1), Done("Deploy", "started service", 1 * S, 1),
        Done("Wait until ready", "all components answer", 2 * S, 1.5), Done("See one trace arrive", "5 spans", 3 * S, 1))


def test_it_is_served_when_every_component_answers():
    assert served(DONE) == 3.5


def test_a_change_is_one_line():
    said = changes.line(Change(("service/app.py",), DONE, 1.2, None))
    assert said.endswith("service/app.py: started service; serving after 1.2 s")
    assert "a and 2 files more" in changes.line(Change(("a", "b", "c"), DONE, 1.2, None))


def test_what_has_no_effect_is_said():
    nothing = tuple(Done(step.title, "nothing has changed", step.start_ns, step.seconds) for step in DONE)
    assert changes.line(Change(("service/a.md",), nothing, 1.2, None)).endswith("service/a.md: nothing has to change")


def test_what_could_not_be_served_is_told_with_its_cause(capsys):
    changes.show(Change(("service/app.py",), (), 3.0, LabError("service ended", hint="labctl logs service")))
    said = capsys.readouterr()
    assert "not served, after 3.0 s" in said.out
    assert "service ended" in said.err
