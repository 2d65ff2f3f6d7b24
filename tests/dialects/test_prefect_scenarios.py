"""Every scenario of `prefect_scenarios/` does on hookcell.prefect what the table says it does."""

import pytest
from dialects.scenarios import load

SCENARIOS = load("hookcell.prefect")


@pytest.mark.parametrize("scenario", SCENARIOS, ids=[scenario.name for scenario in SCENARIOS])
def test_hookcell_does_what_the_table_says(scenario):
    assert scenario.play() == scenario.on_hookcell


def test_no_two_scenarios_have_one_name():
    names = [scenario.name for scenario in SCENARIOS]
    assert sorted(set(names)) == sorted(names)


def test_a_row_that_differs_from_prefect_says_why():
    assert all(scenario.because for scenario in SCENARIOS if scenario.on_hookcell != scenario.on_prefect)
