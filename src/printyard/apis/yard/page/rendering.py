"""HTML: templates that escape everything, and the headers that keep a browser from running what is not ours."""

import re
from pathlib import Path
from typing import Any

from jinja2 import FileSystemLoader, StrictUndefined
from jinja2.sandbox import ImmutableSandboxedEnvironment

import printyard
from printyard.apis.yard.desk import Desk
from printyard.apis.yard.page import words
from printyard.apis.yard.page.assets import asset_urls
from printyard.core.access.rules import may
from printyard.core.access.sessions import form_token
from printyard.core.model.user import Right
from printyard.serving.answers import Answer

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
HTML = "text/html; charset=utf-8"
HEADERS = (
    ("content-security-policy", POLICY),
    ("cache-control", "no-store"),
    ("vary", "cookie"),
    # Under "no-referrer" a browser sends its own forms with "Origin: null", and the dispatcher refuses them.
    ("referrer-policy", "same-origin"),
)
COLOR = re.compile(r"#[0-9a-fA-F]{6}")


def color(code: str) -> str:
    """A color that is one, whatever a profile says."""
    return code if COLOR.fullmatch(code) else "#888888"


def environment() -> ImmutableSandboxedEnvironment:
    """The templates, with the filters that they use."""
    made = ImmutableSandboxedEnvironment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters.update(
        duration=words.duration, percent=words.percent, celsius=words.celsius, moment=words.moment,
        label=words.label, tone=words.tone, mark=words.mark, outcome=words.outcome, color=color,
    )  # fmt: skip
    made.globals["version"] = printyard.__version__
    return made


TEMPLATES = environment()


def html(template: str, status: int = 200, headers: tuple[tuple[str, str], ...] = (), **values: Any) -> Answer:  # noqa: ANN401
    """A page as an answer."""
    body = TEMPLATES.get_template(template).render(**values)
    return Answer(status, body.encode(), HTML, (*headers, *HEADERS))


def page(desk: Desk, session: str, template: str, status: int = 200, **values: Any) -> Answer:  # noqa: ANN401
    """A page for somebody, with what all pages need."""
    return html(template, status, **common(desk, session), **values)


def common(desk: Desk, session: str) -> dict[str, Any]:
    """What all templates may use. Only who came with a session can act: a form's token is made from it."""
    able = {right.value: bool(session) and may(desk.principal, right) for right in Right}
    return {
        "prefix": desk.office.prefix,
        "assets": asset_urls(desk.office.prefix),
        "who": desk.principal.name if desk.principal.authenticated else "",
        "signed_in": bool(session) and desk.principal.authenticated,
        "can": able,
        "form_token": form_token(session) if session else "",
        "buttons": lambda printer: words.buttons(printer, able),
    }
