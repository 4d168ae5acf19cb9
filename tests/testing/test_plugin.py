"""The fixtures of the pytest plugin, as an integrator uses them: a real server in a process of its own."""

import subprocess
import sys

import pytest

from printyard.testing.plugin import printyard_server, virtual_printer
from printyard.testing.server import ServerFailed, server

__all__ = ["printyard_server", "virtual_printer"]

pytestmark = pytest.mark.slow


def test_a_printer_of_ones_own(virtual_printer):
    state = virtual_printer.state()
    assert state["link"] == "online"
    assert state["activity"] == "idle"
    virtual_printer.set_speed(10)
    status, body = virtual_printer.server.send("GET", f"/printers/{virtual_printer.slug}/api/v1/printer/status")
    assert (status, body) == (200, b'"idle"')


def test_a_grant_at_its_door(virtual_printer):
    import requests  # noqa: TID251 - an integrator's client
    from requests.auth import HTTPDigestAuth  # noqa: TID251

    grant = virtual_printer.digest_grant()
    url = f"{virtual_printer.url}/api/v1/auth/verify"
    assert requests.get(url, auth=HTTPDigestAuth(grant.id, grant.key), timeout=5).status_code == 200
    assert requests.get(url, auth=HTTPDigestAuth(grant.id, "wrong"), timeout=5).status_code == 401


def test_each_test_has_a_printer_that_is_gone_afterwards(printyard_server, virtual_printer):
    rows = printyard_server.ask("GET", "/printers")
    listed = rows if isinstance(rows, list) else rows["items"]
    assert [row["slug"] for row in listed] == [virtual_printer.slug]
    with pytest.raises(ServerFailed):
        virtual_printer.clear_plate()


def test_a_server_that_cannot_start_says_why(tmp_path):
    (tmp_path / "printyard.toml").write_text("nonsense = 1\n")
    with pytest.raises(ServerFailed, match="nonsense"), server(tmp_path):
        pass


def test_the_plugin_loads_nothing_of_the_house_until_it_is_used():
    code = "import sys, printyard.testing.plugin; print([m for m in sys.modules if m.startswith('printyard.')])"
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env={"PYTHONPATH": "src"}
    )
    assert "printyard.core" not in loaded.stdout
