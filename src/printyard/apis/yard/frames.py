"""The field-level difference of two views."""

from itertools import compress
from operator import is_not
from typing import Any

from msgspec import Struct
from msgspec.structs import astuple

QUIET = frozenset({"seq", "at"})
"""Fields that change with every report, even when it says nothing new: alone they are no news."""


def difference(before: Struct, after: Struct) -> dict[str, Any]:
    """What turns `before` into `after`, as a JSON merge patch (RFC 7396): structs by field, all else whole.

    Both are of one type. A field that became null is null in the patch; readers take an absent field for null.
    """
    patch: dict[str, Any] = {}
    was, now = astuple(before), astuple(after)
    fields = zip(after.__struct_encode_fields__, was, now, strict=True)
    for name, old, new in compress(fields, map(is_not, was, now)):
        if isinstance(new, Struct) and type(old) is type(new):
            if inner := difference(old, new):
                patch[name] = inner
        elif old != new:
            patch[name] = new
    return patch


def is_news(patch: dict[str, Any]) -> bool:
    """Whether a difference says more than that time went by."""
    for name, value in patch.items():
        if name in QUIET or (isinstance(value, dict) and value and not is_news(value)):
            continue
        return True
    return False
