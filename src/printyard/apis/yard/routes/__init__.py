"""The operations of the native API, one module for each kind of thing."""

from typing import Any

from printyard.apis.yard.routes import (
    approvals,
    events,
    groups,
    house,
    jobs,
    library,
    ordering,
    organizations,
    own_account,
    people,
    preparations,
    printers,
    sandbox,
)

HANDLERS: list[Any] = [
    *printers.HANDLERS, *sandbox.HANDLERS, *jobs.HANDLERS, *groups.HANDLERS, *ordering.HANDLERS, *approvals.HANDLERS,
    *people.HANDLERS, *own_account.HANDLERS, *organizations.HANDLERS, *house.HANDLERS, *library.HANDLERS,
    *preparations.HANDLERS, *events.HANDLERS,
]  # fmt: skip
"""All of them."""
