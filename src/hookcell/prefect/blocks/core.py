"""Blocks: settings and credentials with a name, kept in this machine's store as `slug/name`."""

from __future__ import annotations

import warnings
from abc import ABC
from typing import TYPE_CHECKING, Any, ClassVar, Self
from uuid import UUID  # noqa: TC003 -- pydantic reads it

from pydantic import (
    BaseModel,
    ConfigDict,
    PrivateAttr,
    SerializationInfo,
    SerializerFunctionWrapHandler,
    TypeAdapter,
    ValidationError,
    ValidatorFunctionWrapHandler,
    model_serializer,
    model_validator,
)

from hookcell.errors import HookcellError
from hookcell.prefect._either import either_way
from hookcell.prefect.blocks._plain import plain
from hookcell.prefect.blocks._registry import (
    KIND,
    UnknownBlockType,
    checked,
    class_of,
    document_of,
    id_of,
    known,
    missing_block,
    place_of,
    register,
    slug_of,
)
from hookcell.store.keyvalue import kept

if TYPE_CHECKING:
    from collections.abc import Iterable

# What a nested block that has been saved on its own is in the store: "slug/name" below this key, as Prefect has it.
REFERENCE = "$ref"


__all__ = ["Block", "BlockNotSavedError", "InvalidBlockRegistration", "UnknownBlockType"]


class BlockNotSavedError(HookcellError, RuntimeError):
    """A block has to be saved before this can be asked of it."""


class InvalidBlockRegistration(HookcellError):
    """`Block` itself, and what only says what blocks can do, is no type of block."""


class Block(BaseModel, ABC):
    """Settings or credentials that are saved under a name, and loaded by it where they are needed.

    Make a subclass with fields, as of any pydantic model. What is secret is a `SecretStr`: it is kept in the store's
    file, which only its owner may read, and shown nowhere.
    """

    # An error that showed its input would show the secrets in it.
    model_config = ConfigDict(extra="allow", hide_input_in_errors=True)

    _block_type_name: ClassVar[str | None] = None
    _block_type_slug: ClassVar[str | None] = None
    # Prefect's pages show these; subclasses may name them.
    _logo_url: ClassVar[Any] = None
    _documentation_url: ClassVar[Any] = None
    _description: ClassVar[str | None] = None
    _code_example: ClassVar[str | None] = None
    _block_schema_capabilities: ClassVar[list[str] | None] = None

    _block_document_name: str | None = PrivateAttr(None)
    _block_document_id: UUID | None = PrivateAttr(None)

    def __init__(self, *args: Any, **fields: Any) -> None:
        super().__init__(*args, **fields)
        self.block_initialization()

    @classmethod
    def __pydantic_init_subclass__(cls, **_options: Any) -> None:
        """Let `Block.load` find the subclass by its slug."""
        if ABC in cls.__bases__ or cls.__pydantic_generic_metadata__["origin"]:
            return
        register(cls.get_block_type_slug(), cls)

    def block_initialization(self) -> None:
        """Override it to do something once the fields are there."""

    @classmethod
    def get_block_type_name(cls) -> str:
        """Give the name of this type of block, for people."""
        return cls._block_type_name or (cls.__pydantic_generic_metadata__["origin"] or cls).__name__

    @classmethod
    def get_block_type_slug(cls) -> str:
        """Give the name of this type of block, as `Block.load` wants it before the slash."""
        return slug_of(cls._block_type_slug or cls.get_block_type_name())

    @staticmethod
    def is_block_class(block: Any) -> bool:
        """Whether something is a class of blocks."""
        return isinstance(block, type) and issubclass(block, Block)

    # -- saving

    @either_way
    def save(self, name: str | None = None, overwrite: bool = False, client: Any = None) -> UUID:
        """Keep the block under a name; may be awaited.

        Args:
            name: Lowercase letters, digits and dashes; if None, the name it has been saved or loaded by.
            overwrite: Whether a block of this type and name may be replaced.
            client: Ignored: there is no server.

        Raises:
            ValueError: There is no name, or the name is taken.
            InvalidNameError: The name cannot be used.
            StoreError: The store's file cannot be used.
        """
        name = checked(self._block_document_name if name is None else name)
        slug = self.get_block_type_slug()
        document = {"name": name, "class": place_of(type(self)), "data": self._kept_data()}
        if kept.put(KIND, f"{slug}/{name}", document, overwrite=overwrite) is None:
            raise ValueError(
                "You are attempting to save values with a name that is already in use for this block type. If you "
                "would like to overwrite the values that are saved, then save with `overwrite=True`."
            )
        self._block_document_name, self._block_document_id = name, id_of(slug, name)
        return self._block_document_id

    async def asave(self, name: str | None = None, overwrite: bool = False, client: Any = None) -> UUID:
        """Keep the block under a name, as `save` does."""
        made: UUID = self.save(name, overwrite)
        return made

    def _kept_data(self) -> dict[str, Any]:
        """Give the fields as JSON, secrets readable, nested blocks that are saved themselves by their names."""
        dumped = self.model_dump(by_alias=True, serialize_as_any=True, context={"keeping": self}, warnings=False)
        return {key: plain(value, self.get_block_type_slug(), key) for key, value in dumped.items()}

    @model_serializer(mode="wrap")
    def _with_slug(self, handler: SerializerFunctionWrapHandler, info: SerializationInfo) -> dict[str, Any]:
        keeping = (info.context or {}).get("keeping")
        if keeping is not None and keeping is not self and self._block_document_name is not None:
            return {REFERENCE: f"{self.get_block_type_slug()}/{self._block_document_name}"}
        fields = handler(self)
        if keeping is not None:
            declared = _keys_of(type(self))
            fields = {key: value for key, value in fields.items() if key in declared}
        return {**fields, "block_type_slug": self.get_block_type_slug()}

    # -- loading

    @classmethod
    @either_way
    def load(cls, name: str, validate: bool = True, client: Any = None) -> Self:
        """Give the block that is kept under a name; may be awaited.

        Args:
            name: "slug/name"; on a subclass, the name alone will do.
            validate: Whether to raise if the block does not fit its class, which may have new fields by now; if not,
                what is missing is None, and a warning says so.
            client: Ignored: there is no server.

        Raises:
            ValueError: There is no such block.
            UnknownBlockType: Its class has not been imported.
            RuntimeError: It does not fit its class.
            StoreError: The store's file cannot be used.
        """
        slug, name = cls._split(name)
        document = document_of(slug, name)
        found = cls if cls is not Block else class_of(slug, document["class"])
        return found._revive(document, validate=validate)  # type: ignore[return-value]

    @classmethod
    async def aload(cls, name: str, validate: bool = True, client: Any = None) -> Self:
        """Give the block that is kept under a name, as `load` does."""
        block: Self = cls.load(name, validate)
        return block

    @classmethod
    @either_way
    def delete(cls, name: str, client: Any = None) -> None:
        """Forget the block that is kept under a name; may be awaited.

        Raises:
            ValueError: There is no such block.
            StoreError: The store's file cannot be used.
        """
        slug, name = cls._split(name)
        if not kept.drop(KIND, f"{slug}/{name}"):
            raise missing_block(slug, name)

    @classmethod
    async def adelete(cls, name: str, client: Any = None) -> None:
        """Forget the block that is kept under a name, as `delete` does."""
        cls.delete(name)

    @classmethod
    def _split(cls, name: str) -> tuple[str, str]:
        slug, slash, rest = str(name).partition("/")
        if cls is Block:
            if not slash:
                raise ValueError(f'Block.load({name!r}) does not say of which type: write Block.load("<type>/{name}")')
            return slug, rest
        own = cls.get_block_type_slug()
        return own, rest if slash and slug == own else name

    @classmethod
    def _revive(cls, document: dict[str, Any], *, validate: bool) -> Self:
        name, data = document["name"], document["data"]
        try:
            block = cls.model_validate(data)
        except ValidationError as error:
            if validate:
                raise RuntimeError(
                    f"Unable to load {name!r} of block type {cls.get_block_type_slug()!r} due to failed validation. "
                    "To load without validation, try loading again with `validate=False`."
                ) from error
            block = cls._revive_in_part(name, data, error)
        block._block_document_name, block._block_document_id = name, id_of(cls.get_block_type_slug(), name)
        return block

    @classmethod
    def _revive_in_part(cls, name: str, data: dict[str, Any], error: ValidationError) -> Self:
        missing = [field for one in error.errors() if isinstance(field := one["loc"][0], str)]
        warnings.warn(
            f"Could not fully load {name!r} of block type {cls.get_block_type_slug()!r} - this is likely because one "
            f"or more required fields were added to the schema for {cls.__name__!r} that did not exist on the class "
            f"when this block was last saved. Please specify values for new field(s): {', '.join(map(repr, missing))}, "
            f'then run `{cls.__name__}.save("{name}", overwrite=True)`, and load this block again before attempting '
            "to use it.",
            stacklevel=5,
        )
        fitting = {field: value for field, value in data.items() if field not in missing}
        return cls.model_construct(**_each_alone(cls, fitting), **dict.fromkeys(missing))

    @model_validator(mode="wrap")
    @classmethod
    def _of_its_own_class(cls, value: Any, handler: ValidatorFunctionWrapHandler) -> Any:
        """Make a nested block of the class it was saved with, which may be a subclass of the field's."""
        if isinstance(value, dict) and set(value) == {REFERENCE}:
            slug, _, name = str(value[REFERENCE]).partition("/")
            document = document_of(slug, name)
            return handler(class_of(slug, document["class"])._revive(document, validate=True))
        if not isinstance(value, dict) or "block_type_slug" not in value:
            return handler(value)
        fields = {key: one for key, one in value.items() if key != "block_type_slug"}
        slug, own = value["block_type_slug"], cls.get_block_type_slug()
        if slug == own or not slug:
            return handler(fields)
        if issubclass(found := known.get(slug, Block), cls) and found is not cls:
            return found.model_validate(fields)
        raise ValueError(f"Invalid block_type_slug: expected '{own}', got '{slug}'")

    # -- the rest of Prefect's surface

    def get_block_placeholder(self) -> str:
        """Give what stands for the block in a template.

        Raises:
            BlockNotSavedError: It has no name yet.
        """
        if self._block_document_name is None:
            raise BlockNotSavedError("Could not generate block placeholder for unsaved block.")
        return f"prefect.blocks.{self.get_block_type_slug()}.{self._block_document_name}"

    @classmethod
    @either_way
    def register_type_and_schema(cls, client: Any = None) -> None:
        """Do nothing, as there is no server; a class is known once it is imported.

        Raises:
            InvalidBlockRegistration: This is no type of block.
        """
        for abstract, said in ((cls is Block, "the Block class"), (ABC in cls.__bases__, "a Block interface class")):
            if abstract:
                raise InvalidBlockRegistration(
                    f"`register_type_and_schema` should be called on a Block subclass and not on {said} directly."
                )

    def __repr_args__(self) -> Iterable[tuple[str | None, Any]]:
        """Show the fields, and not what `block_initialization` has added."""
        return [(key, value) for key, value in super().__repr_args__() if key is None or key in type(self).model_fields]

    def __str__(self) -> str:
        return repr(self)


def _each_alone(cls: type[Block], data: dict[str, Any]) -> dict[str, Any]:
    """Make each value what its field says, so that what is secret is covered again."""
    types: dict[Any, Any] = {one.validation_alias or name: one.annotation for name, one in cls.model_fields.items()}
    return {key: TypeAdapter(types.get(key, Any)).validate_python(value) for key, value in data.items()}


def _keys_of(cls: type[Block]) -> set[str]:
    """Give what the declared fields are called in a dump by alias."""
    return {field.serialization_alias or field.alias or name for name, field in cls.model_fields.items()}
