"""The notebook of all there is about hooks: what each of its cells says, word for word, and the same each time."""

import re
from pathlib import Path

import nbformat
import pytest
from kernels import running_kernel, texts_of
from nbclient import NotebookClient

from hookcell.hooks import ALIASES, KINDS

NOTEBOOK = Path(__file__).parents[2] / "notebooks" / "hooks.ipynb"
# What each cell says, by its id: what it printed, what it logged, and what it shows, each in one text.
SAYS = {
    "first-hook": ["kept mon\n", "{'mon': {'AAPL': 101.0, 'MSFT': 199.0}}", "✓ Completed load, 1 hook ok"],
    "a-retry": [
        (
            "on_running        get-tue is Running\n"
            "on_retry          get-tue is AwaitingRetry\n"
            "on_running        get-tue is Retrying\n"
            "on_completion     get-tue is Completed\n"
            "on_end            get-tue is Completed\n"
        ),
        "'AAPL 103\\nMSFT 204'",
        "✓ Completed fetch (get-tue), 5 hooks ok",
    ],
    "a-failure": [
        (
            "on_running        get-sat is Running\n"
            "on_retry          get-sat is AwaitingRetry\n"
            "on_running        get-sat is Retrying\n"
            "on_failure        get-sat is Failed\n"
            "on_end            get-sat is Failed\n"
        ),
        ("Failed(message=\"Task run encountered an exception KeyError: 'sat'\", type=FAILED, result=KeyError('sat'))"),
        (
            "✕ Failed fetch (get-sat), 5 hooks ok\n"
            "  KeyError: 'sat'\n"
            "    Cell In[2], line 29, in fetch\n"
            "    ----> 29 return FILES[day]"
        ),
    ],
    "a-crash": [
        (
            "on_running        get-sun is Running\n"
            "on_crashed        get-sun is Crashed\n"
            "on_end            get-sun is Crashed\n"
            "the call raises it: the vendor's library has given up\n"
        ),
        (
            "⚡ Crashed fetch (get-sun), 3 hooks ok\n"
            "  SystemExit: the vendor's library has given up\n"
            "    Cell In[4], line 2\n"
            '    ----> 2 fetch("sun")\n'
            "    Cell In[2], line 28, in fetch\n"
            '    ----> 28 raise SystemExit("the vendor\'s library has given up")'
        ),
    ],
    "a-cancellation": [
        ("on_cancellation   trade-fri is Cancelling\non_end            trade-fri is Cancelled\n"),
        "Cancelled(message='Flow run was cancelled.', type=CANCELLED, result=None)",
        ("⊘ Cancelled trade (trade-fri), 3 hooks ok\n  Flow run was cancelled."),
    ],
    "never-started": [
        "on_end            mean is NotReady\n",
        "\"Flow run encountered an exception: KeyError: 'sat'\"",
        (
            "✕ Failed summary (sandy-bat), 2 task runs, 1 hook ok\n"
            "  ✕ 1 Failed, ○ 1 NotReady\n"
            "  read failed after 1 try: KeyError: 'sat'\n"
            "    Cell In[6], line 15, in summary\n"
            "    ----> 15 return rows.result()\n"
            "    Cell In[6], line 3, in read\n"
            "    ----> 3 return parse(FILES[day])"
        ),
    ],
    "from-a-cache": [
        (
            "on_running        mean-mon is Running\n"
            "on_completion     mean-mon is Cached\n"
            "on_cached         mean-mon is Cached\n"
            "on_end            mean-mon is Cached\n"
        ),
        "150.0",
        "◆ Cached mean_on (mean-mon), 4 hooks ok",
    ],
    "transitions": [
        (
            "nothing -> Pending\n"
            "Pending -> Running\n"
            "Running -> AwaitingRetry\n"
            "AwaitingRetry -> Retrying\n"
            "Retrying -> Completed\n"
        ),
        "✓ Completed connect, 5 hooks ok",
    ],
    "option-and-decorator": [
        (
            "kept tue\n"
            "thank you, load\n"
            "2 prices\n"
            "wed: Task run encountered an exception ValueError: could not convert string to float: 'n/a'\n"
        ),
        "'Failed'",
        (
            "✓ Completed load (load[1]), 3 hooks ok\n"
            "✕ Failed load (load[2]), 1 hook ok\n"
            "  ValueError: could not convert string to float: 'n/a'\n"
            "    Cell In[9], line 7, in load\n"
            "    ----> 7 return parse(FILES[day])\n"
            "    Cell In[1], line 17, in parse\n"
            "    ----> 17 rows[ticker] = float(price)"
        ),
    ],
    "with-options": [("['keep', 'thank', 'count', 'blame']\n['keep', 'blame']\n[]\n")],
    "hooks-magic": [
        (
            "brief (task 'load')\n"
            "  on_completion  keep\n"
            "    is given (task, task_run, state)\n"
            "    is defined in Cell In[1], line 21\n"
            "  on_failure  blame\n"
            "    is given (task, task_run, state)\n"
            "    is defined in Cell In[9], line 15\n"
        )
    ],
    "defined-anew": [
        (
            "kept thu\n"
            "thank you, load\n"
            "2 prices\n"
            "hook 'thank' was redefined (Cell In[12], line 1); task 'load' still calls the version of Cell "
            "In[9], line 1: to have the new one, run its cell again\n"
        ),
        "{'AAPL': 104.0, 'MSFT': 203.0}",
        "✓ Completed load (load[3]), 3 hooks ok",
    ],
    "each-task": [
        ("kept tue\nread is Completed, says the hook of its flow\ncompare is through\n"),
        "2.0",
        "✓ Completed compare (placid-dove), 2 task runs, 3 hooks ok",
    ],
    "every-run": [
        (
            "kept thu\n"
            "    task load: Completed\n"
            "read is Completed, says the hook of its flow\n"
            "    task read: Completed\n"
            "compare is through\n"
            "    flow compare: Completed\n"
        ),
        "✓ Completed compare (calm-donkey), 2 task runs, 6 hooks ok",
    ],
    "callables": [
        ("in the ledger: ['mon']\nuploaded by an async hook: {'AAPL': 101.0, 'MSFT': 199.0}\nand a lambda\n"),
        "{'AAPL': 101.0, 'MSFT': 199.0}",
        "✓ Completed read, 4 hooks ok",
    ],
    "defaults-and-partials": [
        ("2 of 2 prices\n2 of 500 prices\n"),
        "{'AAPL': 101.0, 'MSFT': 199.0}",
        "✓ Completed read (read[1]), 2 hooks ok",
    ],
    "annotations": [
        (
            "read[1] of load_all is Failed: ValueError(\"could not convert string to float: 'n/a'\")\n"
            "read[2] of load_all is Failed: KeyError('sat')\n"
        ),
        "['Completed', 'Failed', 'Failed']",
        (
            "✓ Completed load_all (vivid-wasp), 3 task runs, 2 hooks ok\n"
            "  ✓ 1 Completed, ✕ 2 Failed\n"
            "  read[1] failed after 1 try: ValueError: could not convert string to float: 'n/a'\n"
            "    Cell In[6], line 3, in read\n"
            "    ----> 3 return parse(FILES[day])\n"
            "    Cell In[1], line 17, in parse\n"
            "    ----> 17 rows[ticker] = float(price)\n"
            "  ✕ Failed read[2]: KeyError: 'sat'"
        ),
    ],
    "exceptions-as-filters": [
        ("the file is damaged: could not convert string to float: 'n/a'\nthere is no file for 'sat'\n"),
        "'Failed'",
        (
            "✕ Failed read (read[2]), 1 hook ok\n"
            "  ValueError: could not convert string to float: 'n/a'\n"
            "    Cell In[6], line 3, in read\n"
            "    ----> 3 return parse(FILES[day])\n"
            "    Cell In[1], line 17, in parse\n"
            "    ----> 17 rows[ticker] = float(price)\n"
            "✕ Failed read (read[3]), 1 hook ok\n"
            "  KeyError: 'sat'\n"
            "    Cell In[6], line 3, in read\n"
            "    ----> 3 return parse(FILES[day])"
        ),
    ],
    "own-types": ["['mon', 'thu']", "✓ Completed read (read[4]), 1 hook ok"],
    "errors-when-attached": [
        (
            "on_failure hook 'mail' needs 'address', but a hook is called with (task, task_run, state); give "
            "'address' a default, or bind it: functools.partial(mail, address=...)\n"
            "\n"
            "on_failure hook 'swapped' has 'task_run' out of place: a hook without annotations is given (task, "
            "task_run, state) in this order; write def swapped(task, task_run, state), or annotate what it needs\n"
            "\n"
            "on_failure hook 'mixed' asks for some parameters by type, but 'threshold' has no annotation; "
            "annotate none: def mixed(task, task_run, state), or all: def mixed(task: Task, task_run: TaskRun, "
            "state: State)\n"
            "\n"
            "on_failure got 'blame', which is not callable; pass a function, or a list of functions\n"
            "\n"
        )
    ],
    "when-condition": [
        ("tue: off by 2\nthu: off by 3\n"),
        "[0, 2, 1, 3]",
        "✓ Completed backtest (mellow-bee), 4 task runs, 2 hooks ok",
    ],
    "throttle-condition": [
        "mon: off by 0\n",
        "[0, 2, 1, 3]",
        "✓ Completed backtest (young-beaver), 4 task runs, 1 hook ok",
    ],
    "once-condition": [
        "after try 1: Try 1 of 4 ended with ConnectionError; next try in 0.02 s\n",
        "'Failed'",
        (
            "✕ Failed knock, 1 hook ok\n"
            "  ConnectionError: nobody is at home\n"
            "    Cell In[23], line 10, in knock\n"
            '    ----> 10 raise ConnectionError("nobody is at home")'
        ),
    ],
    "timeout-and-retries": [
        (
            "in the wiki\n"
            "  on_completion hang: timed out\n"
            "  on_completion to_wiki: failed\n"
            "  on_completion to_wiki: ok\n"
            "  on_end audit: running\n"
        ),
        (
            "on_completion hook 'hang' of task run 'read[5]' took too long; the run went on.\n"
            "HookTimeout: on_completion hook 'hang' took longer than 0.1 s and was abandoned\n"
            "on_completion hook 'to_wiki' of task run 'read[5]' raised an error; the run went on.\n"
            "ConnectionError: the wiki is busy\n"
            "  Cell In[24], line 12, in to_wiki\n"
            "  ----> 12 raise error\n"
        ),
        "{'AAPL': 101.0, 'MSFT': 199.0}",
        (
            "✓ Completed read (read[5]), 2 hooks ok, 2 hooks failed\n"
            "  ✕ on_completion hook hang of read[5] timed out, the run went on: HookTimeout: on_completion hook "
            "'hang' took longer than 0.1 s and was abandoned\n"
            "  ✕ on_completion hook to_wiki of read[5] failed, the run went on: ConnectionError: the wiki is busy"
        ),
    ],
    "concurrent-condition": ["['ok', 'ok', 'ok']", "✓ Completed loads (young-bee), 3 task runs, 3 hooks ok"],
    "hooks-that-break": [
        (
            "kept thu\n"
            "  on_completion fill_the_disk: failed\n"
            "  on_completion leave: failed\n"
            "  on_completion sulk: timed out\n"
            "  on_completion keep: ok\n"
            "  on_end audit: running\n"
        ),
        (
            "on_completion hook 'fill_the_disk' of task run 'read[6]' raised an error; the run went on.\n"
            "OSError: no space left\n"
            "  Cell In[26], line 5, in fill_the_disk\n"
            '  ----> 5 raise OSError("no space left")\n'
            "on_completion hook 'leave' of task run 'read[6]' raised an error; the run went on.\n"
            "SystemExit: bye\n"
            "  Cell In[26], line 9, in leave\n"
            '  ----> 9 sys.exit("bye")\n'
            "on_completion hook 'sulk' of task run 'read[6]' took too long; the run went on.\n"
            "HookTimeout: on_completion hook 'sulk' took longer than 0.1 s and was abandoned\n"
        ),
        "{'AAPL': 104.0, 'MSFT': 203.0}",
        (
            "✓ Completed read (read[6]), 2 hooks ok, 3 hooks failed\n"
            "  ✕ on_completion hook fill_the_disk of read[6] failed, the run went on: OSError: no space left\n"
            "  ✕ on_completion hook leave of read[6] failed, the run went on: SystemExit: bye\n"
            "  ✕ on_completion hook sulk of read[6] timed out, the run went on: HookTimeout: on_completion hook "
            "'sulk' took longer than 0.1 s and was abandoned"
        ),
    ],
    "launch": ["[]", "▶ Running load_at_close"],
    "changed-by-now": ["['mon']"],
    "a-task-cell": [],
    "for-each-task": [],
    "a-flow-cell": [
        (
            "tue: off by 2\n"
            "many thanks, score\n"
            "the file is damaged: could not convert string to float: 'n/a'\n"
            "nightly is Completed\n"
        ),
        "['Completed', 'Failed']",
        (
            "✓ Completed nightly (deft-newt), 2 task runs, 3 hooks ok\n"
            "  ✓ 1 Completed, ✕ 1 Failed\n"
            "  score[1] failed after 1 try: ValueError: could not convert string to float: 'n/a'\n"
            "    Cell In[29], line 2, in score\n"
            '    ----> 2 miss = abs(parse(FILES[day])["AAPL"] - forecast)\n'
            "    Cell In[1], line 17, in parse\n"
            "    ----> 17 rows[ticker] = float(price)"
        ),
    ],
    "alert-in-the-cell": [
        ("✉ publish\n  reading mon"),
        "✉ Flow 'publish' completed (run 'publish-mon')",
        ("✉ publish\n  reading sat"),
        "✉ Flow 'publish' failed: KeyError: 'sat' (run 'publish-sat')",
        "'Failed'",
        (
            "✓ Completed publish (publish-mon), 1 task run, 1 hook ok\n"
            "✕ Failed publish (publish-sat), 1 task run, 1 hook ok\n"
            "  ✕ 1 Failed\n"
            "  read failed after 1 try: KeyError: 'sat'\n"
            "    Cell In[32], line 7, in publish\n"
            "    ----> 7 return len(read(day))\n"
            "    Cell In[6], line 3, in read\n"
            "    ----> 3 return parse(FILES[day])"
        ),
    ],
    "own-notifier": [
        ("[('publish', 'reading tue', None),\n (None, \"Flow 'publish' completed (run 'publish-tue')\", 'Completed')]"),
        "✓ Completed publish (publish-tue), 1 task run, 1 hook ok",
    ],
    "own-message": [
        "✉ no prices for sat: KeyError('sat')",
        "'Failed'",
        (
            "✕ Failed read (read[7]), 1 hook ok\n"
            "  KeyError: 'sat'\n"
            "    Cell In[6], line 3, in read\n"
            "    ----> 3 return parse(FILES[day])"
        ),
    ],
    "throttle-and-digest": [
        "✉ Task 'read' failed: KeyError: 'June 1' (in flow run 'june')",
        (
            "✉ 3 more within 1 min:\n"
            "  - Task 'read' failed: KeyError: 'June 2' (run 'read[1]' of flow run 'june')\n"
            "  - Task 'read' failed: KeyError: 'June 3' (run 'read[2]' of flow run 'june')\n"
            "  - Task 'read' failed: KeyError: 'June 4' (run 'read[3]' of flow run 'june')"
        ),
        "True",
        (
            "✓ Completed month (june), 4 task runs, 4 hooks ok\n"
            "  ✕ 4 Failed\n"
            "  read failed after 1 try: KeyError: 'June 1'\n"
            "    Cell In[6], line 3, in read\n"
            "    ----> 3 return parse(FILES[day])\n"
            "  ✕ Failed read[1]: KeyError: 'June 2'\n"
            "  ✕ Failed read[2]: KeyError: 'June 3'\n"
            "  ✕ Failed read[3]: KeyError: 'June 4'"
        ),
    ],
    "a-dead-server": [
        "a message to slack was not sent: the server cannot be reached (Connection refused)\n",
        ("✉ publish\n  reading thu"),
        ("[<Post to notebook: sent>,\n <Post to slack: failed: the server cannot be reached (Connection refused)>]"),
        "✓ Completed publish (publish-thu), 1 task run, 1 hook ok",
    ],
    "ask": ["Release 2 prices of mon?\n", "'released'", "✓ Completed release (serene-osprey), 1 task run"],
    "by-hand": ["the file is damaged: n/a\n", "(False, False, True)"],
    "recording": [
        (
            "there is no file for 'sat'\n"
            "task read[8]: Pending\n"
            "task read[8]: Running\n"
            "task read[8]: Failed\n"
            "task read[8]: on_failure no_file began\n"
            "task read[8]: on_failure no_file ok\n"
        ),
        "\"no prices for sat: KeyError('sat')\"",
        (
            "✕ Failed read (read[8]), 1 hook ok\n"
            "  KeyError: 'sat'\n"
            "    Cell In[6], line 3, in read\n"
            "    ----> 3 return parse(FILES[day])"
        ),
    ],
}


def read():
    return nbformat.read(NOTEBOOK, as_version=4)


def source_of(cell):
    return next(one.source for one in read().cells if one.id == cell)


def run():
    notebook = read()
    NotebookClient(notebook, timeout=60, resources={"metadata": {"path": str(NOTEBOOK.parent)}}).execute()
    return {cell.id: texts_of(cell.outputs) for cell in notebook.cells if cell.cell_type == "code"}


@pytest.fixture(scope="module", autouse=True)
def home(tmp_path_factory):
    """A folder of settings of its own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOOKCELL_HOME", str(tmp_path_factory.mktemp("home")))
        yield


@pytest.fixture(scope="module")
def said(home):
    return run()


class TestTheFile:
    def test_holds_no_outputs_and_nothing_of_the_kernel_that_ran_it(self):
        notebook = read()
        nbformat.validate(notebook)
        assert notebook.metadata == {
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}
        }
        assert not any(cell.get("outputs") or cell.get("execution_count") or cell.metadata for cell in notebook.cells)

    def test_has_cells_with_names_of_their_own(self):
        ids = [cell.id for cell in read().cells]
        assert len(set(ids)) == len(ids)
        assert all(re.fullmatch(r"[a-z]+(-[a-z]+)*", id_) for id_ in ids)

    def test_has_every_kind_in_its_table(self):
        assert [kind for kind in (*KINDS, *ALIASES) if f"`{kind}`" not in source_of("table")] == []

    def test_has_every_condition_in_its_table(self):
        conditions = ("when", "timeout_seconds", "retries", "throttle", "once", "concurrent", "digest")
        assert [one for one in conditions if f"{one}=" not in source_of("table")] == []


@pytest.mark.kernel
@pytest.mark.slow
class TestItsCells:
    @pytest.mark.parametrize("cell", SAYS)
    def test_each_says_what_it_should(self, said, cell):
        assert said[cell] == SAYS[cell]

    def test_there_is_no_other(self, said):
        assert list(said) == list(SAYS)

    def test_they_say_the_same_each_time(self, said):
        assert run() == said


@pytest.mark.kernel
def test_what_a_hook_prints_later_stands_under_the_cell_that_started_the_run():
    with running_kernel(source_of("first-hook"), "import threading") as kernel:
        launching = kernel.run(source_of("launch"))
        later = kernel.run(source_of("changed-by-now"))
        assert (launching.results, later.results) == (["[]"], ["['mon']"])
        kernel.until(lambda: launching.stdout)
        assert launching.stdout == "kept mon\n"
        assert later.stdout == ""
