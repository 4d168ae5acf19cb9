"""Column types: how values of the domain lie in a row."""

from enum import Enum
from typing import Any

import msgspec
from sqlalchemy import BigInteger, Column, Dialect, ForeignKey, Integer, String, Text
from sqlalchemy.types import TypeDecorator, TypeEngine


def text() -> TypeEngine[str]:
    """Text that both databases sort by code point, whatever the locale of a PostgreSQL cluster is."""
    return String().with_variant(String(collation="C"), "postgresql")


def instant() -> TypeEngine[int]:
    """Microseconds since 1970, UTC."""
    return BigInteger()


def number() -> TypeEngine[int]:
    """A 64-bit primary key; SQLite's row number has to be called INTEGER."""
    return BigInteger().with_variant(Integer(), "sqlite")


def required(name: str, kind: TypeEngine[Any], *constraints: ForeignKey) -> Column[Any]:
    """A column that always has a value."""
    return Column(name, kind, *constraints, nullable=False)


def key(name: str = "id", *constraints: ForeignKey) -> Column[Any]:
    """The text by which a row is found, or a part of it."""
    return Column(name, text(), *constraints, primary_key=True)


class Word(TypeDecorator[Enum]):
    """A member of a string enumeration, stored as its word."""

    impl = String
    cache_ok = True

    def __init__(self, of: type[Enum]) -> None:
        super().__init__()
        self.of = of

    def process_bind_param(self, value: object, dialect: Dialect) -> str | None:
        return None if value is None else self.of(value).value

    def process_result_value(self, value: object, dialect: Dialect) -> Enum | None:
        return None if value is None else self.of(value)


class Json(TypeDecorator[Any]):
    """A value of type `of`, stored as JSON text."""

    impl = Text
    cache_ok = True

    def __init__(self, of: Any) -> None:  # noqa: ANN401 (a type form: a class, a tuple[...], Any)
        super().__init__()
        self.of = of
        self._decode = msgspec.json.Decoder(of).decode

    def process_bind_param(self, value: object, dialect: Dialect) -> str | None:
        return None if value is None else msgspec.json.encode(value).decode()

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:  # noqa: ANN401 (as `of` says)
        return None if value is None else self._decode(value)
