"""Kinds of machines by the names that people and files give them."""

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from printyard.core.model.machine import MachineModel


def machine_called(name: str) -> "MachineModel | None":
    """The kind of machine with this id or name on the box, in any case and spacing; None if no driver knows it."""
    from printyard.gcode.check.setup import folded

    wanted = folded(name)
    return next((known for known in machines() if wanted in (folded(known.id), folded(known.variant))), None)


def machine_named(name: str) -> "MachineModel":
    """The same; ClickException if there is none."""
    known = machine_called(name)
    if known is None:
        names = ", ".join(sorted({known.variant for known in machines() if known.variant}))
        raise click.ClickException(f"There is no machine {name!r}. There are: {names}.")
    return known


def machines() -> "list[MachineModel]":
    """All kinds of machines that the drivers of this installation know."""
    from printyard.app.registry import discover

    return [known for driver in discover().drivers.values() for known in driver.machines]
