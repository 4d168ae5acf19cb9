"""Words and errors of this API; what a group's printers and jobs are called is in dialects/ultimaker/cluster.py."""

from enum import StrEnum

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
)  # fmt: skip
from printyard.core.fleet.board import Snapshot
from printyard.core.model.job import Job
from printyard.dialects.ultimaker import cluster
from printyard.serving.answers import Answer, json_answer
from printyard.serving.envelope import Problem

STATUSES: dict[type[CoreError], int] = {
    CoreError: 500,
    NotFound: 404,
    Conflict: 409,
    Busy: 409,
    Unsupported: 405,
    Refused: 409,
    Unauthenticated: 401,
    Forbidden: 403,
    Invalid: 400,
    TooLarge: 413,
    Incomplete: 400,
    Offline: 503,
    TimedOut: 504,
    Throttled: 429,
    StorageFull: 507,
}
"""Cura reads none of these but 401; other programs do."""


def envelope(problem: Problem) -> Answer:
    """Every error has the same shape, in JSON: {"message": a sentence}."""
    return json_answer(problem.status, {"message": str(problem.error)})


class Order(StrEnum):
    """What a client wants of a job."""

    PAUSE = "pause"
    RESUME = "resume"
    ABORT = "abort"
    REMOVE = "remove"
    FORCE = "force"
    MOVE = "move"


ORDERS = {
    "pause": Order.PAUSE,
    "print": Order.RESUME,
    "resume": Order.RESUME,
    "abort": Order.ABORT,
    "remove": Order.REMOVE,
    "force": Order.FORCE,
    "move": Order.MOVE,
}
"""Inbound: what clients on the network say (`print` goes on), and the names that the cloud has for the same."""

PRINT_ORDERS = frozenset({Order.PAUSE, Order.RESUME, Order.ABORT})
"""What PUT /action takes."""


def job_status(job: Job, shown: Snapshot | None) -> str:
    """The job's status. "wait_approval" is a word of the cloud: Cura's page on the network would show no such job."""
    word = cluster.job_status(job, shown)
    return cluster.QUEUED if word == cluster.WAIT_APPROVAL else word
