"""Submitted and mapped tasks: futures, what flows into them, and what comes of failures upstream."""

import asyncio
import threading

from dialects.scenarios import scenario


@scenario("3", "COMPLETED Completed None", "True")
def a_submitted_task_gives_a_future(seen):
    from prefect import flow, task
    from prefect.futures import PrefectFuture

    @task
    def add(x, y):
        return x + y

    @flow
    def etl():
        future = add.submit(1, 2)
        seen(future.result())
        seen.state(future.state)
        seen(isinstance(future, PrefectFuture))

    etl()


@scenario("6")
def a_future_given_to_a_task_is_its_result_there(seen):
    from prefect import flow, task

    @task
    def add(*numbers):
        return sum(numbers)

    @flow
    def etl():
        seen(add.submit(add.submit(1), *[add.submit(2), add(3)]).result())

    etl()


@scenario("{'a': [1, 2]}", "1")
def futures_and_states_anywhere_in_the_arguments_are_resolved(seen):
    from prefect import flow, task

    @task
    def give(x):
        return x

    @flow
    def etl():
        seen(give({"a": [give.submit(1), give(2, return_state=True)]}))
        seen(give(give.submit(1)))

    etl()


@scenario("[2, 4, 6]", "[11, 12, 13]")
def map_calls_a_task_for_each_item(seen):
    from prefect import flow, task

    @task
    def add(x, y):
        return x + y

    @flow
    def etl():
        seen(add.map([1, 2, 3], [1, 2, 3]).result())
        seen(add.map([1, 2, 3], 10).result())

    etl()


@scenario("[[1, 8, 9], [2, 8, 9]]")
def unmapped_lists_go_whole_to_each_call(seen):
    from prefect import flow, task, unmapped

    @task
    def add(x, rest):
        return [x, *rest]

    @flow
    def etl():
        seen(add.map([1, 2], unmapped([8, 9])).result())

    etl()


@scenario("[2, 3]")
def a_future_of_a_list_can_be_mapped_over(seen):
    from prefect import flow, task

    @task
    def numbers():
        return [1, 2]

    @task
    def add_one(x):
        return x + 1

    @flow
    def etl():
        seen(add_one.map(numbers.submit()).result())

    etl()


@scenario("MappingLengthMismatch", "MappingMissingIterable")
def map_refuses_lists_that_do_not_fit(seen):
    from prefect import flow, task
    from prefect.exceptions import MappingLengthMismatch, MappingMissingIterable

    @task
    def add(x, y):
        return x + y

    @flow
    def etl():
        for x, y in (([1, 2], [1, 2, 3]), (1, 2)):
            try:
                add.map(x, y)
            except (MappingLengthMismatch, MappingMissingIterable) as error:
                seen(type(error).__name__)

    etl()


@scenario("[1, 2, 3]", "[1, 2, 3]")
def as_completed_gives_every_future_once(seen):
    from prefect import flow, task
    from prefect.futures import as_completed

    @task
    def give(x):
        return x

    @flow
    def etl():
        seen(sorted(future.result() for future in as_completed(give.map([1, 2, 3]))))
        seen(sorted(future.result() for future in as_completed([give.submit(x) for x in (1, 2, 3)])))

    etl()


@scenario("2 done", "0 not done")
def wait_tells_done_from_not_done(seen):
    from prefect import flow, task
    from prefect.futures import wait

    @task
    def give(x):
        return x

    @flow
    def etl():
        done, not_done = wait([give.submit(1), give.submit(2)])
        seen(len(done), "done")
        seen(len(not_done), "not done")

    etl()


@scenario("1 0", "TimeoutError", "0 1")
def waiting_has_a_timeout(seen):
    from prefect import flow, task
    from prefect.futures import wait

    go = threading.Event()
    give = task(go.wait, name="give")

    @flow
    def etl():
        future = give.submit()
        states = wait([future], timeout=0.05)
        seen(len(states.not_done), len(states.done))
        seen(type(_error(lambda: future.result(timeout=0.05))).__name__)
        go.set()
        seen(len(wait([future]).not_done), len(wait([future]).done))

    etl()


@scenario("Pending()", "Completed()")
def a_future_is_done_after_wait(seen):
    from prefect import flow, task

    go = threading.Event()
    give = task(lambda: go.wait(60), name="give")

    @flow
    def etl():
        first = give.submit()
        second = give.submit(wait_for=[first])
        seen(second.state)
        go.set()
        second.wait()
        seen(second.state)

    etl()


@scenario("called back with 1")
def a_callback_is_called_when_a_future_is_done(seen):
    from prefect import flow, task

    called = threading.Event()

    def back(future):
        seen("called back with", future.result())
        called.set()

    @flow
    def etl():
        task(_one).submit().add_done_callback(back)
        called.wait(60)

    etl()


@scenario("ValueError: no", "ValueError('no')")
def a_failed_tasks_future_raises(seen):
    from prefect import flow, task

    @task
    def load():
        raise ValueError("no")

    @flow
    def etl():
        future = load.submit()
        with seen.raised():
            future.result()
        seen(repr(future.result(raise_on_failure=False)))

    etl()


@scenario("ValueError: 2", "[1, ValueError(2)]")
def a_list_of_futures_raises_or_gives_all(seen):
    from prefect import flow, task

    @task
    def load(x):
        if x == 2:
            raise ValueError(x)
        return x

    @flow
    def etl():
        futures = load.map([1, 2])
        with seen.raised():
            futures.result()
        seen(futures.result(raise_on_failure=False))

    etl()


@scenario(
    "PENDING NotReady Upstream task run '<id>' did not reach a 'COMPLETED' state.",
    "False",
    better=[
        "PENDING NotReady Upstream task run 'load-000' did not reach a 'COMPLETED' state: it is Failed. ValueError: no",
        "False",
    ],
    because="the message names the run and carries the root cause (§3, 11)",
)
def a_task_after_a_failed_one_is_not_ready(seen):
    from prefect import flow, task

    def body(x):
        seen("never")

    @task
    def load():
        raise ValueError("no")

    @flow
    def etl():
        state = task(body)(load(return_state=True), return_state=True)
        seen.state(state)
        seen(state.is_final())

    etl()


@scenario("it is an UnfinishedRun")
def a_task_that_is_not_ready_has_no_result(seen):
    from prefect import flow, task
    from prefect.exceptions import UnfinishedRun

    @task
    def load():
        raise ValueError("no")

    @flow
    def etl():
        error = _error(lambda: task(_one).submit(wait_for=[load.submit()]).result())
        seen("it is an UnfinishedRun" if isinstance(error, UnfinishedRun) else repr(error))

    etl()


@scenario("NotReady")
def a_task_that_is_not_ready_fires_none_of_prefects_hooks(seen):
    from prefect import flow, task

    @task
    def load():
        raise ValueError("no")

    @task(**seen.hooks("on_running", "on_completion", "on_failure"))
    def save(x):
        return x

    @flow
    def etl():
        seen(save.submit(1, wait_for=[load.submit()], return_state=True).name)

    etl()


@scenario("after the load", "NotReady")
def wait_for_orders_tasks_without_data(seen):
    from prefect import flow, task

    @task
    def load(x):
        return 1 / x

    @task
    def save():
        return "after the load"

    @flow
    def etl():
        seen(save(wait_for=[load.submit(1)]))
        seen(save(wait_for=[load.submit(0)], return_state=True).name)

    etl()


@scenario("ValueError('no')", "'went on'")
def allow_failure_gives_the_exception_to_the_next_task(seen):
    from prefect import allow_failure, flow, task

    @task
    def load():
        raise ValueError("no")

    @task
    def tell(x):
        return repr(x)

    @flow
    def etl():
        seen(tell(allow_failure(load.submit())))
        seen(tell.submit("went on", wait_for=[allow_failure(load.submit())]).result())

    etl()


@scenario("['Completed']", "['Completed']")
def quote_and_opaque_keep_states_inside(seen):
    from prefect import flow, task
    from prefect.utilities.annotations import opaque, quote

    @task
    def names(states):
        return [state.name for state in states]

    @flow
    def etl():
        state = task(_one)(return_state=True)
        seen(names(quote([state])))
        seen(names(opaque([state])))

    etl()


@scenario("[1, 2]", "Completed()", "Failed")
def futures_in_an_expression_can_be_resolved(seen):
    from prefect import flow, task
    from prefect.futures import resolve_futures_to_results, resolve_futures_to_states

    @task
    def invert(x):
        return int(1 / x)

    @flow
    def etl():
        give = task(lambda x: x, name="give")
        seen(resolve_futures_to_results([give.submit(1), give.submit(2)]))
        seen(resolve_futures_to_states({"a": give.submit(1)})["a"])
        seen(resolve_futures_to_states(invert.submit(0)).name)

    etl()


@scenario("At least one result did not complete successfully")
def resolving_results_fails_when_one_failed(seen):
    from prefect import flow, task
    from prefect.futures import resolve_futures_to_results

    @task
    def invert(x):
        return 1 / x

    @flow
    def etl():
        seen(_error(lambda: resolve_futures_to_results([invert.submit(1), invert.submit(0)])))

    etl()


@scenario("body elsewhere True", "hook beside it True")
def submitted_tasks_and_their_hooks_run_in_a_worker_thread(seen):
    from prefect import flow, task

    main, threads = threading.get_ident(), []

    @task(on_completion=[lambda task, task_run, state: threads.append(threading.get_ident())])
    def load():
        threads.append(threading.get_ident())

    @flow
    def etl():
        load.submit().wait()

    etl()
    seen("body elsewhere", threads[0] != main)
    seen("hook beside it", threads[1] == threads[0])


@scenario(
    "RuntimeError: Task runner is not started",
    better=["RuntimeError: Task runner is not started; submit inside `with runner:`, or call task.submit(...)"],
    because="the message says what to write instead",
)
def a_task_runner_works_only_while_it_is_open(seen):
    from prefect import task
    from prefect.task_runners import ThreadPoolTaskRunner

    with seen.raised():
        ThreadPoolTaskRunner().submit(task(_one), {})


@scenario("[1, 4]", "[1, 4]")
def a_flow_takes_a_task_runner_or_its_class(seen):
    from prefect import flow, task
    from prefect.task_runners import ThreadPoolTaskRunner

    @task
    def square(x):
        return x * x

    def etl():
        return square.map([1, 2]).result()

    seen(flow(etl, task_runner=ThreadPoolTaskRunner(max_workers=2))())
    seen(flow(etl, task_runner=ThreadPoolTaskRunner)())


@scenario("[2, 3]", "on_completion Completed")
def an_async_flow_submits_tasks(seen):
    from prefect import flow, task

    @task
    async def add_one(x):
        return x + 1

    @flow(**seen.hooks("on_completion"))
    async def etl():
        seen([future.result() for future in add_one.map([1, 2])])

    asyncio.run(etl())


@scenario("Completed", "1")
def submit_can_give_the_state(seen):
    from prefect import flow, task

    @flow
    def etl():
        state = task(_one).submit(return_state=True)
        seen(state.name)
        seen(state.result())

    etl()


@scenario("child Completed", "2", "child Completed", "Completed('All states completed.')")
def a_subflow_is_called_like_a_function(seen):
    from prefect import flow

    @flow(on_completion=[lambda flow, flow_run, state: seen("child", state.name)])
    def child(x):
        return x + 1

    @flow
    def parent():
        seen(child(1))
        return child(1, return_state=True)

    seen(parent(return_state=True))


@scenario(
    "RuntimeError: Unable to determine task runner to use for submission. If you are submitting a task outside of a "
    "flow, please use `.delay` to submit the task run for deferred execution.",
    better=["3", "nothing was raised"],
    because="a task can be submitted anywhere: no server has to keep it",
)
def a_task_submitted_outside_a_flow(seen):
    from prefect import task

    @task
    def add_one(x):
        return x + 1

    with seen.raised():
        seen(add_one.submit(2).result())


@scenario("inner", "outer", "3")
def a_task_may_call_another_task(seen):
    from prefect import flow, task

    @task(on_completion=[lambda *given: seen("inner")])
    def inner(x):
        return x + 1

    @task(on_completion=[lambda *given: seen("outer")])
    def outer(x):
        return inner(x) + 1

    seen(flow(lambda: outer(1), name="etl")())


@scenario(
    "PENDING NotReady Upstream task run '<id>' did not reach a 'COMPLETED' state.",
    better=[
        "PENDING NotReady Upstream task run 'load-000' did not reach a 'COMPLETED' state: it is Failed. ValueError: no"
    ],
    because="the message names the run and carries the root cause (§3, 11)",
)
def a_subflow_waits_for_tasks_too(seen):
    from prefect import flow, task

    @task
    def load():
        raise ValueError("no")

    @flow
    def child():
        seen("never")

    @flow
    def parent():
        seen.state(child(wait_for=[load.submit()], return_state=True))

    parent()


@scenario("5", "NotReady")
def a_future_given_to_a_subflow_is_its_result_there(seen):
    from prefect import flow, task

    @flow
    def child(x):
        return x + 1

    @flow
    def parent():
        seen(child(task(lambda: 4, name="load").submit()))
        seen(child(task(lambda: 1 / 0, name="load").submit(), return_state=True).name)

    parent()


@scenario(
    "ValueError: 'timeout' must be a non-negative number, got -1",
    better=["ValueError: 'timeout' must be a non-negative number, got -1; give seconds, or None for no limit"],
    because="the message says what to write instead",
)
def a_timeout_of_a_list_of_futures(seen):
    from prefect import flow, task

    @flow
    def etl():
        with seen.raised():
            task(lambda x: x, name="give").map([1]).result(timeout=-1)

    etl()


@scenario(
    "first",
    better=["first", "second"],
    because="a flow waits for all it has submitted: lost work is silent work (CONTRIBUTING.md, Deviations)",
)
def a_flow_that_does_not_wait_for_its_futures(seen):
    from prefect import flow, task
    from prefect.task_runners import ThreadPoolTaskRunner

    go = threading.Event()

    @task
    def load(word):
        go.wait(0.1)
        seen(word)

    @flow(task_runner=ThreadPoolTaskRunner(max_workers=1))
    def etl():
        load.submit("first")
        load.submit("second")

    etl()


@scenario("True 1 (of 2) futures unfinished")
def as_completed_gives_up_after_its_timeout(seen):
    from prefect import flow, task
    from prefect.futures import as_completed

    go = threading.Event()

    @flow
    def etl():
        futures = [task(_one).submit(), task(lambda: go.wait(60), name="give").submit()]
        futures[0].wait()
        error = _error(lambda: list(as_completed(futures, timeout=0.05)))
        seen(isinstance(error, TimeoutError), error)
        go.set()

    etl()


@scenario("['Completed', 'Failed']")
def map_can_give_the_states(seen):
    from prefect import flow, task

    @task
    def invert(x):
        return 1 / x

    @flow
    def etl():
        seen([state.name for state in invert.map([1, 0], return_state=True)])

    etl()


@scenario("True True", "True")
def a_future_knows_its_task_run(seen):
    from prefect import flow, task

    ids = []

    @flow
    def etl():
        future = task(_one, on_completion=[lambda task, task_run, state: ids.append(task_run)]).submit()
        future.wait()
        seen(future.task_run_id == ids[0].id, ids[0].state.state_details.task_run_id == ids[0].id)

    @etl.on_completion
    def hook(flow, flow_run, state):
        seen(ids[0].flow_run_id == flow_run.id)

    etl()


@scenario("[3, 3]")
def map_repeats_plain_values_and_waits_for_others(seen):
    from prefect import flow, task

    @task
    def add(x, y=0):
        return x + y

    @flow
    def etl():
        first = add.submit(1)
        seen(add.map([first, add.submit(1)], y=2, wait_for=[first]).result())

    etl()


@scenario("on_failure Failed", "on_completion Completed", "on_completion Completed")
def each_mapped_run_fires_hooks_of_its_own(seen):
    from prefect import flow, task
    from prefect.task_runners import ThreadPoolTaskRunner

    @task(**seen.hooks("on_completion", "on_failure"))
    def invert(x):
        return 1 / x

    @flow(task_runner=ThreadPoolTaskRunner(max_workers=1))
    def etl():
        invert.map([0, 1, 2]).wait()

    etl()


def _one():
    return 1


def _error(call):
    try:
        call()
    except Exception as error:  # noqa: BLE001 -- whatever it is
        return error
