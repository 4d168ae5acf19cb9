"""Fail where a file, class or function outgrows the budget and docs/decisions/size-exceptions.md has no row for it.

Tests are not measured: a long table of cases is a good test.
"""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
FOLDERS = ("src", "checks", "benchmarks")
EXCEPTIONS = "docs/decisions/size-exceptions.md"
FILE_LINES = 400
CLASS_LINES = 300
FUNCTION_LINES = 40
WHOLE_FILE = "-"


class Oversize(NamedTuple):
    """Something larger than its budget; `line` is where it begins."""

    path: str
    name: str
    line: int
    lines: int
    budget: int


def function_lines(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines from `def` to the end, without the docstring."""
    lines = (node.end_lineno or node.lineno) - node.lineno + 1
    first = node.body[0]
    if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str):
        lines -= (first.end_lineno or first.lineno) - first.lineno + 1
    return lines


def measured(tree: ast.AST, prefix: str = "") -> Iterator[tuple[str, int, int, int]]:
    """Every class and function below `tree` as (dotted name, first line, lines, budget)."""
    for node in ast.iter_child_nodes(tree):
        name = prefix
        if isinstance(node, ast.ClassDef):
            name = f"{prefix}{node.name}."
            yield name[:-1], node.lineno, (node.end_lineno or node.lineno) - node.lineno + 1, CLASS_LINES
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            name = f"{prefix}{node.name}."
            yield name[:-1], node.lineno, function_lines(node), FUNCTION_LINES
        yield from measured(node, name)


def oversizes(path: Path, root: Path) -> Iterator[Oversize]:
    """What is too large in one file."""
    text = path.read_text(encoding="utf-8")
    relative = path.relative_to(root).as_posix()
    if (lines := len(text.splitlines())) > FILE_LINES:
        yield Oversize(relative, WHOLE_FILE, 1, lines, FILE_LINES)
    for name, line, lines, budget in measured(ast.parse(text, relative)):
        if lines > budget:
            yield Oversize(relative, name, line, lines, budget)


def exceptions(table: str) -> dict[tuple[str, str], int]:
    """The lines that each (path, name) may have, from the Markdown table."""
    allowed = {}
    for row in table.splitlines():
        cells = [cell.strip().strip("`") for cell in row.strip().strip("|").split("|")]
        if row.startswith("|") and len(cells) == 4 and cells[2].isdecimal():
            if not cells[3]:
                sys.exit(f"{EXCEPTIONS}: {cells[0]} {cells[1]} has no reason")
            allowed[cells[0], cells[1]] = int(cells[2])
    return allowed


def findings(root: Path) -> list[str]:
    """One sentence for each breach, and for each exception that nothing needs."""
    allowed = exceptions((root / EXCEPTIONS).read_text(encoding="utf-8"))
    found = [
        oversize
        for folder in FOLDERS
        for path in sorted((root / folder).rglob("*.py"))
        for oversize in oversizes(path, root)
    ]
    needed = {(oversize.path, oversize.name) for oversize in found}
    return [
        f"{o.path}:{o.line}: {'file' if o.name == WHOLE_FILE else o.name} has {o.lines} lines, the budget is {o.budget}"
        for o in found
        if o.lines > allowed.get((o.path, o.name), o.budget)
    ] + [f"{EXCEPTIONS}: {path} {name} needs no exception" for path, name in allowed if (path, name) not in needed]


if __name__ == "__main__":
    breaches = findings(ROOT)
    print("\n".join(breaches), file=sys.stderr, end="\n" if breaches else "")
    sys.exit(bool(breaches))
