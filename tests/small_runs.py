"""Small tasks, and a flow around a body, for tests of what is submitted."""

from hookcell import flow, task

# Seconds after which a test that should not wait gives up: no stop-watch, for the machine may be slow and stand still.
LIMIT = 60


@task
def one():
    return 1


@task
def same(x=None, **more):
    return x


@task
def broken():
    raise KeyError("price")


def in_flow(body, **options):
    """Run a body as a flow."""
    return flow(name="around", **options)(body)()
