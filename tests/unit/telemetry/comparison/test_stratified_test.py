"""The stratified test against published analyses, and against counting all possibilities."""

from itertools import combinations, product
from math import comb

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labctl.telemetry.comparison.stratified_test import Stratum, adjusted, more_frequent


@pytest.mark.parametrize(("right", "p"), [(4, 1 / 70), (3, 17 / 70)])
def test_the_lady_tasting_tea(right: int, p: float) -> None:
    """R. A. Fisher (1935), The Design of Experiments, chapter 2: eight cups, four with the milk first."""
    assert more_frequent([Stratum(8, 4, 4, right)]) == pytest.approx(p, rel=0.35 if right == 3 else 1e-9)


def test_convictions_of_twins() -> None:
    """R. A. Fisher (1935), The Logic of Inductive Inference; R's fisher.test(Convictions, alternative = "less"): 0.0004652."""
    assert more_frequent([Stratum(30, 13, 12, 10)]) == pytest.approx(0.0004652, rel=1e-3)


def test_penicillin_in_rabbits() -> None:
    """A. Agresti (1990), page 234; R's mantelhaen.test(Rabbits, exact = TRUE, alternative = "greater"): 0.01997."""
    tables = [(0, 0, 6, 5), (3, 0, 3, 6), (6, 2, 0, 4), (5, 6, 1, 0), (2, 5, 0, 0)]     # cured at once, late; died at once, late
    strata = [Stratum(a + b + c + d, a + c, a + b, a) for a, b, c, d in tables]
    assert more_frequent(strata) == pytest.approx(0.01997, rel=1e-3)


def test_admissions_at_berkeley() -> None:
    """P. Bickel et al. (1975); R's mantelhaen.test(UCBAdmissions): two-sided p = 0.2323, and in fact women are favoured."""
    tables = [      # admitted and rejected men, then women
        (512, 313, 89, 19), (353, 207, 17, 8), (120, 205, 202, 391), (138, 279, 131, 244), (53, 138, 94, 299), (22, 351, 24, 317),
    ]
    women = [Stratum(a + b + c + d, c + d, a + c, c) for a, b, c, d in tables]
    men = [Stratum(one.members, one.members - one.group, one.having, one.having - one.both) for one in women]
    assert more_frequent(women) == pytest.approx(0.2323 / 2, rel=1e-3)
    assert more_frequent(men) == 1.0


def test_without_strata_the_same_admissions_look_like_a_preference_for_men() -> None:
    """E. H. Simpson (1951)."""
    assert more_frequent([Stratum(4526, 2691, 1755, 1198)]) < 1e-9


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5), st.integers(1, 5)).filter(lambda one: max(one[:2]) <= one[2]),
                min_size=1, max_size=2), st.data())
def test_the_exact_tail_counts_all_ways_of_choosing_the_group(shapes: list[tuple[int, int, int]], data: st.DataObject) -> None:
    ways = [[len(set(group) & set(range(having))) for group in combinations(range(members), grouped)]
            for grouped, having, members in shapes]
    both = [data.draw(st.sampled_from(sorted(set(one)))) for one in ways]
    strata = [Stratum(members, grouped, having, number) for (grouped, having, members), number in zip(shapes, both, strict=True)]
    total = sum(sum(one) >= sum(both) for one in product(*ways)) / len(list(product(*ways)))
    found = more_frequent(strata)
    assert found == pytest.approx(total, abs=1e-9) or found > 0.05     # the approximation, where nobody would claim


def test_a_stratum_that_is_all_of_a_kind_says_nothing() -> None:
    alone = [Stratum(20, 5, 10, 5)]
    assert more_frequent([*alone, Stratum(50, 50, 50, 50), Stratum(50, 0, 25, 0)]) == more_frequent(alone)
    assert more_frequent([Stratum(50, 50, 50, 50)]) == 1.0


def test_many_strata_are_as_exact_as_one_long_sum() -> None:
    assert more_frequent([Stratum(4, 1, 1, 1)] * 6) == pytest.approx(0.25**6)


def test_large_counts_are_close_to_the_exact_tail() -> None:
    exact = sum(comb(3000, one) * comb(3000, 3000 - one) for one in range(1560, 3001)) / comb(6000, 3000)
    assert more_frequent([Stratum(6000, 3000, 3000, 1560)]) == pytest.approx(exact, rel=0.02)


def test_holm() -> None:
    """R's p.adjust(c(0.01, 0.02, 0.03, 0.04, 0.05), "holm"), in another order."""
    assert adjusted([0.03, 0.01, 0.05, 0.02, 0.04]) == pytest.approx([0.09, 0.05, 0.09, 0.08, 0.09])
    assert adjusted([0.5, 0.9]) == [1.0, 1.0]
    assert adjusted([]) == []
