"""Cursors of lists: where the next page begins, as text that means nothing to clients."""

from printyard.core.errors import Invalid
from printyard.core.model.file import File
from printyard.core.model.job import Job
from printyard.core.model.value import Instant


def cursor_text(last: Job | File) -> str:
    """Where the next page begins: behind this one."""
    return f"{last.created_at}.{last.id}"


def cursor(text: str) -> tuple[Instant, str]:
    """The place that a cursor names. Raises Invalid."""
    at, _, job_id = text.partition(".")
    if not (at.isascii() and at.isdigit() and len(at) <= 18 and job_id):
        raise Invalid("That is no cursor: take `next` of the page before.")
    return Instant(int(at)), job_id
