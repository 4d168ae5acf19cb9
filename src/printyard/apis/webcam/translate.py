"""Errors of the camera's door: a status and a sentence, for clients that show neither."""

from printyard.core import errors
from printyard.serving.answers import Answer, plain_answer
from printyard.serving.envelope import Problem, Statuses

STATUSES: Statuses = {
    errors.CoreError: 500,
    errors.NotFound: 404,
    errors.Conflict: 409,
    errors.Busy: 503,
    errors.Unsupported: 404,
    errors.Refused: 503,
    errors.Unauthenticated: 401,
    errors.Forbidden: 403,
    errors.Invalid: 400,
    errors.TooLarge: 413,
    errors.Incomplete: 400,
    errors.Offline: 503,
    errors.TimedOut: 504,
    errors.Throttled: 429,
    errors.StorageFull: 503,
}


def envelope(problem: Problem) -> Answer:
    """An error as one sentence."""
    return plain_answer(problem.status, f"{problem.error.message}\n")
