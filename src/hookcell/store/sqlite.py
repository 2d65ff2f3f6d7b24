"""The store's file: where it lies, who may use it at the same time, and what is said when it cannot be used.

It is one SQLite database in WAL mode: any number of readers, one writer at a time, in any number of processes. Only
its owner may read it. It is opened at its first use, in each process anew.
"""

from __future__ import annotations

import atexit
import os
import shlex
import threading
import time
import weakref
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from hookcell.errors import DamagedStore, ForeignStore, NewerStore, StoreError

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Iterator

R = TypeVar("R")

NAME = "hookcell.db"
# SQLite's mark for whose database a file is.
APPLICATION = int.from_bytes(b"hkcl", "big")
# How the file has grown: step n takes a file of version n to version n + 1.
STEPS = (
    """CREATE TABLE key_values (
        kind TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, created REAL NOT NULL, updated REAL NOT NULL,
        PRIMARY KEY (kind, key)
    ) WITHOUT ROWID""",
)
# How long to wait for another process's turn to end, in seconds, and for how long at once: SQLite waits in C, where no
# interrupt is heard.
PATIENCE, SLICE = 10.0, 0.1
BUSY = frozenset(("SQLITE_BUSY", "SQLITE_LOCKED", "SQLITE_PROTOCOL"))


def home() -> Path:
    """Give the folder where hookcell keeps things: HOOKCELL_HOME, or the user's own data folder."""
    if named := os.environ.get("HOOKCELL_HOME"):
        return Path(named).expanduser().absolute()
    from platformdirs import user_data_path  # noqa: PLC0415 -- only for those who do not name a folder

    return user_data_path("hookcell", appauthor=False)


class StoreFile:
    """One SQLite file, for all threads of this process, beside other processes that use it too.

    Args:
        folder: Gives the folder the file is in; asked before each use.
        patience: How long to wait for another process's turn to end, in seconds.
    """

    def __init__(self, folder: Callable[[], Path] = home, patience: float = PATIENCE) -> None:
        self._folder, self._patience = folder, patience
        self._lock = threading.Lock()
        self._connection: sqlite3.Connection | None = None
        self._opened: tuple[Path, int, int] | None = None
        _files.add(self)

    @property
    def path(self) -> Path:
        """Where the file is."""
        return self._folder() / NAME

    def read(self, sql: str, *values: Any) -> list[Any]:
        """Give the rows of a SELECT.

        Raises:
            StoreError: The file cannot be used; DamagedStore, ForeignStore and NewerStore say why.
        """
        with self._using() as connection:
            return self._patiently(lambda: connection.execute(sql, values).fetchall())

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """Enter a transaction: all of the block's changes are made, or none. Keep it short: others wait.

        Raises:
            StoreError: The file cannot be used; DamagedStore, ForeignStore and NewerStore say why.
        """
        with self._using() as connection:
            self._patiently(lambda: connection.execute("BEGIN IMMEDIATE"))
            try:
                yield connection
                connection.execute("COMMIT")
            except BaseException:
                _roll_back(connection)
                raise

    def close(self) -> None:
        """Let go of the file; the next use opens it again."""
        with self._lock:
            self._close()

    def _close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def before_fork(self) -> Callable[[], None]:
        """Wait until no thread is inside SQLite, which has locks of its own; give what lets them in again."""
        return self._lock.release if self._lock.acquire(timeout=self._patience) else lambda: None

    def after_fork(self) -> None:
        """Begin anew in a forked child: a connection must not be used, nor closed, in two processes."""
        self._lock = threading.Lock()
        _of_the_parent.append(self._connection)
        self._connection = None

    # -- opening

    @contextmanager
    def _using(self) -> Iterator[sqlite3.Connection]:
        import sqlite3  # noqa: PLC0415 -- most notebooks keep nothing

        with self._lock:
            path = self.path
            try:
                connection = self._connected(path)
                # Something was thrown into the last transaction just after it began.
                _roll_back(connection)
                yield connection
            except (sqlite3.Error, OSError) as error:
                raise store_error(path, error, self._patience) from error

    def _connected(self, path: Path) -> sqlite3.Connection:
        """Give the open connection, unless the path now leads to another file: HOOKCELL_HOME, or a file moved aside."""
        if self._connection is None or self._opened != _identity(path):
            self._close()
            self._connection = self._open(path)
            self._opened = _identity(path)
        return self._connection

    def _open(self, path: Path) -> sqlite3.Connection:
        import sqlite3  # noqa: PLC0415 -- most notebooks keep nothing

        _make_private(path)
        self._look_at(path)
        connection = sqlite3.connect(path, timeout=SLICE, isolation_level=None, check_same_thread=False)
        try:
            self._patiently(lambda: self._prepare(connection, path))
        except BaseException:
            connection.close()
            raise
        return connection

    def _look_at(self, path: Path) -> None:
        """Check whose file it is while it cannot be written by us, not even to tidy up what a crash left."""
        import sqlite3  # noqa: PLC0415 -- most notebooks keep nothing

        connection = sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True, timeout=SLICE, isolation_level=None)
        try:
            self._patiently(lambda: version_now(connection, path))
        finally:
            connection.close()

    def _prepare(self, connection: sqlite3.Connection, path: Path) -> None:
        """Bring the file to the newest version, and the connection into the mode all of them share."""
        # A deleted secret is overwritten with zeros.
        connection.execute("PRAGMA secure_delete = ON")
        connection.execute("PRAGMA cell_size_check = ON")
        if version_now(connection, path) < len(STEPS):
            _grow(connection, path)
        connection.execute("PRAGMA journal_mode = WAL")
        # Survives the end of the process, though the last moments may not survive a power cut.
        connection.execute("PRAGMA synchronous = NORMAL")

    def _patiently(self, call: Callable[[], R]) -> R:
        """Call again while another process has the file for itself."""
        import sqlite3  # noqa: PLC0415 -- most notebooks keep nothing

        end = time.monotonic() + self._patience
        while True:
            try:
                return call()
            except sqlite3.OperationalError as error:
                if not _is_busy(error) or time.monotonic() >= end:
                    raise
            time.sleep(0.002)


def _identity(path: Path) -> tuple[Path, int, int] | None:
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return path, found.st_dev, found.st_ino


def _make_private(path: Path) -> None:
    """Make the file, and its folder if need be, for the owner alone; SQLite gives the files beside it the same mode."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        # Only a file that is not there yet may be opened and closed past SQLite: closing drops all locks on it.
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    except FileExistsError:
        if os.name != "nt" and path.stat().st_mode & 0o077:
            path.chmod(0o600)


def version_now(connection: sqlite3.Connection, path: Path) -> int:
    """Read a store's version, all of it at one moment: another process may be making it."""
    connection.execute("BEGIN")
    try:
        return version_of(connection, path)
    finally:
        _roll_back(connection)


def version_of(connection: sqlite3.Connection, path: Path) -> int:
    """Give a store's version, 0 for an empty file, inside a transaction.

    Raises:
        ForeignStore: It is another application's database.
        NewerStore: A newer hookcell has written it.
    """
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    (things,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    if application != APPLICATION and (application or version or things):
        raise ForeignStore(
            f"{path} is the database of another application, so hookcell leaves it as it is. "
            f"Name another folder in HOOKCELL_HOME, or {how_to_move(path)}"
        )
    if version > len(STEPS):
        raise NewerStore(
            f"The store {path} was written by a newer hookcell (version {version} of the file; this hookcell knows "
            f"{len(STEPS)}), so it is left as it is. Update with pip install --upgrade hookcell, or {how_to_move(path)}"
        )
    return int(version)


def _grow(connection: sqlite3.Connection, path: Path) -> None:
    """Take all steps that the file has not taken yet, or none."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        for step in STEPS[version_of(connection, path) :]:
            connection.execute(step)
        connection.execute(f"PRAGMA application_id = {APPLICATION}")
        connection.execute(f"PRAGMA user_version = {len(STEPS)}")
        connection.execute("COMMIT")
    finally:
        _roll_back(connection)


def _roll_back(connection: sqlite3.Connection) -> None:
    if connection.in_transaction:
        connection.execute("ROLLBACK")


# -- what is said


def _is_busy(error: sqlite3.Error) -> bool:
    return _code_of(error) in BUSY


def _code_of(error: BaseException) -> str:
    """Give SQLite's name for an error, without the details: SQLITE_BUSY for SQLITE_BUSY_SNAPSHOT."""
    return "_".join(getattr(error, "sqlite_errorname", "").split("_")[:2])


def store_error(path: Path, error: Exception, patience: float = PATIENCE) -> StoreError:
    """Say what happened to a store, and what to do about it."""
    code, said = _code_of(error), str(error)
    if isinstance(error, (FileExistsError, NotADirectoryError)):
        said = f"{path.parent} is not a folder"
    elif isinstance(error, OSError):
        said = error.strerror or type(error).__name__
    if code in {"SQLITE_CORRUPT", "SQLITE_NOTADB"}:
        return damaged(path, said)
    if code in BUSY:
        return StoreError(
            f"The store {path} was kept busy by another process for {patience:g} s. "
            "Try again, or stop the kernel that writes to it."
        )
    if code == "SQLITE_FULL":
        return StoreError(
            f"The store {path} could not grow: {said}. Make room, or name another folder in HOOKCELL_HOME."
        )
    return StoreError(
        f"The store {path} cannot be used: {said}. "
        "Give yourself the right to read and write it, or name another folder in HOOKCELL_HOME."
    )


def damaged(path: Path, said: str) -> DamagedStore:
    """Say that a store is damaged."""
    return DamagedStore(
        f"The store {path} is damaged: {said}. It is left as it is; to begin a new one, {how_to_move(path)}"
    )


def how_to_move(path: Path, *, windows: bool = os.name == "nt") -> str:
    """Spell the command that moves a store aside, with the files SQLite keeps beside it."""
    number = 1
    while (aside := path.with_name(f"aside-{number}")).exists():
        number += 1
    if windows:
        return f'move it aside: mkdir "{aside}" & move "{path}*" "{aside}"'
    return f"move it aside: mkdir {shlex.quote(str(aside))} && mv {shlex.quote(str(path))}* {shlex.quote(str(aside))}"


# -- the life of the process

_files: weakref.WeakSet[StoreFile] = weakref.WeakSet()
# Kept, so that they are not closed: the parent still uses them.
_of_the_parent: list[Any] = []


_let_in: list[Callable[[], None]] = []


def _before_fork() -> None:
    _let_in[:] = [file.before_fork() for file in list(_files)]


def _after_fork() -> None:
    for let_in in _let_in:
        let_in()


def _in_child() -> None:
    for file in list(_files):
        file.after_fork()


def _at_exit() -> None:
    for file in list(_files):
        file.close()


atexit.register(_at_exit)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_before_fork, after_in_parent=_after_fork, after_in_child=_in_child)
