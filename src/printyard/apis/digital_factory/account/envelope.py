"""Errors under /account: OAuth2 has a shape of its own for programs, and people get a page."""

from printyard.apis.digital_factory.account.rendering import page
from printyard.apis.digital_factory.account.tokens import oauth_failure
from printyard.serving.answers import Answer
from printyard.serving.envelope import Envelope, Problem

FOR_PROGRAMS = frozenset({("account", "token"), ("account", "revoke")})
FOR_PEOPLE = frozenset({("account", "authorize"), ("account", "login"), ("account", "logout"), ("account", "logoff")})


def worded(other: Envelope, prefix: str) -> Envelope:
    """An API's envelope, with these rooms of their own."""

    def envelope(problem: Problem) -> Answer:
        place = problem.visit.segments
        if place in FOR_PROGRAMS and problem.visit.method != "DELETE":
            return oauth_failure(problem)
        if place in FOR_PEOPLE:
            return page(prefix, "problem.html", problem.status, message=problem.error.message)
        return other(problem)

    return envelope
