"""The pages of /account: rendered here, whole without a script, in the yard's own look."""

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from jinja2 import FileSystemLoader, StrictUndefined
from jinja2.sandbox import ImmutableSandboxedEnvironment

from printyard.serving.answers import Answer

HTML = "text/html; charset=utf-8"
POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'{also}; "
    "frame-ancestors 'none'; base-uri 'none'"
)

TEMPLATES = ImmutableSandboxedEnvironment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def page(
    prefix: str,
    template: str,
    status: int = 200,
    headers: tuple[tuple[str, str], ...] = (),
    **values: Any,  # noqa: ANN401
) -> Answer:
    """A page. `prefix` is the path under which the world has us.

    `also`, if it is among the values, is where one of its forms may lead, beside to ourselves: a checked address.
    """
    also = values.get("also", "")
    body = TEMPLATES.get_template(template).render(prefix=prefix, **values)
    policy = POLICY.format(also=f" {source_of(also)}" if also else "")
    kept = (
        ("content-security-policy", policy),
        ("cache-control", "no-store"),
        ("vary", "cookie"),
        ("x-frame-options", "DENY"),
        # Under "no-referrer" a browser sends its own forms with "Origin: null", and the dispatcher refuses them.
        ("referrer-policy", "same-origin"),
    )
    return Answer(status, body.encode(), HTML, (*headers, *kept))


def source_of(address: str) -> str:
    """An address as a policy names it: browsers hold form-action against redirects too."""
    parts = urlsplit(address)
    if parts.scheme not in {"http", "https"} or "[" in parts.netloc:
        return f"{parts.scheme}:"  # a scheme of its own; and IPv6 addresses are unknown to policies
    return f"{parts.scheme}://{parts.netloc}"
