"""Names: two words for a run, unique in a session and the same in the next one."""

import os
import subprocess
import sys
from math import gcd
from uuid import UUID

from hookcell import flow, task
from hookcell.names import ADJECTIVES, ANIMALS, SPACE, STRIDE, Codes, code_of, words_of
from hookcell.runs import FlowRun
from hookcell.testing import record

NOTEBOOK = """
from hookcell import flow, task
@task
def load(): return 1
@flow(on_completion=lambda flow, run, state: print(run.name, [task.name for task in run.children]))
def etl():
    load(), load(), load.map([])
@flow(on_completion=lambda flow, run, state: print(run.name))
def report(): etl()
report(), etl(), report()
"""


def run_of(name):
    return FlowRun(flow(name=name)(lambda: None), None, (), None)


def test_no_word_stands_twice_and_all_are_plain():
    for words in (ADJECTIVES, ANIMALS):
        assert len(set(words)) == len(words)
        assert all(word.isascii() and word.isalpha() and word.islower() for word in words)


def test_the_stride_visits_every_pair_before_one_comes_again():
    assert gcd(STRIDE, SPACE) == 1
    assert len({code_of("etl", nth) for nth in range(SPACE)}) == SPACE


def test_a_code_is_spelled_as_an_adjective_and_an_animal():
    assert words_of(0) == f"{ADJECTIVES[0]}-{ANIMALS[0]}"
    assert words_of(SPACE - 1) == f"{ADJECTIVES[-1]}-{ANIMALS[-1]}"


def test_once_all_pairs_are_used_a_number_is_added():
    assert words_of(SPACE) == f"{words_of(0)}-2"
    assert words_of(2 * SPACE) == f"{words_of(0)}-3"


def test_codes_never_repeat_in_a_session_even_when_flows_clash():
    codes = Codes()
    taken = [codes.take("etl", 0) for _ in range(100)]
    assert len(set(taken)) == 100


def test_the_same_calls_give_the_same_codes():
    calls = [("etl", 0), ("report", 0), ("etl", 1), ("etl", 0)]
    first, second = Codes(), Codes()
    assert [first.take(*call) for call in calls] == [second.take(*call) for call in calls]


def test_runs_of_one_flow_have_different_names():
    assert len({run_of("many runs").name for _ in range(500)}) == 500


def test_a_name_is_computed_from_the_flow_and_its_number_alone():
    first, second = run_of("named once"), run_of("named once")
    assert (first.ordinal, second.ordinal) == (0, 1)
    assert first.name == words_of(first.code)
    assert first.name == first.name


def test_the_same_notebook_run_in_two_sessions_prints_the_same_names():
    def session(seed):
        python = [sys.executable, "-c", NOTEBOOK]
        environment = {**os.environ, "PYTHONHASHSEED": seed}
        return subprocess.run(python, capture_output=True, text=True, check=True, env=environment).stdout

    printed = session("1")
    assert printed == session("2")
    assert len(set(printed.splitlines())) == 5


def test_a_task_run_is_called_after_its_task_with_a_number_from_the_second_on():
    step = task(name="step")(lambda: None)

    @flow
    def steps():
        step()
        step()

    with record() as recording:
        steps()
    assert [run.name for run in recording.of("steps").children] == ["step", "step[1]"]


def test_a_mapped_task_run_always_has_its_number():
    step = task(name="step")(lambda x: x)

    @flow
    def maps():
        step.map([1, 2])

    with record() as recording:
        maps()
    assert [run.name for run in recording.of("maps").children] == ["step[0]", "step[1]"]


def test_task_numbers_start_anew_in_each_flow_run():
    step = task(name="step")(lambda: None)
    steps = flow(name="steps")(lambda: (step(), None)[1])
    with record() as recording:
        steps()
        steps()
    assert [run.name for run in recording.runs if run.definition is step] == ["step", "step"]


def test_the_id_is_a_uuid_of_session_bits_and_a_counter():
    first, second = run_of("with id"), run_of("with id")
    assert isinstance(first.id, UUID)
    assert second.id.int - first.id.int == second.number - first.number > 0


def test_plain_reprs_hold_words_and_states_only():
    run = flow(name="shown")(lambda: None).begin((), {})
    assert repr(run) == f"<FlowRun {run.name!r} Pending>"
    assert repr(run.definition) == "<Flow 'shown'>"
    part = task(name="part")(lambda: None).begin((), {})
    assert repr(part) == f"<TaskRun {part.name!r} Pending>"


def test_a_name_need_not_be_of_letters():
    assert flow(name="\ud800")(lambda: 1)() == 1
