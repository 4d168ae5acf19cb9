"""The kernels are compiled by a process of its own, once, while the server is told that the worker lives."""

import sys

import pytest

from printyard.infra.workers.compiling import Compiler

SLEEPY = (
    "import pathlib, sys, time; time.sleep(2.2); path = pathlib.Path(sys.argv[1]); path.write_text(str(path.exists()))"
)


def compiler_of(folder, code, *arguments):
    return Compiler(folder, "key", (sys.executable, "-c", code, *arguments))


def test_what_is_not_compiled_is_compiled_once_for_all_workers(tmp_path):
    ran, breaths = tmp_path / "ran", []
    cache = tmp_path / "cache"
    compiler = compiler_of(cache, SLEEPY, str(ran))
    work = compiler.before(lambda task, report: (task, ran.read_text()))
    assert work("a file", breaths.append) == ("a file", "False")
    assert breaths
    assert set(breaths) == {0.0}
    assert work("another", breaths.append) == ("another", "False")
    other = compiler_of(cache, SLEEPY, str(ran))
    other.compile(lambda: None)
    assert ran.read_text() == "False"


def test_a_compiler_that_fails_says_why_and_is_asked_again(tmp_path):
    failing = compiler_of(tmp_path, "raise SystemExit('no room')")
    with pytest.raises(RuntimeError, match="could not be compiled: no room"):
        failing.compile(lambda: None)
    ran = tmp_path / "ran"
    compiler_of(tmp_path, SLEEPY, str(ran)).compile(lambda: None)
    assert ran.exists()
