from pathlib import Path

import pytest

from checks.size_budget import EXCEPTIONS, findings


def function(name: str, lines: int, docstring_lines: int = 0) -> str:
    """The source of a function of `lines` lines beside its docstring."""
    doc = ['    """Doc.', *["    more"] * (docstring_lines - 2), '    """'] if docstring_lines else []
    return "\n".join([f"def {name}():", *doc, *["    x = 1"] * (lines - 1), ""])


def method(name: str, lines: int) -> str:
    return "".join(f"    {line}\n" for line in function(name, lines).splitlines())


@pytest.fixture
def tree(tmp_path):
    def write(source: str, *rows: str) -> Path:
        (tmp_path / "src").mkdir()
        (tmp_path / "src" / "a.py").write_text(source)
        (tmp_path / EXCEPTIONS).parent.mkdir(parents=True)
        (tmp_path / EXCEPTIONS).write_text("\n".join(["| path | name | lines | reason |", "|---|---|---|---|", *rows]))
        return tmp_path

    return write


@pytest.mark.parametrize(
    ("source", "breach"),
    [
        (function("f", 40), None),
        (function("f", 41), "src/a.py:1: f has 41 lines, the budget is 40"),
        (function("f", 40, docstring_lines=20), None),
        ("async " + function("f", 41), "src/a.py:1: f has 41 lines, the budget is 40"),
        ("class A:\n" + method("f", 41), "src/a.py:2: A.f has 41 lines, the budget is 40"),
        ("if True:\n" + method("f", 41), "src/a.py:2: f has 41 lines, the budget is 40"),
        ("class A:\n" + "    x = 1\n" * 299, None),
        ("class A:\n" + "    x = 1\n" * 300, "src/a.py:1: A has 301 lines, the budget is 300"),
        ("\n" * 400, None),
        ("\n" * 401, "src/a.py:1: file has 401 lines, the budget is 400"),
    ],
)
def test_each_budget_holds_to_the_line(tree, source, breach):
    assert findings(tree(source)) == ([breach] if breach else [])


def test_an_exception_allows_as_much_as_it_says(tree):
    root = tree(function("f", 50), "| src/a.py | `f` | 50 | one loop |")
    assert findings(root) == []
    (root / "src" / "a.py").write_text(function("f", 51))
    assert findings(root) == ["src/a.py:1: f has 51 lines, the budget is 40"]


def test_an_exception_that_nothing_needs_is_a_breach(tree):
    root = tree(function("f", 3), "| src/a.py | `f` | 50 | one loop |")
    assert findings(root) == [f"{EXCEPTIONS}: src/a.py f needs no exception"]


def test_an_exception_without_a_reason_is_refused(tree):
    with pytest.raises(SystemExit, match="has no reason"):
        findings(tree(function("f", 50), "| src/a.py | `f` | 50 | |"))
