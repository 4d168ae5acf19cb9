"""What Cura's network classes find around them in place of the whole application: they themselves, and Qt, are real.

Libraries that only slice and draw (scipy, Arcus, ...) are empty modules; CuraApplication is a handful of answers.
"""

# ruff: noqa: N802 - the names are Cura's

import collections
import contextlib
import json
import queue
import sys
import threading
import types
from importlib.machinery import ModuleSpec
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

ABSENT = {"scipy", "Arcus", "Savitar", "pynest2d", "keyring", "Charon", "shapely", "trimesh", "sentry_sdk", "serial"}


class Empty:
    """A module of which everything can be imported; errors are exceptions, all else takes any arguments."""

    def find_spec(self, name, path=None, target=None):
        return ModuleSpec(name, self, is_package=True) if name.partition(".")[0] in ABSENT else None

    def create_module(self, spec):
        return None

    def exec_module(self, module):
        def thing(name):
            if name.startswith("__"):
                raise AttributeError(name)
            bases = (Exception,) if name.endswith(("Error", "Locked")) else ()
            return type(name, bases, {"__init__": lambda *_, **__: None, "viable": False})

        module.__getattr__ = thing


def imp():
    """The module of that name, which Python 3.12 has no more, as far as Cura loads plugins with it."""
    module = types.ModuleType("imp")

    def load_module(name, _file, path, _description):
        spec = spec_from_file_location(name, f"{path}/__init__.py", submodule_search_locations=[path])
        sys.modules[name] = loaded = module_from_spec(spec)
        spec.loader.exec_module(loaded)
        return loaded

    module.find_module = lambda name, folders: (None, f"{folders[0]}/{name}", ("", "", 5))
    module.load_module = load_module
    return module


class Anything:
    """Takes every call, connects every signal, and is empty."""

    def __getattr__(self, name):
        return self

    def __call__(self, *_, **__):
        return self

    def __iter__(self):
        return iter(())

    def __bool__(self):
        return False


class Containers:
    """Cura's definitions of machines, as they lie on the disk; and materials, as the test gives them."""

    def __init__(self, definitions):
        self._definitions, self.materials = definitions, []

    def findContainersMetadata(self, manufacturer="", **_):
        found = []
        for file in sorted(self._definitions.glob("ultimaker*.def.json")):
            metadata = json.loads(file.read_text())["metadata"]
            if metadata.get("manufacturer") == manufacturer:
                found.append(metadata | {"id": file.name.removesuffix(".def.json")})
        return found

    def findContainers(self, **_):
        return []

    def findContainerStacks(self, **_):
        return []

    def findInstanceContainersMetadata(self, **wanted):
        return [one for one in self.materials if all(one.get(name, value) == value for name, value in wanted.items())]

    def getContainerFilePathById(self, material_id):
        return next(one["path"] for one in self.materials if one["id"] == material_id)

    def isReadOnly(self, _):
        return True

    def lockFile(self):
        return contextlib.nullcontext()

    def __getattr__(self, name):
        return Anything()


class Preferences:
    """Cura's settings, for as long as it runs."""

    def __init__(self):
        self._values = {}

    def addPreference(self, key, value):
        self._values.setdefault(key, value)

    def getValue(self, key):
        return self._values[key]

    def setValue(self, key, value):
        self._values[key] = value

    def resetPreference(self, key):
        self._values[key] = "{}"


class Discovered:
    """The list of printers that were found."""

    def __init__(self):
        self.discoveredPrintersByAddress = {}

    def addDiscoveredPrinter(self, ip_address, **told):
        self.discoveredPrintersByAddress[ip_address] = told

    def updateDiscoveredPrinter(self, ip_address, **told):
        self.discoveredPrintersByAddress[ip_address].update(told)

    def removeDiscoveredPrinter(self, ip_address):
        self.discoveredPrintersByAddress.pop(ip_address, None)


class CuraApplication:
    """What the network classes ask of the application."""

    one = None

    def __init__(self, root):
        type(self).one = self
        self.containers = Containers(root / "usr/share/cura/resources/definitions")
        self.preferences, self.discovered = Preferences(), Discovered()
        self.later, self.account = queue.SimpleQueue(), None
        self.shown = []

    @classmethod
    def getInstance(cls):
        return cls.one

    def getContainerRegistry(self):
        return self.containers

    def getPreferences(self):
        return self.preferences

    def getDiscoveredPrintersModel(self):
        return self.discovered

    def getCuraAPI(self):
        return types.SimpleNamespace(account=self.account)

    def getApplicationName(self):
        return "cura"

    def getVersion(self):
        return "4.13.0"

    def getAPIVersion(self):
        from UM.Version import Version

        return Version("7.9.0")

    def getInstallPrefix(self):
        return "/nowhere"

    def getPluginRegistry(self):
        return types.SimpleNamespace(getPluginPath=lambda _: "/nowhere")

    def getGlobalContainerStack(self):
        return Anything()

    def callLater(self, function, *args, **kwargs):
        self.later.put((function, args, kwargs))

    def functionEvent(self, event):
        """What a signal wants done in the main thread."""
        self.later.put((event.call, (), {}))

    def getMainThread(self):
        return threading.main_thread()

    def showMessage(self, message):
        self.shown.append(message.getText())

    def __getattr__(self, name):
        return Anything()


class Ear:
    """Hears what Cura logs."""

    def __init__(self):
        self.errors, self.recent = [], collections.deque(maxlen=40)

    def log(self, kind, text):
        self.recent.append(text)
        if kind in {"e", "c"}:
            self.errors.append(text)


def move_in(root):
    """Put everything in place, so that Cura's modules can be imported; the application and what it logs."""
    root = Path(root)
    sys.meta_path.append(Empty())
    sys.modules["imp"] = imp()
    application = CuraApplication(root)
    module = types.ModuleType("cura.CuraApplication")
    module.CuraApplication = CuraApplication
    sys.modules["cura.CuraApplication"] = module
    from UM.Logger import Logger

    ear = Ear()
    Logger.addLogger(ear)
    from UM.Message import Message
    from UM.Qt.QtApplication import QtApplication
    from UM.Settings.ContainerRegistry import ContainerRegistry
    from UM.Signal import Signal

    Signal._app = application
    QtApplication.getInstance = classmethod(lambda _: application)
    ContainerRegistry.getInstance = classmethod(lambda _: application.containers)
    Message.show = lambda message: application.shown.append(message.getText())
    Message.hide = lambda *_: None
    return application, ear


@contextlib.contextmanager
def quiet():
    """Standard output for answers alone: what Cura prints goes where errors go."""
    kept, sys.stdout = sys.stdout, sys.stderr
    try:
        yield
    finally:
        sys.stdout = kept
