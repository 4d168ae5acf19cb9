"""What can go wrong, in the words of the domain; every API has one table from these to its own status and body."""


class CoreError(Exception):
    """The floor of all errors that a caller is told about.

    `code` is a stable word for programs, the message a sentence for a person.
    """

    code = "error"

    def __init__(self, message: str, *, code: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        if code is not None:
            self.code = code


class NotFound(CoreError):
    """There is no such thing, or the caller may not know of it."""

    code = "not_found"


class Conflict(CoreError):
    """The request does not fit the present state of the thing."""

    code = "conflict"


class Busy(Conflict):
    """The printer does something else now."""

    code = "busy"


class Unsupported(CoreError):
    """This printer can never do that."""

    code = "unsupported"


class Refused(CoreError):
    """The device itself said no."""

    code = "refused"


class Unauthenticated(CoreError):
    """Nobody has proved who asks."""

    code = "unauthenticated"


class Forbidden(CoreError):
    """The caller is known and may not."""

    code = "forbidden"


class Invalid(CoreError):
    """The request makes no sense as it stands."""

    code = "invalid"


class TooLarge(Invalid):
    """More bytes than are allowed or were announced."""

    code = "too_large"


class Incomplete(Conflict):
    """Bytes are missing."""

    code = "incomplete"


class Offline(CoreError):
    """The printer cannot be reached."""

    code = "offline"


class TimedOut(CoreError):
    """No answer came in time; what was asked may still happen."""

    code = "timed_out"


class Throttled(CoreError):
    """Too many requests; `retry_after_seconds` says when to come again."""

    code = "throttled"

    def __init__(self, message: str, retry_after_seconds: float = 1.0) -> None:
        super().__init__(message)
        self.retry_after_seconds = retry_after_seconds


class StorageFull(CoreError):
    """The disk has no room, or the database does not take facts."""

    code = "storage_full"


EVERY_ERROR: tuple[type[CoreError], ...] = (
    CoreError, NotFound, Conflict, Busy, Unsupported, Refused, Unauthenticated, Forbidden, Invalid,
    TooLarge, Incomplete, Offline, TimedOut, Throttled, StorageFull,
)  # fmt: skip
"""All of them, for the tests of totality."""
