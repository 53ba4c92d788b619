"""A step is a line of readable length."""

from labctl.ui.lab.steps import line

WIDTH = 120


def test_a_long_result_is_cut_between_its_parts() -> None:
    drawn = line("✓", "Deploy", "; ".join(f"SETTING_{number} {number} → {number + 1}" for number in range(30)), 2.0)
    assert len(drawn) <= WIDTH + len("  2.0 s")
    assert drawn.endswith("SETTING_4 4 → 5 …  2.0 s")
    assert line("✓", "Deploy", "nothing has changed", 0.0).endswith(" nothing has changed")
