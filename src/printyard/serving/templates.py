"""Path templates of public operations, matched without any framework's router."""

from collections.abc import Iterable

READS_AS = {"HEAD": "GET"}


class PublicOperations:
    """The operations that need no credential: pairs such as ("GET", "/api/v1/auth/check/{id}")."""

    def __init__(self, operations: Iterable[tuple[str, str]]) -> None:
        """Raises ValueError for a template that does not begin with a slash."""
        self._exact: set[tuple[str, tuple[str, ...]]] = set()
        self._patterns: dict[str, list[tuple[tuple[str, ...], bool]]] = {}
        for method, template in operations:
            if not template.startswith("/"):
                raise ValueError(f"{template!r} is no path template")
            parts = tuple(part for part in template.split("/") if part)
            rest = bool(parts) and parts[-1].endswith("...}")
            parts = parts[:-1] if rest else parts
            if rest or any(part.startswith("{") for part in parts):
                self._patterns.setdefault(method, []).append((parts, rest))
            else:
                self._exact.add((method, parts))

    def allow(self, method: str, segments: tuple[str, ...]) -> bool:
        """Whether that operation is public; HEAD is as public as GET."""
        method = READS_AS.get(method, method)
        return (method, segments) in self._exact or any(
            fits(parts, segments, rest=rest) for parts, rest in self._patterns.get(method, ())
        )


def fits(parts: tuple[str, ...], segments: tuple[str, ...], *, rest: bool) -> bool:
    """Whether the segments match the template's parts ({name}: any one; with `rest` more may follow)."""
    if len(segments) < len(parts) or (len(segments) > len(parts) and not rest):
        return False
    return all(part.startswith("{") or part == segment for part, segment in zip(parts, segments, strict=False))
