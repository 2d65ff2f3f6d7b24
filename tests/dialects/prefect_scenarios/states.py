"""States as values: made by hand, asked, compared, shown, and what their `result()` gives."""

import asyncio

from dialects.scenarios import scenario


@scenario(
    "SCHEDULED Scheduled None",
    "PENDING Pending None",
    "RUNNING Running None",
    "COMPLETED Completed None",
    "FAILED Failed None",
    "CRASHED Crashed None",
    "CANCELLING Cancelling None",
    "CANCELLED Cancelled None",
    "PAUSED Paused None",
    "PAUSED Suspended None",
    "SCHEDULED AwaitingRetry None",
    "RUNNING Retrying None",
    "SCHEDULED Late None",
)
def the_constructors_give_type_and_name(seen):
    from prefect import states

    names = "Scheduled Pending Running Completed Failed Crashed Cancelling Cancelled Paused"
    for name in (*names.split(), "Suspended", "AwaitingRetry", "Retrying", "Late"):
        seen.state(getattr(states, name)())


@scenario("Completed()", "Completed('done')", "X('no', type=FAILED)", "Late(type=SCHEDULED)", "Failed()")
def str_shows_name_message_and_a_type_that_is_not_the_name(seen):
    from prefect.states import Completed, Failed, Late

    for state in (Completed(), Completed(message="done"), Failed(name="X", message="no"), Late(), Failed(data=1)):
        seen(str(state))


@scenario("Completed(message=None, type=COMPLETED, result=1)", "Failed(message='no', type=FAILED, result=None)")
def repr_shows_message_type_and_result(seen):
    from prefect.states import Completed, Failed

    seen(repr(Completed(data=1)))
    seen(repr(Failed(message="no")))


@scenario(
    "scheduled",
    "pending",
    "running",
    "completed final",
    "failed final",
    "crashed final",
    "cancelling",
    "cancelled final",
    "paused",
)
def the_predicates_ask_for_the_type(seen):
    from prefect import states

    kinds = "scheduled pending running completed failed crashed cancelling cancelled paused final".split()
    for name in kinds[:-1]:
        state = getattr(states, name.capitalize())()
        seen(*[kind for kind in kinds if getattr(state, f"is_{kind}")()])


@scenario("False", "True", "True", "False")
def states_are_equal_only_to_themselves(seen):
    from prefect.states import Completed

    state = Completed()
    seen(Completed() == Completed())
    seen(state == state)  # noqa: PLR0124 -- that is the question
    seen(state in [Completed(), state])
    seen(state.fresh_copy() == state)


@scenario("COMPLETED", "True", "True")
def a_state_type_is_a_string(seen):
    from prefect.states import StateType

    seen(StateType.COMPLETED.value)
    seen(StateType.COMPLETED == "COMPLETED")
    seen(StateType("COMPLETED") is StateType.COMPLETED)


@scenario("custom Custom", "Failed None")
def a_state_can_be_made_from_its_type(seen):
    from prefect import State
    from prefect.states import StateType

    state = State(type=StateType.COMPLETED, name="Custom", message="custom")
    seen(state.message, state.name)
    state = State(type="FAILED")
    seen(state.name, state.message)


@scenario(
    "PausedRun: Run is paused, its result is not available.",
    "UnfinishedRun: Run is in PENDING state, its result is not available.",
    "UnfinishedRun: Run is in RUNNING state, its result is not available.",
    "UnfinishedRun: Run is in SCHEDULED state, its result is not available.",
)
def a_state_that_is_not_final_has_no_result(seen):
    from prefect.states import AwaitingRetry, Paused, Pending, Running

    for state in (Paused(), Pending(), Running(), AwaitingRetry()):
        with seen.raised():
            state.result(raise_on_failure=False)


@scenario("ValueError: no", "FailedRun: a word", "ValueError: inner", "ValueError: second")
def a_failed_state_raises_what_its_data_says(seen):
    from prefect.states import Completed, Failed

    inner = Failed(data=ValueError("inner"))
    among = [Completed(data=1), Failed(data=ValueError("second")), Failed(data=ValueError("third"))]
    for data in (ValueError("no"), "a word", inner, among):
        with seen.raised():
            Failed(data=data).result()


@scenario(
    "FailedRun: Run failed.",
    "CrashedRun: Run crashed.",
    "CancelledRun: Run cancelled.",
    "FailedRun: no",
    "CrashedRun: no",
    "CancelledRun: no",
)
def a_failed_state_without_data_raises_its_message(seen):
    from prefect.states import Cancelled, Crashed, Failed

    for more in ({}, {"message": "no"}):
        for kind in (Failed, Crashed, Cancelled):
            with seen.raised():
                kind(**more).result()


@scenario(
    "ValueError: Failed state result was an iterable of states but none were failed.",
    "TypeError: Unexpected result for failed state: 5 —— int cannot be resolved into an exception",
)
def a_failed_state_with_odd_data_says_so(seen):
    from prefect.states import Completed, Failed

    for data in ([Completed(data=1)], 5):
        with seen.raised():
            Failed(data=data).result()


@scenario("ValueError('no')", "FailedRun('Run failed.')", "FailedRun('why')")
def without_raising_a_failed_state_gives_its_exception(seen):
    from prefect.states import Failed

    seen(repr(Failed(data=ValueError("no")).result(raise_on_failure=False)))
    seen(repr(Failed().result(raise_on_failure=False)))
    seen(repr(Failed(message="why").result(raise_on_failure=False)))


@scenario("1", "MissingResult", "None", "None")
def a_completed_state_gives_its_data(seen):
    from prefect import flow
    from prefect.exceptions import MissingResult
    from prefect.states import Completed

    seen(Completed(data=1).result())
    try:
        Completed().result()
    except MissingResult as error:
        seen(type(error).__name__)
    seen(flow(_none)(return_state=True).result())
    seen(flow(_none)())


@scenario("1 1", "1")
def in_async_code_a_result_can_be_awaited(seen):
    from prefect import flow
    from prefect.states import Completed

    @flow
    async def etl():
        return 1

    async def main():
        state = await etl(return_state=True)
        seen(await state.result(), await state.aresult())
        seen(Completed(data=1).result(_sync=True))

    asyncio.run(main())


@scenario("ValueError('no')", "FailedRun('why')", "CrashedRun('Run crashed.')", "ValueError('first')")
def get_state_exception_gives_what_result_would_raise(seen):
    from prefect.states import Completed, Crashed, Failed, get_state_exception

    states = Failed(data=[Completed(data=1), Failed(data=ValueError("first"))])
    for state in (Failed(data=ValueError("no")), Failed(message="why"), Crashed(), states):
        seen(repr(get_state_exception(state)))


@scenario("nothing was raised", "ValueError: no", "FailedRun: why")
def raise_state_exception_raises_for_failed_states_only(seen):
    from prefect.states import Completed, Failed, raise_state_exception

    for state in (Completed(data=1), Failed(data=ValueError("no")), Failed(message="why")):
        with seen.raised():
            raise_state_exception(state)


@scenario("2 1", "False True False True", "total=2, 'COMPLETED'=1, 'FAILED'=1")
def a_state_group_counts(seen):
    from prefect.states import Completed, Failed, StateGroup

    group = StateGroup([Completed(), Failed()])
    seen(group.total_count, group.fail_count)
    seen(group.all_completed(), group.any_failed(), group.any_cancelled(), group.all_final())
    seen(group.counts_message())


@scenario("total=3, not_final=2, 'COMPLETED'=1, 'PENDING'=1, 'RUNNING'=1", "False")
def a_state_group_counts_what_is_not_final(seen):
    from prefect.states import Completed, Pending, Running, StateGroup

    group = StateGroup([Completed(), Pending(), Running()])
    seen(group.counts_message())
    seen(group.all_final())


@scenario("True True True", "False False False False")
def an_iterable_of_states_holds_nothing_else(seen):
    from prefect.states import Completed, Failed, is_state_iterable

    states = [Completed(), Failed()]
    seen(*[is_state_iterable(kind(states)) for kind in (list, tuple, set)])
    seen(*[is_state_iterable(other) for other in ([], [*states, 1], {"a": states[0]}, states[0])])


@scenario("FAILED Failed ValueError: no", "FAILED Failed Load went wrong: ValueError: no", "True")
def an_exception_becomes_a_failed_state(seen):
    from prefect._internal.states import exception_to_failed_state_sync

    error = ValueError("no")
    state = exception_to_failed_state_sync(error)
    seen.state(state)
    seen.state(exception_to_failed_state_sync(error, message="Load went wrong:"))
    seen(state.result(raise_on_failure=False) is error)


@scenario("Cannot supply both a pause_expiration_time and timeout_seconds")
def a_paused_state_has_one_end(seen):
    from datetime import UTC, datetime

    from prefect.states import Paused

    try:
        Paused(pause_expiration_time=datetime.now(UTC), timeout_seconds=1)
    except ValueError as error:
        seen(error)


@scenario("True True", "True True")
def a_runs_states_know_their_run(seen):
    from prefect import flow, task

    given = []
    keep = [lambda owner, run, state: given.append((run, state))]
    flow(_none, on_completion=keep)()
    task(_none, on_completion=keep)()
    (flow_run, completed), (task_run, loaded) = given
    seen(completed.state_details.flow_run_id == flow_run.id, completed.state_details.task_run_id is None)
    seen(loaded.state_details.task_run_id == task_run.id, loaded.state_details.flow_run_id is None)


@scenario("True", "True", "UTC")
def a_state_has_its_time(seen):
    from datetime import UTC, datetime

    from prefect.states import Completed

    before = datetime.now(UTC)
    state = Completed()
    seen(before <= state.timestamp)
    seen(state.timestamp <= datetime.now(UTC))
    seen(state.timestamp.tzname())


@scenario("ValueError: no", "True")
def the_exception_a_state_keeps_is_the_one_the_body_raised(seen):
    from prefect import task

    error = ValueError("no")

    @task
    def load():
        raise error

    state = load(return_state=True)
    with seen.raised():
        state.result()
    seen(state.result(raise_on_failure=False) is error)


def _none():
    return None
