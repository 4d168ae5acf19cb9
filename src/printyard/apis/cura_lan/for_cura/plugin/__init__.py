"""Points Cura's account and cloud to a Printyard.

Cura reads its addresses when its modules are loaded, some of them before any plugin: so those that are there already
are changed, and those that come later find the new ones in `UltimakerCloudConstants`.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from cura.UltimakerCloud import UltimakerCloudConstants  # type: ignore[import-not-found]
from UM.Extension import Extension  # type: ignore[import-not-found]
from UM.Logger import Logger  # type: ignore[import-not-found]

YARD = "http://localhost:7200"

MOVES = {
    UltimakerCloudConstants.CuraCloudAPIRoot: YARD,
    UltimakerCloudConstants.CuraCloudAccountAPIRoot: YARD + "/account",
    UltimakerCloudConstants.CuraDigitalFactoryURL: YARD,
}
"""The addresses that this Cura was built with, and what stands in their place."""


def moved(text: str) -> str:
    """An address in its new place; any other text as it is."""
    for old, new in MOVES.items():
        if old and (text == old or text.startswith((old + "/", old + "?"))):
            return new + text[len(old) :]
    return text


def change(holder: Any) -> int:  # noqa: ANN401 - a module, a class or an object
    """Change the addresses that something holds; how many there were."""
    count = 0
    for name, value in list(vars(holder).items()):
        if isinstance(value, str) and not name.startswith("__") and moved(value) != value:
            setattr(holder, name, moved(value))
            count += 1
    return count


def is_plugin(module: Any) -> bool:  # noqa: ANN401 - a module, or None
    """Whether a module is one of Cura's plugins."""
    file = getattr(module, "__file__", None)
    return file is not None and (Path(file).parent / "plugin.json").is_file()


def change_modules() -> int:
    """Change the addresses in all of Cura's modules that are loaded, and in their classes; how many there were."""
    count = 0
    for name, module in list(sys.modules.items()):
        if name == __name__ or not (name.startswith("cura.") or is_plugin(sys.modules.get(name.partition(".")[0]))):
            continue
        count += change(module)
        for thing in list(vars(module).values()):
            if isinstance(thing, type) and thing.__module__ == name:
                count += change(thing)
    return count


def change_account(account: Any) -> int:  # noqa: ANN401 - Cura's own
    """Change the addresses that the account was made with; how many there were."""
    service = getattr(account, "_authorization_service", None)
    parts = (account, getattr(account, "_oauth_settings", None), service, getattr(service, "_auth_helpers", None))
    return sum(change(part) for part in parts if part is not None)


class Redirection(Extension):  # type: ignore[misc]
    """Redirects at once, and again when all plugins are loaded."""

    def __init__(self, application: Any) -> None:  # noqa: ANN401 - Cura's own
        super().__init__()
        self._application = application
        self.redirect()
        loaded = getattr(application, "pluginsLoaded", None)
        if loaded is not None:
            loaded.connect(self.redirect)

    def redirect(self) -> None:
        """Change what is loaded."""
        count = change_modules() + change_account(self._application.getCuraAPI().account)
        Logger.log("i", "Printyard: %s addresses now lead to %s", count, YARD)


def getMetaData() -> dict[str, Any]:  # noqa: N802 - Cura calls it
    """What Cura asks for; plugin.json has the rest."""
    return {}


def register(app: Any) -> dict[str, Any]:  # noqa: ANN401 - Cura calls it
    """What Cura keeps of this plugin."""
    return {"extension": Redirection(app)}
