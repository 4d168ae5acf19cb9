"""Fail where the core speaks a vendor's name: a foreign word is translated at the edge, and none gets further.

Data files (src/printyard/core/**/*.json) may name the machines that they describe.
"""

import re
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CORE = "src/printyard/core"
VENDOR = re.compile(r"octoprint|klipper|moonraker|ultimaker|obico|marlin", re.IGNORECASE)
DATA = frozenset({".json"})
COMPILED = "__pycache__"


def findings(root: Path) -> Iterator[str]:
    """Each line of the core that names a vendor."""
    for path in sorted((root / CORE).rglob("*")):
        if not path.is_file() or path.suffix in DATA or COMPILED in path.parts:
            continue
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            if word := VENDOR.search(line):
                yield f"{path.relative_to(root).as_posix()}:{number}: {word[0]!r} is a vendor's word: {line.strip()}"


if __name__ == "__main__":
    breaches = list(findings(ROOT))
    print("\n".join(breaches), file=sys.stderr, end="\n" if breaches else "")
    sys.exit(bool(breaches))
