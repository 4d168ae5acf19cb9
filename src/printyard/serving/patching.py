"""Differences of two values as a JSON Patch (RFC 6902): what turns the one into the other, also within lists."""

from typing import Any

from msgspec import Struct

Operations = list[dict[str, Any]]

KEY = "uuid"
"""The field by which things of a list are known again; those without one are known by their place."""


def patch(before: Struct, after: Struct) -> Operations:
    """What turns `before` into `after`, which are of one type. A field that is None is taken to be left out."""
    found: Operations = []
    _of_structs(before, after, "", found)
    return found


def _of_structs(before: Struct, after: Struct, path: str, found: Operations) -> None:
    for field, name in zip(after.__struct_fields__, after.__struct_encode_fields__, strict=True):
        was, now = getattr(before, field), getattr(after, field)
        if was is now or was == now:
            continue
        place = f"{path}/{name}"
        if now is None:
            found.append({"op": "remove", "path": place})
        elif was is None:
            found.append({"op": "add", "path": place, "value": now})
        else:
            _of_values(was, now, place, found)


def _of_values(was: Any, now: Any, path: str, found: Operations) -> None:  # noqa: ANN401 (whatever a field may hold)
    if isinstance(now, Struct) and type(was) is type(now):
        _of_structs(was, now, path, found)
    elif isinstance(now, list) and isinstance(was, list) and _of_lists(was, now, path, found):
        return
    else:
        found.append({"op": "replace", "path": path, "value": now})


def _of_lists(was: list[Any], now: list[Any], path: str, found: Operations) -> bool:
    """Whether it could be told by the things in the lists; nothing is found if not."""
    old, new = [_key(one) for one in was], [_key(one) for one in now]
    if None in old or None in new:
        if len(was) != len(now) or not now:
            return False
        kept = list(zip(was, now, range(len(now)), strict=True))
    else:
        stay = set(old) & set(new)
        if [key for key in old if key in stay] != [key for key in new if key in stay] or len(stay) * 2 < len(old):
            return False
        found += [{"op": "remove", "path": f"{path}/{i}"} for i in reversed(range(len(old))) if old[i] not in stay]
        found += [{"op": "add", "path": f"{path}/{i}", "value": now[i]} for i in range(len(new)) if new[i] not in stay]
        before = dict(zip(old, was, strict=True))
        kept = [(before[new[i]], now[i], i) for i in range(len(new)) if new[i] in stay]
    for one, other, index in kept:
        if one is not other and one != other:
            _of_values(one, other, f"{path}/{index}", found)
    return True


def _key(thing: Any) -> Any:  # noqa: ANN401
    return getattr(thing, KEY, None)
