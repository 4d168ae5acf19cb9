"""The table of what is served, held against the routes and the API's own description (support.toml)."""

import re
import tomllib
from importlib.resources import files
from pathlib import Path

import msgspec

from printyard.apis.cura_lan.routes import HANDLERS, setup
from printyard.app.addresses import addresses_of
from printyard.app.config import Config
from printyard.app.doors import Family, OwnCamera

TABLE = tomllib.loads(files("printyard.apis.cura_lan").joinpath("support.toml").read_text("utf-8"))


def same(operation):
    """An operation with the names of its parameters left out."""
    return re.sub(r"\{\w+(:str)?\}", "{}", operation)


def routed():
    return {
        same(f"{method} {root}{path}".rstrip("/"))
        for root, handlers in (("", HANDLERS), (setup.ROOT, setup.HANDLERS))
        for handler in handlers
        for path in handler.paths
        for method in map(str, handler.http_methods)
        if method != "OPTIONS"
    }


def test_the_table_has_every_route_and_no_other():
    assert {same(operation) for operation in TABLE["operations"]} == routed()


async def test_the_description_has_every_operation(bench):
    document = await bench.guest.value("/openapi.json")
    described = {
        same(f"{method.upper()} {path.removeprefix('/cluster-api/v1')}")
        for path, operations in document["paths"].items()
        for method in operations
    }
    assert described == routed()
    rows = document["paths"]["/cluster-api/v1/print_jobs"]["get"]["responses"]["200"]["content"]["application/json"]
    assert rows["schema"]["items"]["$ref"].endswith("PrintJob")


def test_the_addresses_of_the_manual_are_understood():
    """The configuration that docs/api/cura_lan.md gives."""
    manual = (Path(__file__).parents[3] / "docs/api/cura_lan.md").read_text("utf-8").split("## Addresses")[1]
    block = re.search(r"((?:    [^\n]*\n|\n)+)", manual[manual.index("    host") :])[1]
    values = tomllib.loads(re.sub(r"(?m)^    ", "", block))
    assert values.pop("admin_token_file")
    found = addresses_of(msgspec.convert(values, Config, strict=False))
    assert found.pins.addresses == {
        ("192.168.1.51", 80): "luke", ("192.168.1.51", 8080): OwnCamera("luke"),
        ("192.168.1.60", 80): Family("ultimaker_s5"),
    }  # fmt: skip
    assert found.listeners[0] == ("192.168.1.50", 80)
