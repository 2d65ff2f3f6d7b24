"""Retries, timeouts, and the hooks between the attempts."""

import asyncio
import functools
import time

from dialects.scenarios import scenario

KINDS = ("on_running", "on_completion", "on_failure")


@scenario("on_running Running", "on_running Running", "on_running Running", "on_failure Failed", "3 attempts")
def a_flow_that_always_fails_fires_on_running_for_each_attempt_and_on_failure_once(seen):
    from prefect import flow

    attempts = []

    @flow(retries=2, **seen.hooks(*KINDS))
    def etl():
        attempts.append(1)
        raise ValueError("no")

    etl(return_state=True)
    seen(len(attempts), "attempts")


@scenario("on_running Running", "on_running Retrying", "on_running Retrying", "on_failure Failed", "3 attempts")
def a_task_that_always_fails_is_retrying_in_its_later_attempts(seen):
    from prefect import task

    attempts = []

    @task(retries=2, **seen.hooks(*KINDS))
    def load():
        attempts.append(1)
        raise ValueError("no")

    load(return_state=True)
    seen(len(attempts), "attempts")


@scenario("on_running Running", "on_running Retrying", "on_completion Completed")
def on_completion_fires_once_when_a_retry_succeeds(seen):
    from prefect import task

    tries = iter([0, 1])

    @task(retries=3, **seen.hooks(*KINDS))
    def load():
        return 1 / next(tries)

    load()


@scenario("on_running Running", "on_running Running", "on_completion Completed")
def a_flow_whose_retry_succeeds_completes(seen):
    from prefect import flow

    tries = iter([0, 1])

    @flow(retries=1, **seen.hooks(*KINDS))
    def etl():
        return 1 / next(tries)

    etl()


@scenario("extract 1", "extract 2", "etl 2")
def a_flows_retry_runs_its_tasks_again(seen):
    from prefect import flow, task

    tries = []

    @task
    def extract():
        tries.append(1)
        seen("extract", len(tries))

    @flow(retries=1)
    def etl():
        extract()
        if len(tries) < 2:
            raise ValueError("again")
        seen("etl", len(tries))

    etl()


@scenario("1", "2", "3")
def run_count_counts_the_attempts_of_a_task(seen):
    from prefect import task
    from prefect.runtime import task_run

    @task(retries=2)
    def load():
        seen(task_run.run_count)
        raise ValueError("no")

    load(return_state=True)


@scenario("1", "2")
def run_count_counts_the_attempts_of_a_flow(seen):
    from prefect import flow
    from prefect.runtime import flow_run

    @flow(retries=1)
    def etl():
        seen(flow_run.run_count)
        raise ValueError("no")

    etl(return_state=True)


@scenario("on_running Running", "on_running Retrying", "on_failure Failed")
def a_failed_state_that_a_task_returns_uses_up_a_retry(seen):
    from prefect import task
    from prefect.states import Failed

    @task(retries=1, **seen.hooks(*KINDS))
    def load():
        return Failed(message="not today")

    load(return_state=True)


@scenario("asked load Failed Task run encountered unexpected exception: ValueError('no')", "on_failure Failed")
def a_retry_condition_that_says_no_fails_the_task_at_once(seen):
    from prefect import task

    def never(task, task_run, state):
        seen("asked", task.name, state.name, state.message)
        return False

    @task(retries=3, retry_condition_fn=never, **seen.hooks("on_failure"))
    def load():
        raise ValueError("no")

    load(return_state=True)


@scenario("on_running Running", "on_running Retrying", "on_failure Failed")
def a_retry_condition_that_says_yes_lets_the_task_retry(seen):
    from prefect import task

    @task(retries=1, retry_condition_fn=lambda task, task_run, state: True, **seen.hooks(*KINDS))
    def load():
        raise ValueError("no")

    load(return_state=True)


@scenario("on_running Running", "on_running Retrying", "on_failure Failed")
def a_retry_condition_may_be_async(seen):
    from prefect import task

    async def always(task, task_run, state):
        return True

    @task(retries=1, retry_condition_fn=always, **seen.hooks(*KINDS))
    async def load():
        raise ValueError("no")

    asyncio.run(load(return_state=True))


@scenario("on_running Running", "FAILED Failed Task run encountered an exception ValueError: no")
def a_retry_condition_that_raises_means_no(seen):
    from prefect import task

    def broken(task, task_run, state):
        raise RuntimeError("the condition")

    @task(retries=1, retry_condition_fn=broken, **seen.hooks("on_running"))
    def load():
        raise ValueError("no")

    seen.state(load(return_state=True))


@scenario(
    "on_running Running",
    better=["on_running Running", "on_running Retrying"],
    because="any callable is a retry condition (§1.16, 8)",
)
def a_partial_as_retry_condition(seen):
    from prefect import task

    def when(answer, task, task_run, state):
        return answer

    @task(retries=1, retry_condition_fn=functools.partial(when, True), **seen.hooks("on_running"))
    def load():
        raise ValueError("no")

    load(return_state=True)


@scenario(
    "on_running Running",
    better=["on_running Running", "on_running Retrying"],
    because="any callable is a retry condition (§1.16, 8)",
)
def an_object_as_retry_condition(seen):
    from prefect import task

    class Always:
        def __call__(self, task, task_run, state):
            return True

    @task(retries=1, retry_condition_fn=Always(), **seen.hooks("on_running"))
    def load():
        raise ValueError("no")

    load(return_state=True)


@scenario("[2, 4, 8]", "[1]")
def exponential_backoff_doubles_its_factor(seen):
    from prefect.tasks import exponential_backoff

    seen(exponential_backoff(backoff_factor=2)(3))
    seen(exponential_backoff(1)(1))


@scenario("on_running Running", "on_running Retrying", "on_running Retrying", "3")
def delays_may_be_a_number_a_list_or_a_callable_and_have_jitter(seen):
    from prefect import task

    tries = iter([0, 0, 1])

    @task(retries=2, retry_delay_seconds=[0.001, 0.002], retry_jitter_factor=0.5, **seen.hooks("on_running"))
    def load():
        return 3 / next(tries)

    seen(int(load()))


@scenario("asked for 2", "on_running Running", "on_running Retrying", "on_running Retrying")
def a_callable_gives_the_delays_when_the_task_is_defined(seen):
    from prefect import task

    def delays(retries):
        seen("asked for", retries)
        return [0.001] * retries

    @task(retries=2, retry_delay_seconds=delays, **seen.hooks("on_running"))
    def load():
        raise ValueError("no")

    load(return_state=True)


@scenario(
    "on_running Running",
    "on_failure TimedOut",
    "FAILED TimedOut Flow run exceeded timeout of 0.1 second(s)",
    "FlowRunTimeoutError",
)
def a_flow_that_takes_too_long_has_timed_out(seen):
    from prefect import flow

    @flow(timeout_seconds=0.1, **seen.hooks(*KINDS))
    def etl():
        time.sleep(3)

    state = etl(return_state=True)
    seen.state(state)
    seen(type(state.data).__name__)


@scenario("on_failure TimedOut", "FAILED TimedOut Task run exceeded timeout of 0.1 second(s)", "TaskRunTimeoutError")
def a_task_that_takes_too_long_has_timed_out(seen):
    from prefect import task

    @task(timeout_seconds=0.1, **seen.hooks("on_failure"))
    def load():
        time.sleep(3)

    state = load(return_state=True)
    seen.state(state)
    seen(type(state.data).__name__)


@scenario("on_failure TimedOut", "FAILED TimedOut Flow run exceeded timeout of 0.1 second(s)")
def an_async_flow_that_takes_too_long_has_timed_out(seen):
    from prefect import flow

    @flow(timeout_seconds=0.1, **seen.hooks("on_failure"))
    async def etl():
        await asyncio.sleep(3)

    seen.state(asyncio.run(etl(return_state=True)))


@scenario("on_failure TimedOut", "FAILED TimedOut Task run exceeded timeout of 0.1 second(s)")
def an_async_task_that_takes_too_long_has_timed_out(seen):
    from prefect import task

    @task(timeout_seconds=0.1, **seen.hooks("on_failure"))
    async def load():
        await asyncio.sleep(3)

    seen.state(asyncio.run(load(return_state=True)))


@scenario("on_running Running", "on_running Retrying", "on_failure TimedOut")
def a_timeout_uses_up_a_retry(seen):
    from prefect import task

    @task(timeout_seconds=0.05, retries=1, **seen.hooks(*KINDS))
    def load():
        time.sleep(3)

    load(return_state=True)


@scenario(
    "FAILED TimedOut Flow run failed due to timeout: TimeoutError('mine')",
    better=["FAILED Failed Flow run encountered an exception: TimeoutError: mine"],
    because="the run has not exceeded its timeout: the code raised an error of its own",
)
def a_timeout_error_of_the_bodys_own(seen):
    from prefect import flow

    @flow(timeout_seconds=30)
    def etl():
        raise TimeoutError("mine")

    seen.state(etl(return_state=True))


@scenario(
    "on_completion Completed",
    "on_completion Cached",
    better=["OutOfScope"],
    because="not here: kept results are out of scope, and the error says so where the task is defined",
)
def a_task_whose_results_are_to_be_kept(seen):
    from prefect import task

    try:
        load = task(_one, cache_key_fn=lambda context, parameters: "key", **seen.hooks("on_completion"))
    except NotImplementedError as error:
        seen(type(error).__name__)
    else:
        load()
        load()


def _one():
    return 1
