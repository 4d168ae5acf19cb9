"""Pages of lists, by number: {"data": [...], "meta": {...}, "links": {...}}."""

from collections.abc import Sequence
from math import ceil
from typing import Any, Protocol
from urllib.parse import urlencode

import msgspec
from litestar import Request

from printyard.apis.digital_factory.envelope import BadField, MissingField
from printyard.apis.digital_factory.instant import parsed
from printyard.apis.digital_factory.schemas.pages import Page, PaginationLinks, PaginationMetadata, ResponseMeta
from printyard.core.errors import Invalid
from printyard.core.model.value import Instant
from printyard.serving.visit import Visit

ALL = 999_999
"""The documented default of a list that was not always paged."""

PAGED = ("limit", "page")
"""The parameters of every page."""


class Asking(Protocol):
    """Whoever turns pages: where, and by which address the client knows it."""

    @property
    def visit(self) -> Visit:
        """The request's path."""

    def url(self, path: str) -> str:
        """The absolute URL of a path of the yard."""


class Query:
    """The query of a request: repeated parameters, or one with commas, make a list. An empty one is as good as none."""

    def __init__(self, request: Request[Any, Any, Any]) -> None:
        """Raises BadField for what no database could look for."""
        self.pairs: list[tuple[str, str]] = list(request.query_params.multi_items())
        for name, value in self.pairs:
            if "\0" in value:
                raise BadField("query", name, "A parameter has no null characters.")

    def text(self, name: str) -> str:
        """A parameter, or ""."""
        return next((value for key, value in reversed(self.pairs) if key == name), "")

    def texts(self, name: str) -> list[str] | None:
        """A parameter that is a list; None if it is absent. Both `name` and `name[]` are taken."""
        found = [value for key, value in self.pairs if key in {name, f"{name}[]"}]
        return [part for value in found for part in value.split(",") if part] or None

    def number(self, name: str, default: int, most: int) -> int:
        """A parameter that counts something, from 1; more than `most` is as good as that. Raises BadField."""
        text = self.text(name)
        if not text:
            return default
        if not (text.isascii() and text.isdigit() and len(text) < 12 and int(text) > 0):
            raise BadField("query", name, f"{name} is a number from 1 on.")
        return min(int(text), most)

    def truth(self, name: str) -> bool | None:
        """A parameter that is true or false; None if it is absent. Raises BadField."""
        text = self.text(name).lower()
        if not text:
            return None
        if text not in {"true", "false", "1", "0"}:
            raise BadField("query", name, f"{name} is true or false.")
        return text in {"true", "1"}

    def instant(self, name: str) -> Instant:
        """A parameter that is a date, and has to be there. Raises MissingField, BadField."""
        text = self.text(name)
        if not text:
            raise MissingField("query", name)
        try:
            return parsed(text)
        except Invalid as error:
            raise BadField("query", name, error.message) from None


class Window(msgspec.Struct, frozen=True):
    """A page of a list, numbered from 1."""

    page: int
    limit: int

    @property
    def offset(self) -> int:
        """How many items are on the pages before."""
        return (self.page - 1) * self.limit

    def of(self, items: Sequence[Any]) -> Sequence[Any]:
        """The page's part of a whole list."""
        return items[self.offset : self.offset + self.limit]


def window(query: Query, default: int, most: int = ALL) -> Window:
    """The page that a query asks for. Raises BadField."""
    return Window(page=query.number("page", 1, ALL), limit=query.number("limit", default, most))


def page_of(
    asking: Asking, query: Query, at: Window, items: list[Any], total: int, *, limit_reached: bool = False
) -> Page[Any]:
    """A page with its links; `total` is the whole list's length, as far as it was counted."""
    pages = max(1, ceil(total / at.limit))
    # Behind what was counted, only a full page has another one after it: who follows `next` comes to an end.
    more = at.page < pages or (limit_reached and len(items) == at.limit)

    def link(number: int) -> str:
        others = [(name, value) for name, value in query.pairs if name not in {"page", "limit"}]
        path = "/" + "/".join(asking.visit.segments)
        asked = urlencode([*others, ("page", str(number)), ("limit", str(at.limit))])
        return f"{asking.url(path)}?{asked}"

    links = PaginationLinks(
        first=link(1),
        last=link(pages),
        next=link(at.page + 1) if more else None,
        prev=link(at.page - 1) if at.page > 1 else None,
    )
    counted = PaginationMetadata(total_count=total, total_pages=pages)
    return Page(data=items, meta=ResponseMeta(limit_reached=limit_reached, page=counted), links=links)
