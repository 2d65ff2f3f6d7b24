"""What a user's first script is: one flow, one task, a hook on each."""

from hookcell.prefect import flow, task


def said(definition, _run, state):
    print(definition.name, state.name)


@task(on_completion=[said])
def one():
    return 1


@flow(on_completion=[said])
def first():
    return one()


first()
