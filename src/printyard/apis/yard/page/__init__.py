"""The plain page: the yard for people, rendered here; live where there is a script, whole where there is none."""

from http import HTTPStatus
from typing import Any

from printyard.apis.yard.page import actions, groups, pages, signing_in
from printyard.apis.yard.page.assets import favicon, get_asset
from printyard.apis.yard.page.rendering import html
from printyard.serving.answers import Answer
from printyard.serving.envelope import Problem

HANDLERS: list[Any] = [
    *pages.HANDLERS, *groups.HANDLERS, *actions.HANDLERS, *signing_in.HANDLERS, get_asset, favicon,
]  # fmt: skip

PUBLIC = frozenset({
    ("GET", "/"), ("GET", "/printers"), ("GET", "/printers/{slug}"), ("GET", "/print_jobs"), ("GET", "/groups"),
    ("GET", "/page/assets/{name}"), ("GET", "/favicon.ico"), ("GET", "/login"), ("POST", "/login"), ("POST", "/logout"),
})  # fmt: skip
"""What answers everybody: with the way to the login page, at least."""


def refusal(problem: Problem, prefix: str) -> Answer:
    """An error for people."""
    title = HTTPStatus(problem.status).phrase
    return html("problem.html", problem.status, title=title, message=problem.error.message, prefix=prefix)
