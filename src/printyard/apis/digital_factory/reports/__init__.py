"""/report/v1: tables of what was printed, made in the background and fetched from a signed address."""

from litestar.types import ControllerRouterHandler

from printyard.apis.digital_factory.reports import routes

HANDLERS: list[ControllerRouterHandler] = [*routes.HANDLERS]
PUBLIC = routes.PUBLIC
"""What needs no credential, as `ApiSpec.public` wants it: the address is the credential."""
