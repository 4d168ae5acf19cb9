"""Errors as this API tells them: {"errors": [{id, code, http_status, title, detail, meta}]}, and the words for each."""

from collections.abc import Iterator
from contextlib import contextmanager

import msgspec

from printyard.core.errors import (
    Busy,
    Conflict,
    CoreError,
    Forbidden,
    Incomplete,
    Invalid,
    NotFound,
    Offline,
    Refused,
    StorageFull,
    Throttled,
    TimedOut,
    TooLarge,
    Unauthenticated,
    Unsupported,
)
from printyard.core.ports.time import Ids
from printyard.serving.answers import Answer, json_answer
from printyard.serving.envelope import Envelope, Problem


class Word(msgspec.Struct, frozen=True):
    """How an error is told: status, the API's code and title, and the kind of error in `meta`.

    `told` stands in `http_status` where that is not the status.
    """

    status: int
    code: str
    title: str
    error_type: str = "ValidationError"
    told: str = ""


UNEXPECTED = Word(500, "unexpectedError", "An unexpected error has occurred.", "ProgrammingError")
NO_TOKEN = Word(401, "noBearerToken", "No bearer token has been given to authenticate the request.", "AuthError")
TOKEN_EXPIRED = Word(403, "tokenExpired", "The given token has expired.", "AuthError")
NOT_FOUND = Word(404, "recordNotFound", "The given record does not exist.")
REQUIRED_FIELD = Word(400, "requiredField", "A required field is missing.", "ModelValidationError")
INVALID_FIELD = Word(400, "invalidField", "A field has a value that it may not have.", "ModelValidationError")
DUPLICATED = Word(409, "recordDuplicated", "The given record already exists.")
"""The one thing that can be there already is the registration of a cluster."""

NOT_ACCEPTING = Word(409, "printerNotAcceptingJobs", "The printer does not accept jobs now.", "PrinterError")
INACTIVE = Word(409, "printerInactive", "The printer is not connected.", "PrinterError")
TEAPOT = Word(
    418, "iAmATeapot", "The server refuses to brew coffee because it is, permanently, a teapot.", "TeapotError"
)
VERSION_NOT_SUPPORTED = Word(
    400, "openApiVersionNotSupported", "The given OpenAPI version is not supported.", told="404"
)
"""Its `http_status` says 404 while the answer is 400: so the document has it."""

WORDS: dict[type[CoreError], Word] = {
    CoreError: UNEXPECTED,
    NotFound: NOT_FOUND,
    Conflict: Word(409, "stateConflict", "The request does not fit the present state of the record."),
    Busy: NOT_ACCEPTING,
    Unsupported: Word(409, "actionNotSupported", "The printer cannot do that.", "PrinterError"),
    Refused: Word(409, "actionRefused", "The printer refused.", "PrinterError"),
    Unauthenticated: NO_TOKEN,
    Forbidden: Word(403, "accessDenied", "You may not do that.", "AuthError"),
    Invalid: INVALID_FIELD,
    TooLarge: Word(413, "fileTooLarge", "That is more than is taken here."),
    Incomplete: Word(409, "uploadIncomplete", "The file has not been uploaded in full."),
    Offline: INACTIVE,
    TimedOut: Word(504, "timedOut", "The printer did not answer in time.", "PrinterError"),
    Throttled: Word(429, "tooManyRequests", "Too many requests."),
    StorageFull: Word(507, "storageFull", "There is no room for it."),
}
"""Ours are stateConflict, actionNotSupported, actionRefused, accessDenied, fileTooLarge and what follows it."""

STATUSES: dict[type[CoreError], int] = {kind: word.status for kind, word in WORDS.items()}

CODES: dict[str, Word] = {
    "token_expired": TOKEN_EXPIRED,
    "duplicated": DUPLICATED,
    "teapot": TEAPOT,
    "not_accepting": NOT_ACCEPTING,
    "version_not_supported": VERSION_NOT_SUPPORTED,
    "another_writer": Word(409, "uploadInProgress", "Somebody else sends this file now."),
    "gap": Word(416, "uploadOutOfOrder", "The part does not follow on what is stored."),
    "gone": Word(410, "uploadClosed", "The upload takes no more bytes."),
    "method_not_allowed": Word(405, "methodNotAllowed", "There is no such operation at this path."),
    "bad_bytes": Word(400, "uploadInvalid", "The bytes are not what was announced."),
}
"""The core's own codes, and this API's, that are told in a word of their own; those of uploads and methods are ours."""


class MissingField(Invalid):
    """A field of a body is missing."""

    code = "required_field"

    def __init__(self, model: str, field: str) -> None:
        super().__init__(f"{field} is required.")
        self.model, self.field = model, field


class BadField(Invalid):
    """A field of a body, or a parameter, has a value that it may not have."""

    code = "invalid_field"

    def __init__(self, model: str, field: str, reason: str) -> None:
        super().__init__(reason)
        self.model, self.field = model, field


class UnknownVersion(Invalid):
    """The API is not described in this version of OpenAPI."""

    code = "version_not_supported"

    def __init__(self, given: str) -> None:
        super().__init__("The API is described in the versions 2 and 3.")
        self.given = given


class NoRecord(NotFound):
    """There is no such thing, or the caller may not know of it; `record` is what this API calls it."""

    def __init__(self, record: str) -> None:
        super().__init__(f"There is no such {record}.")
        self.record = record


@contextmanager
def told_as(record: str) -> Iterator[None]:
    """Whatever is not found within is told by this name: the unknown, and what the caller may not know of, alike."""
    try:
        yield
    except NoRecord:
        raise
    except NotFound:
        raise NoRecord(record) from None


class NotAccepting(Conflict):
    """Nobody in the cluster takes new prints."""

    code = "not_accepting"

    def __init__(self) -> None:
        super().__init__("Every printer of this cluster is switched off for new print jobs.")


def envelope(ids: Ids) -> Envelope:
    """The API's shape of errors; each has an id of its own."""
    return lambda problem: _answer(problem, ids.new())


def _answer(problem: Problem, error_id: str) -> Answer:
    error, word = problem.error, word_of(problem)
    rendered = {
        "id": error_id,
        "code": word.code,
        "http_status": word.told or str(word.status),
        "title": word.title,
        "detail": error.message,
        "meta": _meta(error, word),
    }
    return json_answer(word.status, {"errors": [rendered]})


def word_of(problem: Problem) -> Word:
    """How a problem is told; what the framework refused keeps the framework's status."""
    error = problem.error
    if error.code in CODES:
        return CODES[error.code]
    if isinstance(error, MissingField):
        return REQUIRED_FIELD
    word = next(WORDS[kind] for kind in type(error).__mro__ if kind in WORDS)
    return word if word.status == problem.status else Word(problem.status, word.code, word.title, word.error_type)


def _meta(error: CoreError, word: Word) -> dict[str, str]:
    meta: dict[str, str] = {"error_type": word.error_type}
    if isinstance(error, MissingField):
        return meta | {
            "translatable": "%{field_name} is required.", "model_name": error.model, "field_name": error.field,
        }  # fmt: skip
    if isinstance(error, BadField):
        return meta | {
            "translatable": "%{field_name} is invalid.",
            "model_name": error.model,
            "field_name": error.field,
        }
    if isinstance(error, UnknownVersion):
        return meta | {"given_value": error.given}
    if word is NOT_FOUND:
        record = error.record if isinstance(error, NoRecord) else "record"
        return meta | {"translatable": "The given %{record_name} does not exist.", "record_name": record}
    if word is DUPLICATED:
        return meta | {"translatable": "The given %{record_name} already exists.", "record_name": "cluster"}
    return meta
