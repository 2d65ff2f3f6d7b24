"""What outlives the session: one file, for its owner alone, used by several processes at once."""

import os
import shlex
import sqlite3
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from hookcell.errors import DamagedStore, ForeignStore, HookcellError, NewerStore, StoreError
from hookcell.store.keyvalue import Entry, KeyValues
from hookcell.store.sqlite import APPLICATION, NAME, STEPS, StoreFile, home, how_to_move, store_error

PRIVATE_FILE, PRIVATE_FOLDER = 0o600, 0o700
ASIDE = "move it aside: mkdir {folder}/aside-1 && mv {folder}/hookcell.db* {folder}/aside-1"
posix = pytest.mark.skipif(os.name == "nt", reason="POSIX permissions, fork, sh")


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "home"


@pytest.fixture
def file(folder):
    file = StoreFile(lambda: folder)
    yield file
    file.close()


@pytest.fixture
def impatient(folder):
    file = StoreFile(lambda: folder, patience=0.05)
    yield file
    file.close()


@pytest.fixture
def store(file):
    return KeyValues(file)


def mode_of(path):
    return stat.S_IMODE(path.stat().st_mode)


# -- keeping


def test_what_is_put_can_be_got_by_kind_and_key(store):
    store.put("variable", "x", {"a": [1, None, "ü"]})
    store.put("block", "x", 2)
    assert store.get("variable", "x").value == {"a": [1, None, "ü"]}
    assert store.get("block", "x").value == 2
    assert store.get("variable", "y") is None


def test_put_gives_what_a_get_would_give(store):
    put = store.put("variable", "x", (1, 2))
    got = store.get("variable", "x")
    assert (put.kind, put.key, put.value, put.created, put.updated) == ("variable", "x", [1, 2], *times(got))
    assert got.value == put.value


def times(entry):
    return entry.created, entry.updated


def test_overwriting_keeps_the_time_of_the_first_writing(store):
    first = store.put("variable", "x", 1)
    second = store.put("variable", "x", 2)
    assert second.created == first.created
    assert second.updated >= first.updated
    assert store.get("variable", "x").value == 2


def test_a_taken_key_is_left_alone_unless_it_may_be_overwritten(store):
    store.put("variable", "x", 1)
    assert store.put("variable", "x", 2, overwrite=False) is None
    assert store.get("variable", "x").value == 1


def test_drop_says_whether_there_was_something(store):
    store.put("variable", "x", 1)
    assert store.drop("variable", "x") is True
    assert store.drop("variable", "x") is False
    assert store.get("variable", "x") is None


def test_entries_of_a_kind_come_in_the_order_of_their_keys(store):
    for key in ("b", "a", "c"):
        store.put("variable", key, key)
    store.put("block", "d", "d")
    assert [entry.key for entry in store.entries("variable")] == ["a", "b", "c"]


def test_an_entry_does_not_show_its_value():
    assert repr(Entry("block", "secret/x", "hush", 0.0, 0.0)) == "Entry('block', 'secret/x')"


def test_a_value_that_is_no_json_leaves_no_trace(store):
    with pytest.raises(TypeError):
        store.put("variable", "x", object())
    assert store.entries("variable") == []


def test_the_next_session_finds_what_this_one_kept(store, file, folder):
    store.put("variable", "x", 1)
    file.close()
    again = StoreFile(lambda: folder)
    assert KeyValues(again).get("variable", "x").value == 1
    again.close()


def test_a_transaction_that_breaks_changes_nothing(store, file):
    store.put("variable", "x", 1)
    with pytest.raises(KeyboardInterrupt):
        break_off(file)
    assert store.get("variable", "x").value == 1


def break_off(file):
    with file.writing() as connection:
        connection.execute("DELETE FROM key_values")
        raise KeyboardInterrupt


def test_a_transaction_that_was_never_ended_is_rolled_back_by_the_next_use(store, file):
    store.put("variable", "x", 1)
    with file.writing() as connection:
        pass
    # As when an interrupt arrives right after the BEGIN.
    connection.execute("BEGIN IMMEDIATE")
    connection.execute("DELETE FROM key_values")
    assert store.get("variable", "x").value == 1


# -- where it lies, and who may read it


def test_the_home_is_the_folder_that_the_environment_names(monkeypatch, tmp_path):
    monkeypatch.setenv("HOOKCELL_HOME", str(tmp_path / "x"))
    assert home() == tmp_path / "x"
    monkeypatch.setenv("HOOKCELL_HOME", "~/x")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    assert home() == tmp_path / "x"


def test_the_home_is_the_users_data_folder_otherwise(monkeypatch):
    import platformdirs

    monkeypatch.delenv("HOOKCELL_HOME", raising=False)
    assert home() == Path(platformdirs.user_data_dir("hookcell", appauthor=False))


def test_nothing_is_made_before_the_first_use(file, folder):
    assert not folder.exists()
    assert file.path == folder / NAME


@posix
def test_the_folder_and_its_files_are_the_owners_alone(store, folder):
    before = os.umask(0)
    try:
        store.put("variable", "x", 1)
    finally:
        os.umask(before)
    assert mode_of(folder) == PRIVATE_FOLDER
    assert {path.name: mode_of(path) for path in folder.iterdir()} == dict.fromkeys(
        (NAME, f"{NAME}-shm", f"{NAME}-wal"), PRIVATE_FILE
    )


@posix
def test_a_file_that_others_could_read_is_closed_to_them(store, file, folder):
    store.put("variable", "x", 1)
    file.close()
    (folder / NAME).chmod(0o644)
    store.get("variable", "x")
    assert mode_of(folder / NAME) == PRIVATE_FILE


def test_a_folder_that_was_there_keeps_its_mode(store, folder):
    folder.mkdir(mode=0o755)
    before = mode_of(folder)
    store.put("variable", "x", 1)
    assert mode_of(folder) == before


def test_an_empty_file_is_a_new_store(store, folder):
    folder.mkdir()
    (folder / NAME).touch()
    store.put("variable", "x", 1)
    assert store.get("variable", "x").value == 1


def test_importing_the_store_loads_no_database():
    code = "import sys, hookcell.store.keyvalue; print(*{'sqlite3', 'platformdirs', 'asyncio'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout == "\n"


def test_the_file_says_whose_it_is_and_of_which_version(store, folder):
    store.put("variable", "x", 1)
    assert pragma(folder, "application_id") == APPLICATION
    assert pragma(folder, "user_version") == len(STEPS)
    assert pragma(folder, "journal_mode") == "wal"


def pragma(folder, name):
    with closed(folder / NAME) as connection:
        return connection.execute(f"PRAGMA {name}").fetchone()[0]


class closed:  # noqa: N801 -- used like a function
    """A plain connection that is closed at the end: sqlite3's own context manager leaves it open."""

    def __init__(self, path):
        self.connection = sqlite3.connect(path, isolation_level=None)

    def __enter__(self):
        return self.connection

    def __exit__(self, *_):
        self.connection.close()


def test_another_folder_is_another_store(tmp_path):
    where = [tmp_path / "a"]
    file = StoreFile(lambda: where[0])
    store = KeyValues(file)
    store.put("variable", "x", "a")
    where[0] = tmp_path / "b"
    assert store.get("variable", "x") is None
    where[0] = tmp_path / "a"
    assert store.get("variable", "x").value == "a"
    file.close()


@posix
def test_a_store_that_was_moved_aside_while_open_is_followed_by_a_new_one(store, folder, tmp_path):
    store.put("variable", "x", 1)
    aside = tmp_path / "aside"
    folder.rename(aside)
    assert store.get("variable", "x") is None
    with closed(aside / NAME) as connection:
        assert connection.execute("SELECT value FROM key_values").fetchall() == [("1",)]


# -- several users


def test_threads_share_a_store(store):
    def work(number):
        for i in range(20):
            store.put("variable", f"{number}-{i}", i)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(store.entries("variable")) == 80


WRITER = """
import sys
from pathlib import Path
from hookcell.store.keyvalue import KeyValues
from hookcell.store.sqlite import StoreFile

store = KeyValues(StoreFile(lambda: Path(sys.argv[1])))
print("ready", flush=True)
sys.stdin.readline()
for i in range(100):
    store.put("variable", f"{sys.argv[2]}-{i}", i)
    assert store.get("variable", f"{sys.argv[2]}-{i}").value == i
    assert store.put("variable", "shared", sys.argv[2], overwrite=True)
"""


def test_two_kernels_make_and_write_one_store_at_the_same_time(folder, store):
    command = [sys.executable, "-W", "error", "-c", WRITER, str(folder)]
    options = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    kernels = [subprocess.Popen([*command, name], **options) for name in ("a", "b")]
    for kernel in kernels:
        assert kernel.stdout.readline() == "ready\n"
    for kernel in kernels:
        kernel.stdin.write("go\n")
        kernel.stdin.flush()
    errors = [kernel.communicate(timeout=60)[1] for kernel in kernels]
    assert errors == ["", ""]
    assert len(store.entries("variable")) == 201


FORKING = """
import os, sys
from pathlib import Path
from hookcell.store.keyvalue import KeyValues
from hookcell.store.sqlite import StoreFile

file = StoreFile(lambda: Path(sys.argv[1]), patience=0.05)  # so long the fork waits for that thread
store = KeyValues(file)
store.put("variable", "parent", 1)
file._lock.acquire()  # as if another thread were writing at the moment of the fork
child = os.fork()
if child == 0:
    store.put("variable", "child", store.get("variable", "parent").value + 1)
    sys.exit(0)
file._lock.release()
assert os.waitpid(child, 0)[1] == 0
assert store.get("variable", "child").value == 2
store.put("variable", "after", 3)
print(len(store.entries("variable")))
"""


@posix
def test_a_forked_child_opens_the_store_for_itself(folder):
    command = [sys.executable, "-c", FORKING, str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (done.stdout, done.returncode) == ("3\n", 0), done.stderr


def test_leaving_the_process_leaves_one_clean_file(folder):
    code = "import sys\nfrom hookcell.store.keyvalue import kept\nkept.put('variable', 'x', 1)"
    environment = {**os.environ, "HOOKCELL_HOME": str(folder)}
    subprocess.run([sys.executable, "-W", "error", "-c", code], env=environment, check=True, timeout=60)
    assert [path.name for path in folder.iterdir()] == [NAME]


def test_a_store_that_another_process_holds_is_an_error_after_a_while(folder, impatient):
    store = KeyValues(impatient)
    store.put("variable", "x", 1)
    with closed(folder / NAME) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreError) as raised:
            store.put("variable", "x", 2)
        assert store.get("variable", "x").value == 1  # readers are not held up
    assert str(raised.value) == (
        f"The store {folder / NAME} was kept busy by another process for 0.05 s. "
        "Try again, or stop the kernel that writes to it."
    )


# -- files that cannot be used


def contents(folder):
    """What the files hold; -shm is SQLite's own notepad."""
    return {path.name: data for path in folder.glob(f"{NAME}*[!m]") if (data := path.read_bytes())}


def refused(store, folder, error):
    """The error of a get and of a put, which have changed nothing."""
    before = contents(folder)
    with pytest.raises(error) as by_get:
        store.get("variable", "x")
    with pytest.raises(error) as by_put:
        store.put("variable", "x", 1)
    assert contents(folder) == before
    assert str(by_get.value) == str(by_put.value)
    return str(by_get.value)


def damage(folder, data):
    folder.mkdir(exist_ok=True)
    (folder / NAME).write_bytes(data)


@posix
@pytest.mark.parametrize("data", [b"hello", b"not a database at all " * 500], ids=["short", "long"])
def test_garbage_is_named_and_left_alone(store, folder, data):
    damage(folder, data)
    assert refused(store, folder, DamagedStore) == (
        f"The store {folder / NAME} is damaged: file is not a database. It is left as it is; to begin a new one, "
        + ASIDE.format(folder=folder)
    )


def test_a_truncated_store_is_named_and_left_alone(store, file, folder):
    store.put("variable", "x", "y" * 20_000)
    file.close()
    damage(folder, (folder / NAME).read_bytes()[:-5000])
    assert refused(store, folder, DamagedStore).startswith(
        f"The store {folder / NAME} is damaged: database disk image is malformed. It is left as it is; "
    )


def test_a_store_with_a_broken_page_is_named_and_left_alone(store, file, folder):
    for i in range(500):
        store.put("variable", f"{i:04}", "y" * 100)
    file.close()
    data = bytearray((folder / NAME).read_bytes())
    data[4096:] = os.urandom(len(data) - 4096)
    damage(folder, data)
    assert "is damaged: database disk image is malformed" in refused(store, folder, DamagedStore)


def test_a_value_that_somebody_spoilt_is_named(store, folder):
    store.put("variable", "x", 1)
    with closed(folder / NAME) as other:
        other.execute("UPDATE key_values SET value = 'hush'")
    with pytest.raises(DamagedStore) as raised:
        store.get("variable", "x")
    assert f"The store {folder / NAME} is damaged: variable 'x' is not JSON. It is left as it is" in str(raised.value)
    assert "hush" not in str(raised.value)


@posix
def test_the_command_that_an_error_names_makes_way_for_a_new_store(store, file, folder):
    damage(folder, b"garbage" * 100)
    (folder / f"{NAME}-wal").write_bytes(b"more")
    said = refused(store, folder, DamagedStore)
    for number in (1, 2):
        command = said.partition("move it aside: ")[2]
        subprocess.run(["/bin/sh", "-c", command], check=True)
        aside = folder / f"aside-{number}"
        assert {path.name for path in aside.iterdir()} >= {NAME}
        assert store.put("variable", "x", number)
        file.close()
        damage(folder, b"garbage" * 100)
        said = refused(store, folder, DamagedStore)
    assert (folder / "aside-1" / NAME).read_bytes() == b"garbage" * 100


def test_a_path_with_blanks_is_quoted_in_the_command(tmp_path):
    path = tmp_path / "my home" / NAME
    assert how_to_move(path, windows=False) == (
        f"move it aside: mkdir {shlex.quote(str(path.parent / 'aside-1'))} && "
        f"mv {shlex.quote(str(path))}* {shlex.quote(str(path.parent / 'aside-1'))}"
    )
    assert how_to_move(path, windows=True) == (
        f'move it aside: mkdir "{path.parent / "aside-1"}" & move "{path}*" "{path.parent / "aside-1"}"'
    )


@pytest.mark.parametrize("journal", ["delete", "wal"])
def test_a_database_of_another_application_is_left_alone(store, folder, journal):
    folder.mkdir()
    with closed(folder / NAME) as other:
        other.execute(f"PRAGMA journal_mode = {journal}")
        other.execute("CREATE TABLE theirs (x)")
    data = (folder / NAME).read_bytes()
    for use in (lambda: store.get("variable", "x"), lambda: store.put("variable", "x", 1)):
        with pytest.raises(ForeignStore) as raised:
            use()
        assert str(raised.value) == (
            f"{folder / NAME} is the database of another application, so hookcell leaves it as it is. "
            f"Name another folder in HOOKCELL_HOME, or {how_to_move(folder / NAME)}"
        )
    assert (folder / NAME).read_bytes() == data


def test_a_store_of_a_newer_hookcell_is_left_alone(store, file, folder):
    store.put("variable", "x", 1)
    file.close()
    with closed(folder / NAME) as newer:
        newer.execute("PRAGMA user_version = 7")
    assert refused_by_version(store) == (
        f"The store {folder / NAME} was written by a newer hookcell (version 7 of the file; this hookcell knows "
        f"{len(STEPS)}), so it is left as it is. Update with pip install --upgrade hookcell, or "
        f"{how_to_move(folder / NAME)}"
    )
    assert pragma(folder, "user_version") == 7


def refused_by_version(store):
    with pytest.raises(NewerStore) as raised:
        store.put("variable", "x", 1)
    return str(raised.value)


def test_a_full_disk_is_said_so_and_the_store_stays_as_it_was(store, file, folder):
    store.put("variable", "x", 1)
    with file.writing() as connection:
        pass
    connection.execute("PRAGMA max_page_count = 3")
    with pytest.raises(StoreError) as raised:
        store.put("variable", "y", "y" * 100_000)
    assert str(raised.value) == (
        f"The store {folder / NAME} could not grow: database or disk is full. "
        "Make room, or name another folder in HOOKCELL_HOME."
    )
    assert [entry.key for entry in store.entries("variable")] == ["x"]


def test_a_store_that_may_not_be_written_says_what_to_do(store, file, folder):
    store.put("variable", "x", 1)
    with file.writing() as connection:
        pass
    connection.execute("PRAGMA query_only = ON")
    with pytest.raises(StoreError) as raised:
        store.put("variable", "x", 2)
    assert str(raised.value) == (
        f"The store {folder / NAME} cannot be used: attempt to write a readonly database. "
        "Give yourself the right to read and write it, or name another folder in HOOKCELL_HOME."
    )


def test_a_home_that_is_a_file_says_so(store, folder):
    folder.write_text("x")
    with pytest.raises(StoreError) as raised:
        store.get("variable", "x")
    assert str(raised.value) == (
        f"The store {folder / NAME} cannot be used: {folder} is not a folder. "
        "Give yourself the right to read and write it, or name another folder in HOOKCELL_HOME."
    )


def test_a_folder_without_permission_says_what_to_do(tmp_path):
    said = store_error(tmp_path / NAME, PermissionError(13, "Permission denied"))
    assert str(said) == (
        f"The store {tmp_path / NAME} cannot be used: Permission denied. "
        "Give yourself the right to read and write it, or name another folder in HOOKCELL_HOME."
    )


@posix
@pytest.mark.skipif(os.name != "nt" and os.geteuid() == 0, reason="root may write anywhere")
def test_a_read_only_folder_is_an_error_that_names_it(folder, store):
    folder.mkdir(mode=0o500)
    with pytest.raises(StoreError, match="Permission denied"):
        store.put("variable", "x", 1)


def test_errors_of_the_store_are_of_one_family():
    assert {error.__bases__ for error in (DamagedStore, ForeignStore, NewerStore)} == {(StoreError,)}
    assert StoreError.__bases__ == (HookcellError, RuntimeError)
