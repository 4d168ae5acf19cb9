"""The errors of an API in its document: Litestar knows only its own shape of them."""

from collections.abc import Iterable
from http import HTTPStatus

import msgspec
from litestar.openapi import ResponseSpec
from litestar.plugins import ReceiveRoutePlugin
from litestar.routes import BaseRoute, HTTPRoute


class Refusals(ReceiveRoutePlugin):
    """Has the document say of each operation which statuses errors can have, and the one shape of them all."""

    def __init__(self, shape: type[msgspec.Struct], statuses: Iterable[int]) -> None:
        self._responses = {
            status: ResponseSpec(shape, generate_examples=False, description=HTTPStatus(status).phrase)
            for status in sorted(set(statuses))
        }

    def receive_route(self, route: BaseRoute) -> None:
        """Litestar's hook, for each route."""
        if isinstance(route, HTTPRoute):
            for handler in route.route_handlers:
                if handler.responses is None:
                    handler.responses = self._responses
