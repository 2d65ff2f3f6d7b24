"""Facts about the run around the code that asks: `from hookcell.prefect.runtime import flow_run, task_run`.

Each module gives its attributes when they are read; outside a run they are None, or empty. In tests, an environment
variable such as PREFECT__RUNTIME__FLOW_RUN__NAME stands in for one.
"""

from hookcell.prefect.runtime import deployment, flow_run, task_run

__all__ = ["deployment", "flow_run", "task_run"]
