"""Fail where a schema of an API has a raw `datetime`: each API declares its own instant type.

How an instant is written is part of a foreign contract (always milliseconds and Z, seconds since the epoch, ...), and
a raw datetime drops a zero fraction, which crashes clients that insist on one.
"""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SCHEMAS = ("src/printyard/apis/*/schemas*.py", "src/printyard/apis/*/schemas/**/*.py")


def annotations(tree: ast.AST) -> Iterator[ast.expr]:
    """Every annotation in `tree`, those in quotes too."""
    for node in ast.walk(tree):
        written = node.annotation if isinstance(node, ast.AnnAssign | ast.arg) else None
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            written = node.returns
        if isinstance(written, ast.Constant) and isinstance(written.value, str):
            written = ast.copy_location(ast.parse(written.value, mode="eval").body, written)
        if written is not None:
            yield written


def names_datetime(annotation: ast.expr) -> bool:
    """Whether `datetime` or `datetime.datetime` stands anywhere in the annotation."""
    return any(
        (isinstance(node, ast.Name) and node.id == "datetime")
        or (isinstance(node, ast.Attribute) and node.attr == "datetime")
        for node in ast.walk(annotation)
    )


def findings(root: Path) -> Iterator[str]:
    """Each annotation in a schema that names datetime."""
    for path in sorted({path for pattern in SCHEMAS for path in root.glob(pattern)}):
        relative = path.relative_to(root).as_posix()
        for annotation in annotations(ast.parse(path.read_text(encoding="utf-8"), relative)):
            if names_datetime(annotation):
                yield f"{relative}:{annotation.lineno}: a raw datetime in a schema; use the API's own instant type"


if __name__ == "__main__":
    breaches = list(findings(ROOT))
    print("\n".join(breaches), file=sys.stderr, end="\n" if breaches else "")
    sys.exit(bool(breaches))
