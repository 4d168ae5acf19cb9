"""The pytest plugin: `def test_my_program(virtual_printer): ...` is all that an integrator's test needs.

    def test_it_prints(virtual_printer):
        virtual_printer.set_speed(100)
        grant = virtual_printer.digest_grant()
        my_program.print_to(virtual_printer.url, grant.id, grant.key, "cube.gcode")
        virtual_printer.wait_until(lambda state: state["activity"] == "printing")

`printyard_server` is one server for the whole run; `virtual_printer` is a printer of its own for each test.
"""

from collections.abc import Iterator
from itertools import count

import pytest

from printyard.testing.server import Server, VirtualPrinter, server

_NUMBERS = pytest.StashKey[Iterator[int]]()


@pytest.fixture(scope="session")
def printyard_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A Printyard that runs for the whole test run, on a free port, with its data in a folder of its own."""
    with server(tmp_path_factory.mktemp("printyard")) as running:
        yield running


@pytest.fixture
def virtual_printer(printyard_server: Server, request: pytest.FixtureRequest) -> Iterator[VirtualPrinter]:
    """A virtual UltiMaker S5, connected and idle; it is removed after the test."""
    numbers = request.config.stash.setdefault(_NUMBERS, iter(count(1)))
    printer = printyard_server.add_printer(f"Test printer {next(numbers)}")
    try:
        yield printer
    finally:
        printyard_server.ask("DELETE", f"/printers/{printer.slug}")
