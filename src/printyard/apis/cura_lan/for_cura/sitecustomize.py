"""Points Cura's account and cloud to a Printyard, without touching any file of Cura.

Put this file into a folder of its own, and start Cura with the environment variable PYTHONPATH set to that folder.
It works where Cura runs on a Python of the system (a distribution's package, a checkout), not in a frozen build.
"""

from __future__ import annotations

import sys
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from importlib.util import module_from_spec
from pathlib import Path
from typing import Any

YARD = "http://localhost:7200"

VALUES = {
    "cura.CuraVersion": {
        "CuraCloudAPIRoot": YARD,
        "CuraCloudAccountAPIRoot": YARD + "/account",
        "CuraDigitalFactoryURL": YARD,
    },
    "cura.OAuth2.AuthorizationService": {"MYCLOUD_LOGOFF_URL": YARD + "/account/logoff"},
}
"""What is changed, by module; every other value of these modules stays."""


class Changed(Loader):
    """Loads a module as ever, then changes some of its values."""

    def __init__(self, loader: Loader | None, values: dict[str, str]) -> None:
        self._loader, self._values = loader, values

    def create_module(self, spec: ModuleSpec) -> Any:  # noqa: ANN401 - a module, or None for Python's own way
        """As the module's own loader does."""
        return None if self._loader is None else self._loader.create_module(spec)

    def exec_module(self, module: Any) -> None:  # noqa: ANN401 - a module
        """Run it, if there is one; then change it."""
        if self._loader is not None:
            self._loader.exec_module(module)
        vars(module).update(self._values)

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever else the module's own loader has
        if name.startswith("__"):
            raise AttributeError(name)
        return getattr(self._loader, name)


class Finder(MetaPathFinder):
    """Finds the modules that are changed, before Python's own finders do."""

    def find_spec(self, fullname: str, path: Any = None, _target: Any = None) -> ModuleSpec | None:  # noqa: ANN401
        """The module's own description with our loader; a checkout of Cura may have no CuraVersion at all."""
        values = VALUES.get(fullname)
        if values is None:
            return None
        spec = PathFinder.find_spec(fullname, path)
        if spec is None and fullname == "cura.CuraVersion":
            return ModuleSpec(fullname, Changed(None, values))
        if spec is not None:
            spec.loader = Changed(spec.loader, values)
        return spec


def next_in_line() -> None:
    """Run the sitecustomize that would have been found without this one."""
    here = Path(__file__).resolve().parent
    spec = PathFinder.find_spec("sitecustomize", [folder for folder in sys.path if Path(folder).resolve() != here])
    if spec is not None and spec.loader is not None:
        spec.loader.exec_module(module_from_spec(spec))


sys.meta_path.insert(0, Finder())
next_in_line()
