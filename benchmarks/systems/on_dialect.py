"""hookcell's scenarios in Prefect's dialect: the same script with another import line."""

from pathlib import Path

NATIVE, DIALECT = "from hookcell import flow, task\n", "from hookcell.prefect import flow, task\n"

script = Path(__file__).with_name("on_hookcell.py")
native = script.read_text()
assert NATIVE in native
exec(compile(native.replace(NATIVE, DIALECT), script, "exec"))
