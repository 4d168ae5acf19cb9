"""Finds APIs and drivers: by scanning our own folders, and by the entry points of others'. They are never listed."""

import importlib
import pkgutil
from importlib.metadata import EntryPoint, entry_points
from typing import TypeVar

import msgspec

from printyard.core.ports.driver import DriverSpec
from printyard.serving.spec import ApiSpec

Spec = TypeVar("Spec", ApiSpec, DriverSpec)


class LeftOut(msgspec.Struct, frozen=True):
    """A plug-in that cannot be loaded since a library of others is not installed."""

    name: str
    reason: str


class Registry(msgspec.Struct, frozen=True):
    """What this installation has."""

    apis: dict[str, ApiSpec]
    drivers: dict[str, DriverSpec]
    left_out: tuple[LeftOut, ...]


def discover() -> Registry:
    """Load all specs. Only a missing library of others is tolerated: a forgotten word must stop the house."""
    left_out: list[LeftOut] = []
    apis = _found("printyard.apis", "API", ApiSpec, left_out)
    drivers = _found("printyard.drivers", "DRIVER", DriverSpec, left_out)
    return Registry(apis, drivers, tuple(left_out))


def _found(group: str, constant: str, kind: type[Spec], left_out: list[LeftOut]) -> dict[str, Spec]:
    package = importlib.import_module(group)
    ours: list[EntryPoint] = [
        EntryPoint(f"{group}.{module.name}", f"{group}.{module.name}:{constant}", group)
        for module in pkgutil.iter_modules(package.__path__)
    ]
    specs: dict[str, Spec] = {}
    for entry in [*ours, *entry_points(group=group)]:
        try:
            spec = _load(entry, constant)
        except ModuleNotFoundError as error:
            if (error.name or "").split(".")[0] == "printyard":
                raise
            left_out.append(LeftOut(entry.name, f"the library {error.name} is not installed"))
            continue
        if not isinstance(spec, kind):
            raise TypeError(f"{entry.value} is no {kind.__name__}")
        if spec.name in specs:
            raise ValueError(f"two plug-ins are called {spec.name}")
        specs[spec.name] = spec
    return specs


def _load(entry: EntryPoint, constant: str) -> object:
    """The spec; an entry point may name it, or the module that holds it."""
    loaded = entry.load()
    return getattr(loaded, constant, loaded)
