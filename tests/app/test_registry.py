"""APIs and drivers are found, never listed; only somebody else's missing library is tolerated."""

import sys
from importlib.metadata import EntryPoint

import pytest

from printyard.app import registry
from printyard.core.ports.driver import DriverSpec


@pytest.fixture
def plugged(tmp_path, monkeypatch):
    """Lets a test write a module and plug it in by an entry point."""

    def plug(source, name="moonbase_driver"):
        (tmp_path / f"{name}.py").write_text(source, encoding="utf-8")
        monkeypatch.syspath_prepend(str(tmp_path))
        entry = EntryPoint("moonbase", name, "printyard.drivers")
        monkeypatch.setattr(registry, "entry_points", lambda group: [entry] if group == "printyard.drivers" else [])
        monkeypatch.delitem(sys.modules, name, raising=False)

    return plug


def test_our_own_are_found_by_scanning():
    found = registry.discover()
    assert "virtual" in found.drivers
    assert {"ultimaker", "yard", "webcam"} <= set(found.apis)
    assert found.left_out == ()


def test_a_plug_in_is_found_by_its_entry_point(plugged):
    plugged(
        "from printyard.drivers.virtual import DRIVER as VIRTUAL\n"
        "import msgspec\n"
        "DRIVER = msgspec.structs.replace(VIRTUAL, name='moonbase')\n"
    )
    assert isinstance(registry.discover().drivers["moonbase"], DriverSpec)


def test_a_missing_library_of_others_leaves_the_plug_in_out(plugged):
    plugged("import library_that_nobody_has\n")
    found = registry.discover()
    assert [left.name for left in found.left_out] == ["moonbase"]
    assert "library_that_nobody_has" in found.left_out[0].reason


@pytest.mark.parametrize(
    ("source", "error"),
    [
        ("import printyard.core.no_such_module\n", ModuleNotFoundError),
        ("raise LookupError('no word for Activity.IDLE')\n", LookupError),
        ("DRIVER = 'a string'\n", TypeError),
        ("from printyard.drivers.virtual import DRIVER\n", ValueError),
    ],
)
def test_any_other_failure_stops_the_house(plugged, source, error):
    plugged(source)
    with pytest.raises(error):
        registry.discover()
