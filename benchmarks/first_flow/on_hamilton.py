"""What a user's first script is: one node, with a hook."""

from hamilton import ad_hoc_utils, driver
from hamilton.lifecycle import NodeExecutionHook


class Said(NodeExecutionHook):
    def run_before_node_execution(self, **facts):
        pass

    def run_after_node_execution(self, *, node_name, **_facts):
        print(node_name)


def one(x: int) -> int:
    return x


module = ad_hoc_utils.create_temporary_module(one, module_name="first")
driver.Builder().with_modules(module).with_adapters(Said()).build().execute(["one"], inputs={"x": 1})
