"""Word tables: one small core vocabulary, translated once at each edge."""

from collections.abc import Mapping
from enum import Enum
from types import MappingProxyType
from typing import TypeVar

Word = TypeVar("Word", bound=Enum)
Foreign = TypeVar("Foreign")


def total(words: type[Word], table: Mapping[Word, Foreign]) -> Mapping[Word, Foreign]:
    """`table`, read-only, after a proof that it has a row for every member of `words`.

    Raises LookupError when imported without a row: a new core word breaks the dialect that has none for it.
    """
    if missing := [word.name for word in words if word not in table]:
        raise LookupError(f"no word for {words.__name__}.{', '.join(missing)}")
    return MappingProxyType(dict(table))


def total_errors(
    errors: tuple[type[Exception], ...], table: Mapping[type[Exception], Foreign]
) -> Mapping[type[Exception], Foreign]:
    """Like `total`, for a table whose rows are classes of errors."""
    if missing := [error.__name__ for error in errors if error not in table]:
        raise LookupError(f"no answer for {', '.join(missing)}")
    return MappingProxyType(dict(table))
