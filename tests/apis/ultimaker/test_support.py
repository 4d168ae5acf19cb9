"""The table of what is served, held against the routes and against these tests."""

import re
import tomllib
from importlib.resources import files
from pathlib import Path

from printyard.apis.ultimaker.routes import HANDLERS

TABLE = tomllib.loads(files("printyard.apis.ultimaker").joinpath("support.toml").read_text("utf-8"))
DOCUMENTED = 119
LEAVES = "GET /print_job/{leaf}"


def same(operation):
    """An operation with the names of its parameters left out."""
    return re.sub(r"\{\w+(:str)?\}", "{}", operation)


def routed():
    return {
        same(f"{method.value if hasattr(method, 'value') else method} {path}")
        for handler in HANDLERS
        for path in handler.paths
        for method in handler.http_methods
        if method != "OPTIONS"
    }


def served(operation, routes):
    leaf = operation.startswith("GET /print_job/") and same(LEAVES) in routes
    return same(operation) in routes or leaf


def test_the_whole_document_is_in_the_table_and_every_row_has_a_route():
    assert len(TABLE["operations"]) == DOCUMENTED
    routes = routed()
    for operation, support in (TABLE["operations"] | dict.fromkeys(TABLE["further"], "done")).items():
        state, _, reason = support.partition(": ")
        assert state in {"done", "stub", "exempt"}
        assert state == "done" or reason, f"{operation} is {state} without a reason"
        assert served(operation, routes), f"{operation} has no route"


def test_every_route_is_in_the_table():
    known = {same(operation) for operation in TABLE["operations"] | TABLE["further"]}
    assert routed() - {same(LEAVES)} - known == set()


def test_done_means_that_a_test_names_it():
    here = Path(__file__)
    text = "\n".join(path.read_text("utf-8") for path in here.parent.glob("test_*.py") if path != here)
    asserted = re.sub(r"\{\w+\}", "{}", text)
    missing = []
    for operation, support in TABLE["operations"].items():
        method, path = operation.split(" ")
        leaf = method == "GET" and path.startswith("/print_job/") and f'"{path.rsplit("/", 1)[1]}"' in asserted
        named = re.sub(r"\{\w+\}", "{}", path)
        found = any(
            re.search(rf"\b{method}\b[^\n]*{re.escape(named)}(?![\w/{{])", line) for line in asserted.splitlines()
        )
        if support == "done" and not (leaf or found):
            missing.append(operation)
    assert missing == []


async def test_the_description_has_every_operation(bench):
    document = await bench.value("/openapi.json")
    described = {
        same(f"{method.upper()} {path.removeprefix('/api/v1')}")
        for path, operations in document["paths"].items()
        for method in operations
    }
    assert {
        same(operation) for operation in TABLE["operations"] if not operation.startswith("GET /print_job/")
    } <= described
    printer = document["paths"]["/api/v1/printer"]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
    assert printer["$ref"].endswith("Printer")
