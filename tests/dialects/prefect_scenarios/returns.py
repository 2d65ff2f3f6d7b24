"""What a flow or task returns decides its final state."""

import asyncio

from dialects.scenarios import scenario


@scenario("COMPLETED Completed None", "None", "COMPLETED Completed None", "{'a': 1}")
def plain_values_complete(seen):
    from prefect import flow

    @flow
    def give(x=None):
        return x

    seen.state(give(return_state=True))
    seen(give(return_state=True).result())
    seen.state(give({"a": 1}, return_state=True))
    seen(give({"a": 1}, return_state=True).result())


@scenario("COMPLETED Completed All states completed.")
def states_that_all_completed_complete_the_flow(seen):
    from prefect import flow, task

    @task
    def load(x):
        return x

    @flow
    def etl():
        return [load(1, return_state=True), load(2, return_state=True)]

    seen.state(etl(return_state=True))


@scenario("FAILED Failed 1/2 states failed.", "Completed() Failed")
def one_failed_state_of_two_fails_the_flow(seen):
    from prefect import flow, task

    @task
    def invert(x):
        return 1 / x

    @flow
    def etl():
        return invert(1, return_state=True), invert(0, return_state=True)

    seen.state(etl(return_state=True))
    completed, failed = etl()
    seen(completed, failed.name)


@scenario("FAILED Failed 1/1 states failed.", "ZeroDivisionError: division by zero")
def a_single_failed_state_fails_the_flow(seen):
    from prefect import flow, task

    @task
    def invert(x):
        return 1 / x

    @flow
    def etl():
        return invert(0, return_state=True)

    seen.state(etl(return_state=True))
    with seen.raised():
        etl()


@scenario("COMPLETED Completed None", "2")
def a_failed_task_that_is_not_returned_does_not_fail_the_flow(seen):
    from prefect import flow, task

    @task
    def invert(x):
        return 1 / x

    @flow
    def etl():
        invert(0, return_state=True)
        return 2

    seen.state(etl(return_state=True))
    seen(etl())


@scenario("COMPLETED Completed None")
def states_beside_other_values_are_data(seen):
    from prefect import flow, task

    @task
    def invert(x):
        return 1 / x

    @flow
    def etl():
        return 1, invert(0, return_state=True)

    seen.state(etl(return_state=True))


@scenario("COMPLETED Completed None")
def states_in_a_dict_are_data(seen):
    from prefect import flow, task

    @task
    def invert(x):
        return 1 / x

    @flow
    def etl():
        return {"state": invert(0, return_state=True)}

    seen.state(etl(return_state=True))


@scenario(
    "COMPLETED Completed None",
    better=["FAILED Failed 1/2 states failed."],
    because="a failure in a nested list is seen too (§1.9, issue 23137)",
)
def states_in_a_nested_list(seen):
    from prefect import flow, task

    @task
    def invert(x):
        return 1 / x

    @flow
    def etl():
        return [[invert(1, return_state=True)], [invert(0, return_state=True)]]

    seen.state(etl(return_state=True))


@scenario("COMPLETED Completed None")
def quoted_states_are_data(seen):
    from prefect import flow, task
    from prefect.utilities.annotations import quote

    @task
    def invert(x):
        return 1 / x

    @flow
    def etl():
        return quote(invert(0, return_state=True))

    seen.state(etl(return_state=True))


@scenario("FAILED Failed 1/3 states failed.", "COMPLETED Completed All states completed.")
def returned_futures_are_waited_for_and_count_as_their_states(seen):
    from prefect import flow, task

    @task
    def invert(x):
        return 1 / x

    @flow
    def etl(*divisors):
        return invert.map(list(divisors))

    seen.state(etl(1, 0, 2, return_state=True))
    seen.state(etl(1, 2, return_state=True))


@scenario("COMPLETED Completed All states completed.", "Completed()")
def a_returned_future_is_a_state_for_the_caller(seen):
    from prefect import flow, task

    @task
    def load():
        return 1

    @flow
    def etl():
        return load.submit()

    seen.state(etl(return_state=True))
    seen(etl())


@scenario("CANCELLED Cancelled 1/3 states cancelled.")
def cancelled_comes_before_failed(seen):
    from prefect import flow, task
    from prefect.states import Cancelled

    @task
    def give(x):
        return Cancelled() if x is None else 1 / x

    @flow
    def etl():
        return [give(x, return_state=True) for x in (1, 0, None)]

    seen.state(etl(return_state=True))


@scenario("PAUSED Paused 1/3 states paused.")
def paused_comes_before_failed(seen):
    from prefect import flow
    from prefect.states import Completed, Failed, Paused

    @flow
    def etl():
        return [Completed(data=1), Failed(message="no"), Paused(name="Paused")]

    seen.state(etl(return_state=True))


@scenario("FAILED Failed 1/2 states are not final.")
def a_state_that_is_not_final_fails_the_flow(seen):
    from prefect import flow
    from prefect.states import Completed, Pending

    @flow
    def etl():
        return {Completed(data=1), Pending()}

    seen.state(etl(return_state=True))


@scenario("on_completion Skipped", "COMPLETED Skipped nothing new", "1")
def a_state_made_by_hand_is_used_as_it_is(seen):
    from prefect import flow
    from prefect.states import Completed

    @flow(**seen.hooks("on_completion"))
    def etl():
        return Completed(name="Skipped", message="nothing new", data=1)

    state = etl(return_state=True)
    seen.state(state)
    seen(state.result())


@scenario("on_failure Failed", "FAILED Failed bad day", "on_failure Failed", "FailedRun: bad day")
def a_failed_state_made_by_hand_fails_the_flow(seen):
    from prefect import flow
    from prefect.states import Failed

    @flow(**seen.hooks("on_failure"))
    def etl():
        return Failed(message="bad day")

    seen.state(etl(return_state=True))
    with seen.raised():
        etl()


@scenario("on_failure Rejected", "FAILED Rejected bad data")
def a_named_state_that_a_task_returns_keeps_its_name(seen):
    from prefect import task
    from prefect.states import Failed

    @task(**seen.hooks("on_failure"))
    def load():
        return Failed(name="Rejected", message="bad data")

    seen.state(load(return_state=True))


@scenario("COMPLETED Completed None", "[0, 1, 2]")
def a_generator_that_a_flow_returns_is_a_list(seen):
    from prefect import flow

    @flow
    def etl():
        return (x for x in range(3))

    state = etl(return_state=True)
    seen.state(state)
    seen(state.result())


@scenario("body 0", "got 0", "body 1", "got 1", "on_completion Completed")
def a_generator_flow_gives_its_items_as_it_runs(seen):
    from prefect import flow

    @flow(**seen.hooks("on_completion", "on_failure"))
    def numbers():
        for number in range(2):
            seen("body", number)
            yield number

    for number in numbers():
        seen("got", number)


@scenario("got 0", "on_completion Completed")
def closing_a_generator_task_early_completes_it(seen):
    from prefect import task

    @task(**seen.hooks("on_completion", "on_failure"))
    def numbers():
        yield from range(100)

    items = numbers()
    seen("got", next(items))
    items.close()


@scenario("got 0", "on_failure Failed", "ValueError: after one")
def a_generator_flow_that_raises_fails(seen):
    from prefect import flow

    @flow(**seen.hooks("on_completion", "on_failure"))
    def numbers():
        yield 0
        raise ValueError("after one")

    with seen.raised():
        for number in numbers():
            seen("got", number)


@scenario("got 0", "got 1", "on_completion Completed")
def an_async_generator_flow_gives_its_items_as_it_runs(seen):
    from prefect import flow

    @flow(**seen.hooks("on_completion", "on_failure"))
    async def numbers():
        for number in range(2):
            yield number

    async def main():
        async for number in numbers():
            seen("got", number)

    asyncio.run(main())


@scenario("child Failed", "COMPLETED Completed None")
def a_subflow_that_failed_does_not_fail_the_flow_that_asked_for_its_state(seen):
    from prefect import flow

    @flow
    def child():
        raise ValueError("no")

    @flow
    def parent():
        seen("child", child(return_state=True).name)

    seen.state(parent(return_state=True))


@scenario("child Failed", "parent Failed", "FAILED Failed 1/1 states failed.", "ValueError: no")
def a_subflows_failed_state_that_is_returned_fails_the_flow(seen):
    from prefect import flow

    @flow(on_failure=[lambda flow, flow_run, state: seen("child", state.name)])
    def child():
        raise ValueError("no")

    @flow(on_failure=[lambda flow, flow_run, state: seen("parent", state.name)])
    def parent():
        return child(return_state=True)

    state = parent(return_state=True)
    seen.state(state)
    with seen.raised():
        state.result()


@scenario("child Failed", "parent Failed Flow run encountered an exception: ValueError: no")
def a_subflow_that_raises_fails_the_flow_around_it(seen):
    from prefect import flow

    @flow(on_failure=[lambda flow, flow_run, state: seen("child", state.name)])
    def child():
        raise ValueError("no")

    @flow(on_failure=[lambda flow, flow_run, state: seen("parent", state.name, state.message)])
    def parent():
        child()

    parent(return_state=True)
