"""What stands around the models: {"data": ...}, pages with their links, and errors."""

from typing import Any, Generic, TypeVar

from printyard.apis.digital_factory.schemas import words
from printyard.apis.digital_factory.schemas.printers import Model

T = TypeVar("T")


class PaginationLinks(Model):
    """The pages around this one."""

    first: words.Url | None = None
    last: words.Url | None = None
    next: words.Url | None = None
    prev: words.Url | None = None


class PaginationMetadata(Model):
    """How much there is in all, as far as it was counted."""

    total_count: int | None = None
    total_pages: int | None = None


class ResponseMeta(Model):
    """About a page; `limit_reached` says that there is more than was counted."""

    limit_reached: bool | None = None
    page: PaginationMetadata | None = None


class ErrorObject(Model):
    """An error."""

    code: str
    http_status: str
    id: str
    title: str
    detail: str | None = None
    meta: dict[str, Any] | None = None


class Data(Model, Generic[T]):
    """An answer."""

    data: T


class Page(Model, Generic[T]):
    """A page of a list."""

    data: list[T]
    meta: ResponseMeta
    links: PaginationLinks
