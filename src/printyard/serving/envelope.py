"""Errors on the wire: whatever goes wrong behind a door is told in that API's own words and shape."""

from collections.abc import Callable, Mapping

import msgspec
import structlog
from litestar.exceptions import HTTPException

from printyard.core.errors import EVERY_ERROR, CoreError, Invalid, NotFound, Throttled, TooLarge, Unsupported
from printyard.serving.answers import Answer
from printyard.serving.visit import Visit

log = structlog.get_logger("printyard.serving")

UNEXPECTED = "something went wrong here; the log says what"


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """What an envelope renders. `status` is from the API's table, or the framework's for what never reached the API.

    `error.code` is then "unknown_path", "method_not_allowed", "malformed", "too_large" or "unexpected".
    """

    status: int
    error: CoreError
    visit: Visit
    headers: tuple[tuple[str, str], ...] = ()


Envelope = Callable[[Problem], Answer]
"""An API's shape of errors. Retry-After, Allow and WWW-Authenticate are added to what it gives."""

Statuses = Mapping[type[CoreError], int]


def check_total(api: str, statuses: Statuses) -> None:
    """Raise TypeError if an API has no status for one of the core's errors."""
    missing = [error.__name__ for error in EVERY_ERROR if error not in statuses]
    if missing:
        raise TypeError(f"{api} has no status for {', '.join(missing)}")


class Errors:
    """Turns exceptions behind one door into answers."""

    def __init__(self, api: str, statuses: Statuses, envelope: Envelope) -> None:
        """Raises TypeError if the table is not total."""
        check_total(api, statuses)
        self._api = api
        self._statuses = statuses
        self._envelope = envelope

    def answer(self, exception: Exception, visit: Visit) -> Answer:
        """The answer for anything that was raised; what nobody expected is logged, once."""
        if isinstance(exception, CoreError):
            return self._render(self._status(exception), exception, visit, ())
        if isinstance(exception, HTTPException):
            return self._framework(exception, visit)
        log.error("unexpected error", api=self._api, method=visit.method, path=visit.segments, exc_info=exception)
        return self._render(500, CoreError(UNEXPECTED, code="unexpected"), visit, ())

    def _status(self, error: CoreError) -> int:
        return next(self._statuses[kind] for kind in type(error).__mro__ if kind in self._statuses)

    def _framework(self, exception: HTTPException, visit: Visit) -> Answer:
        """What Litestar itself refuses."""
        status = exception.status_code
        allow = tuple(("allow", value) for name, value in (exception.headers or {}).items() if name.lower() == "allow")
        match status:
            case 404:
                error: CoreError = NotFound("there is nothing at this path", code="unknown_path")
            case 405:
                error = Unsupported("this path does not take this method", code="method_not_allowed")
                allow = tuple((name, with_head(value)) for name, value in allow)
            case 413:
                error = TooLarge("the body is too large")
            case _ if status >= 500:
                log.error(
                    "unexpected error", api=self._api, method=visit.method, path=visit.segments, exc_info=exception
                )
                error = CoreError(UNEXPECTED, code="unexpected")
            case _:
                error = Invalid(complaint(exception), code="malformed")
        return self._render(status, error, visit, allow)

    def _render(self, status: int, error: CoreError, visit: Visit, headers: tuple[tuple[str, str], ...]) -> Answer:
        if isinstance(error, Throttled):
            headers = (*headers, ("retry-after", str(max(1, round(error.retry_after_seconds)))))
        return self._envelope(Problem(status=status, error=error, visit=visit, headers=headers)).with_headers(*headers)


def with_head(allow: str) -> str:
    """An Allow header that tells of HEAD where there is GET."""
    methods = {method.strip() for method in allow.split(",") if method.strip()}
    return ", ".join(sorted(methods | ({"HEAD"} if "GET" in methods else set())))


def complaint(exception: HTTPException) -> str:
    """What a validation error says, with the fields that it names."""
    extra = exception.extra
    if isinstance(extra, list):
        said = [_complaint(entry) for entry in extra if isinstance(entry, dict)]
        if said:
            return "; ".join(said)
    return exception.detail or "the request makes no sense"


def _complaint(entry: Mapping[str, object]) -> str:
    key, message = entry.get("key", "body"), entry.get("message", "")
    if (key, message) == ("data", "'data'"):  # so Litestar says that a handler asks for a body and none came
        return "the request has no body"
    return f"{key}: {message}".strip(": ")
