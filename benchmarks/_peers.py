"""Programs of others to be measured beside ours, each in an environment of its own."""

import os
import subprocess
import tempfile
import venv
from pathlib import Path


def peer(package: str) -> Path:
    """The folder of programs of a package from PyPI; PRINTYARD_BENCH_PEERS names where environments are kept."""
    kept = os.environ.get("PRINTYARD_BENCH_PEERS", str(Path(tempfile.gettempdir()) / "printyard-bench-peers"))
    home = Path(kept) / package
    done = home / "installed"
    if not done.exists():
        venv.create(home, with_pip=True, clear=True)
        subprocess.run([home / "bin" / "pip", "install", "-qq", "--disable-pip-version-check", package], check=True)
        done.touch()
    return home / "bin"
