"""Every API and driver that the registry finds."""

import tomllib
from importlib.resources import files
from pathlib import Path

import pytest

from printyard.app.registry import discover
from printyard.core.commands import COMMANDS
from printyard.core.errors import EVERY_ERROR
from printyard.testing.contract import check_api_spec, check_driver_spec, check_support

REGISTRY = discover()
TESTS = Path(__file__).parents[1] / "apis"
NATIVE = {"yard", "webcam"}
"""APIs that answer to no document but their own."""


def named(specs):
    return pytest.mark.parametrize("spec", specs.values(), ids=list(specs))


def test_nothing_was_left_out():
    assert REGISTRY.left_out == ()
    assert REGISTRY.apis
    assert REGISTRY.drivers


@named(REGISTRY.apis)
def test_an_apis_spec_makes_sense(spec):
    check_api_spec(spec)


@named(REGISTRY.drivers)
def test_a_drivers_spec_makes_sense(spec):
    check_driver_spec(spec)


def test_two_apis_do_not_claim_the_same_root():
    claimed = [(spec.scope, root) for spec in REGISTRY.apis.values() for root in spec.roots]
    assert len(claimed) == len(set(claimed))


@named({name: spec for name, spec in REGISTRY.apis.items() if name not in NATIVE})
def test_an_apis_table_of_support_is_complete_and_honest(spec):
    table = tomllib.loads(files(f"printyard.apis.{spec.name}").joinpath("support.toml").read_text("utf-8"))
    tests = [path.read_text("utf-8") for path in sorted((TESTS / spec.name).rglob("test_*.py"))]
    check_support(spec.name, table, "\n".join(text for text in tests if "support.toml" not in text))


def test_every_command_and_error_has_a_word_of_its_own():
    assert len({command.word for command in COMMANDS}) == len(COMMANDS)
    assert len({error.code for error in EVERY_ERROR}) == len(EVERY_ERROR)
