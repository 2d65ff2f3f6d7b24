"""What ends a run from outside its logic: SystemExit, KeyboardInterrupt, cancelled awaits."""

import asyncio

from dialects.scenarios import scenario

KINDS = ("on_running", "on_completion", "on_failure", "on_cancellation", "on_crashed")


@scenario("on_running Running", "on_crashed Crashed", "SystemExit: 3")
def a_flow_that_exits_crashes_and_raises(seen):
    from prefect import flow

    @flow(**seen.hooks(*KINDS))
    def etl():
        raise SystemExit(3)

    with seen.raised():
        etl()


@scenario("CRASHED Crashed Execution was aborted by Python system exit call.", "SystemExit: 3")
def return_state_does_not_swallow_a_system_exit(seen):
    from prefect import flow

    @flow(on_crashed=[lambda flow, flow_run, state: seen.state(state)])
    def etl():
        raise SystemExit(3)

    with seen.raised():
        etl(return_state=True)


@scenario("CRASHED Crashed Execution was aborted by an interrupt signal.", "KeyboardInterrupt: ")
def a_keyboard_interrupt_that_code_raises_is_a_crash(seen):
    from prefect import flow

    @flow(on_crashed=[lambda flow, flow_run, state: seen.state(state)], **seen.hooks("on_cancellation"))
    def etl():
        raise KeyboardInterrupt

    with seen.raised():
        etl(return_state=True)


@scenario("CRASHED Crashed Execution was cancelled by the runtime environment.", "CancelledError: ")
def a_cancelled_error_that_code_raises_is_a_crash(seen):
    from prefect import flow

    @flow(on_crashed=[lambda flow, flow_run, state: seen.state(state)], **seen.hooks("on_cancellation"))
    async def etl():
        raise asyncio.CancelledError

    with seen.raised():
        asyncio.run(etl())


@scenario("on_running Running", "CRASHED Crashed Execution was cancelled by the runtime environment.", "CancelledError")
def cancelling_the_asyncio_task_of_a_flow_crashes_it(seen):
    from prefect import flow

    started = asyncio.Event()

    @flow(on_crashed=[lambda flow, flow_run, state: seen.state(state)], **seen.hooks("on_running"))
    async def etl():
        started.set()
        await asyncio.sleep(30)

    async def main():
        running = asyncio.create_task(etl())
        await started.wait()
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        seen("CancelledError" if running.cancelled() else "not cancelled")

    asyncio.run(main())


@scenario(
    "on_running Running",
    "on_running Running",
    "SystemExit: 3",
    better=["on_running Running", "SystemExit: 3"],
    because="a crash does not fire on_running again (§1.16, 1)",
)
def a_crash_in_a_task(seen):
    from prefect import task

    @task(**seen.hooks("on_running", "on_completion", "on_failure"))
    def load():
        raise SystemExit(3)

    with seen.raised():
        load()


@scenario("flow on_crashed Crashed Execution was aborted by Python system exit call.", "SystemExit: 3")
def a_crash_in_a_task_crashes_its_flow(seen):
    from prefect import flow, task

    @task(on_failure=[lambda *given: seen("task on_failure")])
    def load():
        raise SystemExit(3)

    @flow(on_crashed=[lambda flow, flow_run, state: seen("flow on_crashed", state.name, state.message)])
    def etl():
        load()

    with seen.raised():
        etl()


@scenario("child Crashed", "parent Crashed", "KeyboardInterrupt: ")
def a_crash_in_a_subflow_crashes_the_flow_around_it_too(seen):
    from prefect import flow

    @flow(on_crashed=[lambda flow, flow_run, state: seen("child", state.name)])
    def child():
        raise KeyboardInterrupt

    @flow(on_crashed=[lambda flow, flow_run, state: seen("parent", state.name)])
    def parent():
        child()

    with seen.raised():
        parent()


@scenario("on_running Running", "on_crashed Crashed", "SystemExit: 3")
def a_crash_is_not_retried(seen):
    from prefect import flow

    @flow(retries=3, **seen.hooks(*KINDS))
    def etl():
        raise SystemExit(3)

    with seen.raised():
        etl()


@scenario("on_running Running", "on_crashed Crashed", "CrashedRun: by hand")
def a_crashed_state_that_a_flow_returns_fires_on_crashed(seen):
    from prefect import flow
    from prefect.states import Crashed

    @flow(**seen.hooks(*KINDS))
    def etl():
        return Crashed(message="by hand")

    with seen.raised():
        etl()


@scenario("on_cancellation Cancelling", "CANCELLING Cancelling None")
def a_cancelling_state_that_a_flow_returns_fires_on_cancellation(seen):
    from prefect import flow
    from prefect.states import Cancelling

    @flow(**seen.hooks("on_completion", "on_failure", "on_cancellation", "on_crashed"))
    def etl():
        return Cancelling()

    seen.state(etl(return_state=True))


@scenario("UnfinishedRun: Run is in CANCELLING state, its result is not available.")
def a_flow_that_stays_cancelling_has_no_result(seen):
    from prefect import State, flow
    from prefect.states import StateType

    @flow
    def etl():
        return State(type=StateType.CANCELLING)

    with seen.raised():
        etl()


@scenario("CANCELLED Cancelled enough", "CancelledRun: enough")
def a_cancelled_state_that_a_flow_returns_fires_no_hook(seen):
    from prefect import flow
    from prefect.states import Cancelled

    @flow(**seen.hooks("on_completion", "on_failure", "on_cancellation", "on_crashed"))
    def etl():
        return Cancelled(message="enough")

    seen.state(etl(return_state=True))
    with seen.raised():
        etl()


@scenario("child Cancelling", "parent Failed UnfinishedRun")
def a_subflow_that_cancels_fails_the_flow_that_wants_its_result(seen):
    from prefect import flow
    from prefect.states import Cancelling

    @flow(on_cancellation=[lambda flow, flow_run, state: seen("child", state.name)])
    def child():
        return Cancelling()

    @flow(on_failure=[lambda flow, flow_run, state: seen("parent", state.name, state.message.split(": ")[1])])
    def parent():
        child()

    parent(return_state=True)


@scenario(
    "Execution was aborted by an interrupt signal.",
    "Execution was aborted by Python system exit call.",
    "Execution was interrupted by an unexpected exception: ValueError: odd",
)
def what_crashed_a_run_is_in_the_states_message(seen):
    from prefect._internal.states import exception_to_crashed_state_sync

    for error in (KeyboardInterrupt(), SystemExit(3), ValueError("odd")):
        seen(exception_to_crashed_state_sync(error).message)


@scenario("Execution was aborted by a termination signal.")
def a_termination_signal_is_a_crash(seen):
    import signal

    from prefect._internal.states import exception_to_crashed_state_sync
    from prefect.exceptions import TerminationSignal

    seen(exception_to_crashed_state_sync(TerminationSignal(signal=signal.SIGTERM)).message)
