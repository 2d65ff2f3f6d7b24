"""Blocks: kept by name in the store, found by slug, and with secrets that nothing shows."""

import asyncio
import importlib
import pickle
import subprocess
import sys
import traceback
from abc import ABC
from datetime import UTC, date, datetime
from pathlib import Path
from uuid import UUID

import pytest
from pydantic import BaseModel, Field, SecretBytes, SecretStr, ValidationError
from pydantic import Secret as AnySecret

from hookcell.errors import InvalidNameError, StoreError
from hookcell.prefect.blocks import _registry
from hookcell.prefect.blocks.abstract import CredentialsBlock
from hookcell.prefect.blocks.core import Block, BlockNotSavedError, InvalidBlockRegistration, UnknownBlockType
from hookcell.prefect.blocks.notifications import SlackWebhook
from hookcell.prefect.blocks.system import Secret
from hookcell.store import keyvalue
from hookcell.store.sqlite import NAME

HUSH = "hush-hush-hush"


@pytest.fixture(autouse=True)
def _own_registry(monkeypatch):
    monkeypatch.setattr(_registry, "known", known := dict(_registry.known))
    monkeypatch.setattr("hookcell.prefect.blocks.core.known", known)


class Database(Block):
    """A database."""

    host: str
    port: int = 5432
    password: SecretStr = SecretStr("")


def log_of(caplog):
    return [record.getMessage() for record in caplog.records]


# -- saving and loading


def test_a_block_comes_back_by_slug_and_name():
    Database(host="db", password=HUSH).save("main")
    block = Block.load("database/main")
    assert type(block) is Database
    assert (block.host, block.port, block.password.get_secret_value()) == ("db", 5432, HUSH)


def test_its_class_finds_it_by_name_alone_or_by_both():
    Database(host="db").save("main")
    assert Database.load("main") == Database.load("database/main") == Block.load("database/main")


def test_saving_gives_an_id_that_stays():
    block = Database(host="db")
    first = block.save("main")
    assert isinstance(first, UUID)
    assert Database(host="other").save("main", overwrite=True) == first
    assert Database.load("main")._block_document_id == block._block_document_id == first
    assert Database.load("main")._block_document_name == "main"


def test_a_block_outlives_the_session():
    Database(host="db").save("main")
    keyvalue.file.close()
    assert Database.load("main").host == "db"


def test_a_taken_name_is_an_error_and_changes_nothing():
    Database(host="db").save("main")
    with pytest.raises(ValueError, match="already in use") as raised:
        Database(host="other").save("main")
    assert str(raised.value) == (
        "You are attempting to save values with a name that is already in use for this block type. If you would like "
        "to overwrite the values that are saved, then save with `overwrite=True`."
    )
    assert Database.load("main").host == "db"


def test_the_same_name_may_be_used_for_another_type():
    Database(host="db").save("main")
    Secret(value="x").save("main")
    assert Block.load("secret/main").get() == "x"


def test_a_loaded_block_is_saved_under_its_name():
    Database(host="db").save("main")
    block = Database.load("main")
    block.host = "other"
    block.save(overwrite=True)
    assert Database.load("main").host == "other"


def test_a_block_without_a_name_cannot_be_saved():
    with pytest.raises(ValueError, match="without a name") as raised:
        Database(host="db").save()
    assert str(raised.value) == (
        "You're attempting to save a block document without a name. Please either call `save` with a `name` or pass "
        "`is_anonymous=True` to save an anonymous block."
    )


@pytest.mark.parametrize(
    ("name", "instead"), [("My Block", "my-block"), ("a_b", "a-b"), ("a/b", "a-b"), ("", "my-block"), (3, "3")]
)
def test_a_name_that_cannot_be_used_is_an_error_with_one_that_can(name, instead):
    with pytest.raises(InvalidNameError) as raised:
        Database(host="db").save(name)
    assert str(raised.value) == (
        "Block document name must only contain lowercase letters, numbers, and dashes; "
        f"{name!r} does not: write {instead!r}"
    )


def test_a_block_that_is_not_there_says_how_to_keep_one():
    for load in (Database.load, Database.delete):
        with pytest.raises(ValueError, match="Unable to find") as raised:
            load("main")
        assert str(raised.value) == (
            "Unable to find block document named main for block type database. "
            'To keep one in the store of this machine, once: Database(...).save("main")'
        )


def test_block_alone_needs_to_know_the_type():
    with pytest.raises(ValueError, match="does not say") as raised:
        Block.load("main")
    assert str(raised.value) == "Block.load('main') does not say of which type: write Block.load(\"<type>/main\")"


def test_a_deleted_block_is_gone():
    Database(host="db").save("main")
    Database(host="db").save("other")
    Database.delete("main")
    Block.delete("database/other")
    assert keyvalue.kept.entries("block") == []


def test_all_of_it_may_be_awaited_or_called_in_async_code():
    async def main():
        assert isinstance(await Database(host="db").save("main"), UUID)
        assert isinstance(Database(host="db").save("main", overwrite=True), UUID)
        assert (await Block.load("database/main")).host == Block.load("database/main").host == "db"
        assert await Database.register_type_and_schema() is None
        await Database.delete("main")
        await Database(host="db").asave("main")
        assert (await Database.aload("main")).host == "db"
        await Database.adelete("main")
        with pytest.raises(ValueError, match="Unable to find block document named main"):
            await Database.load("main")

    asyncio.run(main())


def test_a_client_is_accepted_and_not_needed():
    Database(host="db").save("main", client=None)
    assert Database.load("main", client=object(), _sync=True).host == "db"


# -- what a field may hold


class Everything(Block):
    when: datetime
    day: date
    path: Path
    some: set[int]
    by_name: dict[str, list[float]]
    raw: bytes
    maybe: int | None = None
    schema_: str = Field(alias="schema")


def test_fields_come_back_with_their_types():
    fields = {
        "when": datetime(2026, 1, 1, tzinfo=UTC),
        "day": date(2026, 1, 2),
        "path": Path("a/b"),
        "some": {1, 2},
        "by_name": {"x": [1.5]},
        "raw": "ü".encode(),
        "schema": "public",
    }
    block = Everything(**fields)
    block.save("main")
    assert Everything.load("main") == block
    assert Everything.load("main").schema_ == "public"


def test_bytes_that_are_no_text_are_an_error_that_does_not_show_them():
    class Raw(Block):
        raw: SecretBytes

    with pytest.raises(ValueError, match="Field 'raw'") as raised:
        Raw(raw=b"\xff\xfe" + HUSH.encode()).save("main")
    assert str(raised.value) == (
        "Field 'raw' of block type 'raw' holds a bytes that JSON cannot spell; keep it as a text, for example in base64"
    )
    assert HUSH not in "".join(traceback.format_exception(raised.value))


def test_what_block_initialization_adds_is_neither_kept_nor_shown():
    class Connected(Block):
        host: str

        def block_initialization(self):
            self.connection = object()

    block = Connected(host="db")
    block.save("main")
    assert repr(block) == "Connected(host='db')"
    assert keyvalue.kept.get("block", "connected/main").value["data"] == {"host": "db", "block_type_slug": "connected"}
    assert hasattr(Connected.load("main"), "connection")


def test_a_block_is_pickled_whole():
    block = pickle.loads(pickle.dumps(Secret(value=HUSH)))  # noqa: S301
    assert block.get() == HUSH


# -- nested blocks


class Credentials(CredentialsBlock):
    user: str
    key: SecretStr = SecretStr("")

    def get_client(self):
        return f"client of {self.user}"


class Better(Credentials):
    region: str = "eu"


class Bucket(Block):
    name: str
    credentials: Credentials


def test_a_nested_block_is_kept_with_its_secrets_and_class():
    Bucket(name="b", credentials=Better(user="me", key=HUSH, region="us")).save("main")
    credentials = Bucket.load("main").credentials
    assert type(credentials) is Better
    assert (credentials.key.get_secret_value(), credentials.region) == (HUSH, "us")
    assert credentials.get_client() == "client of me"


def test_a_nested_block_that_was_saved_is_kept_by_its_name():
    credentials = Better(user="me", key=HUSH)
    credentials.save("mine")
    Bucket(name="b", credentials=credentials).save("main")
    Better(user="you").save("mine", overwrite=True)
    loaded = Bucket.load("main").credentials
    assert (type(loaded), loaded.user, loaded._block_document_name) == (Better, "you", "mine")
    assert HUSH not in repr(keyvalue.kept.get("block", "bucket/main").value)


def test_blocks_in_lists_and_for_any_type_come_back():
    class Several(Block):
        blocks: list[Block]
        by_name: dict[str, Secret]

    Several(blocks=[Database(host="db"), Better(user="me")], by_name={"x": Secret(value=HUSH)}).save("main")
    loaded = Several.load("main")
    assert [type(block) for block in loaded.blocks] == [Database, Better]
    assert loaded.by_name["x"].get() == HUSH


def test_a_nested_model_is_kept_with_its_secrets():
    class Login(BaseModel):
        password: SecretStr

    class Site(Block):
        logins: list[Login]

    Site(logins=[{"password": HUSH}]).save("main")
    assert Site.load("main").logins[0].password.get_secret_value() == HUSH


def test_a_block_of_another_type_does_not_fit():
    with pytest.raises(ValidationError, match="Invalid block_type_slug: expected 'credentials', got 'database'"):
        Bucket(name="b", credentials={"block_type_slug": "database", "host": "db"})


# -- types and their names


@pytest.mark.parametrize(
    ("name", "slug"),
    [("Slack Webhook", "slack-webhook"), ("MyBlock", "myblock"), ("  AWS's  Bücket_2 ", "aws-s-bucket-2")],
)
def test_a_slug_is_made_of_the_types_name(name, slug):
    class Named(Block):
        _block_type_name = name

    assert Named.get_block_type_slug() == slug
    assert Named.get_block_type_name() == name


def test_a_type_without_a_name_goes_by_its_class():
    assert (Database.get_block_type_name(), Database.get_block_type_slug()) == ("Database", "database")


def test_a_slug_may_be_given():
    class Named(Block):
        _block_type_slug = "Something Else"

    assert Named.get_block_type_slug() == "something-else"


def test_prefects_marks_on_a_class_are_accepted():
    class Marked(Block):
        _logo_url = "https://example.com/logo.png"
        _documentation_url = "https://example.com"
        _description = "Marked."
        _code_example = "..."
        _block_schema_capabilities = ["mark"]  # noqa: RUF012 -- as people write it

    Marked().save("main")
    assert Marked.load("main")._description == "Marked."


def test_a_class_that_was_not_imported_is_named_with_its_import(monkeypatch):
    Database(host="db").save("main")
    monkeypatch.delitem(_registry.known, "database")
    with pytest.raises(UnknownBlockType) as raised:
        Block.load("database/main")
    assert str(raised.value) == (
        "No block class found for slug 'database': its class has not been imported. "
        f"Import it first: from {Database.__module__} import Database"
    )


def test_a_class_that_a_cell_defined_is_to_be_defined_again(monkeypatch):
    class Local(Block):
        pass

    Local().save("main")
    monkeypatch.delitem(_registry.known, "local")
    with pytest.raises(UnknownBlockType) as raised:
        Block.load("local/main")
    assert str(raised.value) == (
        "No block class found for slug 'local': its class has not been imported. Run the code that defines Local first."
    )


def test_a_class_defined_again_by_the_same_cell_replaces_the_old_one_without_a_word(caplog):
    def cell():
        class Again(Block):
            pass

        return Again

    cell()
    latest = cell()
    latest().save("main")
    assert type(Block.load("again/main")) is latest
    assert log_of(caplog) == []


def test_two_classes_of_one_slug_are_told(caplog):
    def here():
        class Twice(Block):
            pass

    def there():
        class Twice(Block):
            pass

    here()
    there()
    test = f"{__name__}:test_two_classes_of_one_slug_are_told.<locals>"
    assert log_of(caplog) == [
        f"Blocks of type 'twice' are now of class {test}.there.<locals>.Twice, no longer {test}.here.<locals>.Twice."
    ]


def test_the_blocks_of_prefect_are_found_whatever_was_imported(store_home):
    SlackWebhook(url="https://example.com/hook").save("main")
    code = (
        "from hookcell.prefect.blocks.core import Block\n"
        "block = Block.load('slack-webhook/main')\n"
        "print(type(block).__name__, block.url)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout == "SlackWebhook **********\n"


def test_registering_does_nothing_but_refuse_what_is_no_type():
    Database.register_type_and_schema()
    with pytest.raises(InvalidBlockRegistration) as raised:
        Block.register_type_and_schema()
    assert str(raised.value) == (
        "`register_type_and_schema` should be called on a Block subclass and not on the Block class directly."
    )

    class Interface(Block, ABC):
        pass

    with pytest.raises(InvalidBlockRegistration) as raised:
        Interface.register_type_and_schema()
    assert str(raised.value) == (
        "`register_type_and_schema` should be called on a Block subclass and not on a Block interface class directly."
    )


def test_a_saved_block_has_a_placeholder():
    block = Database(host="db")
    with pytest.raises(BlockNotSavedError, match=r"^Could not generate block placeholder for unsaved block\.$"):
        block.get_block_placeholder()
    block.save("main")
    assert block.get_block_placeholder() == "prefect.blocks.database.main"


def test_a_class_of_blocks_is_told_from_others():
    assert [Block.is_block_class(one) for one in (Database, Block, str, Database(host="x"), None)] == [
        True,
        True,
        False,
        False,
        False,
    ]


# -- a class that has changed since


def saved_before_it_had_more_fields():
    class Custom(Block):
        message: str
        key: SecretStr

    Custom(message="hi", key=HUSH).save("main")

    class Custom(Block):
        message: str
        key: SecretStr
        ducks: int

    return Custom


def test_a_block_that_does_not_fit_its_class_is_an_error():
    with pytest.raises(RuntimeError) as raised:
        saved_before_it_had_more_fields().load("main")
    assert str(raised.value) == (
        "Unable to load 'main' of block type 'custom' due to failed validation. "
        "To load without validation, try loading again with `validate=False`."
    )
    shown = "".join(traceback.format_exception(raised.value))
    assert "ducks\n  Field required" in shown
    assert HUSH not in shown


def test_without_validation_what_is_missing_is_none_and_said():
    custom = saved_before_it_had_more_fields()
    with pytest.warns(UserWarning, match="Could not fully load 'main'") as warned:
        block = custom.load("main", validate=False)
    assert str(warned[0].message).endswith(
        "Please specify values for new field(s): 'ducks', then run "
        '`Custom.save("main", overwrite=True)`, and load this block again before attempting to use it.'
    )
    assert warned[0].filename == __file__
    assert (block.message, block.ducks, block.key.get_secret_value()) == ("hi", None, HUSH)
    assert HUSH not in repr(block)
    block.ducks = 42
    block.save("main", overwrite=True)
    assert custom.load("main").ducks == 42


# -- secrets


class Nested(BaseModel):
    token: SecretStr


class Guarded(Block):
    text: SecretStr
    raw: SecretBytes
    either: AnySecret[dict[str, str]]
    nested: Nested
    child: Secret
    number: int = 1


def guarded():
    hush = {"raw": HUSH.encode(), "either": {"a": HUSH}, "nested": {"token": HUSH}, "child": Secret(value=[HUSH])}
    return Guarded(text=HUSH, **hush)


def test_secrets_are_shown_nowhere():
    block = guarded()
    block.save("main")
    for one in (block, Guarded.load("main")):
        assert HUSH not in repr(one) + str(one) + repr(one.model_dump()) + one.model_dump_json()
    with pytest.raises(ValidationError) as raised:
        Guarded(text=HUSH, raw=HUSH.encode(), either=HUSH, nested=HUSH, child=HUSH, number="no number")
    assert HUSH not in str(raised.value)


def test_secrets_come_back():
    guarded().save("main")
    block = Guarded.load("main")
    assert block.text.get_secret_value() == block.nested.token.get_secret_value() == HUSH
    assert block.raw.get_secret_value() == HUSH.encode()
    assert block.either.get_secret_value() == {"a": HUSH}
    assert block.child.get() == [HUSH]


def test_a_deleted_secret_is_wiped_from_the_file(store_home):
    Secret(value=HUSH).save("main")
    Secret.delete("main")
    keyvalue.file.close()
    assert HUSH.encode() not in (store_home / NAME).read_bytes()


@pytest.mark.parametrize("value", [HUSH, {"a": [1, None]}, [HUSH], 12, True])
def test_a_secret_keeps_any_json_value(value):
    for secret in (Secret(value=value), Secret(value=AnySecret(value))):
        assert secret.get() == value
        secret.save("main", overwrite=True)
        assert Secret.load("main").get() == value
        assert Block.load("secret/main").get() == value


def test_a_secret_takes_pydantics_own():
    Secret(value=SecretStr(HUSH)).save("main")
    assert Secret.load("main").get() == HUSH


def test_a_secret_text_is_read_as_json_only_if_it_spells_an_object_or_a_list():
    assert Secret(value='{"user": "me"}').get() == {"user": "me"}
    assert Secret(value=SecretStr("[1, 2]")).get() == [1, 2]
    assert [Secret(value=text).get() for text in ("123", "1e5", "true", "null", "{half")] == [
        "123",
        "1e5",
        "true",
        "null",
        "{half",
    ]


def test_a_secret_of_a_named_type_is_a_secret():
    Secret[str](value=HUSH).save("main")
    assert Secret.load("main").get() == HUSH
    assert type(Block.load("secret/main")) is Secret


# -- the store


def test_a_damaged_store_is_an_error_that_names_it(store_home):
    store_home.mkdir()
    (store_home / NAME).write_bytes(b"garbage" * 100)
    with pytest.raises(StoreError, match="is damaged: file is not a database"):
        Block.load("secret/main")


def test_prefects_module_paths_are_there():
    for name in ("blocks", "blocks.abstract", "blocks.core", "blocks.notifications", "blocks.system", "variables"):
        assert importlib.import_module(f"hookcell.prefect.{name}")


@pytest.mark.parametrize(
    ("load", "todo"),
    [
        (lambda: Block.load("slack/x"), "There is no such type; did you mean 'slack-webhook'?"),
        (lambda: Block.load("qq/x"), "Import its class, and save one."),
        (
            lambda: Secret.load("slack-webhook/x"),
            "Blocks of another type are loaded with Block.load('slack-webhook/x')",
        ),
        (lambda: Secret.load("x"), 'To keep one in the store of this machine, once: Secret(...).save("x")'),
    ],
)
def test_a_block_that_is_not_there_says_what_to_do(load, todo):
    with pytest.raises(ValueError, match="Unable to find block document named") as raised:
        load()
    assert str(raised.value).partition(". ")[2] == todo
