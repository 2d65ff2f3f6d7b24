"""What a user's first script is: one flow, one task, a hook on each."""

from hookcell import flow, task


@task(on_completion=lambda task, run, state: print(task.name, state.name))
def one():
    return 1


@flow(on_completion=lambda flow, run, state: print(flow.name, state.name))
def first():
    return one()


first()
