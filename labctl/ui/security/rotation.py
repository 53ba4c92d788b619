"""Shows what a rotation is doing, as a step of `up`."""

from labctl.model import Notes
from labctl.ui.lab.steps import steps


def follow(title: str, notes: Notes) -> None:
    with steps().step(title) as say:
        for note in notes:
            say(note)
