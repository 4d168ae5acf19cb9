"""Gets Cura 4.13 as Debian packs it, and the Qt that it runs on, into a cache: nothing of it is installed.

Packages: cura, python3-uranium, fdm-materials (apt-get download, dpkg -x); PyQt5, and a zeroconf of its time (pip).
"""

import fcntl
import os
import shutil
import subprocess
import sys
from pathlib import Path

PACKAGES = ("cura=4.13.0*", "python3-uranium=4.13.0*", "fdm-materials")
LIBRARIES = ("PyQt5>=5.15,<5.16", "zeroconf==0.38.7")
SECONDS = 240
WHOLE = "whole"


class Unreachable(Exception):
    """Cura cannot be had here; the message says why."""


def cura_in(cache):
    """The folder with usr/ (Cura) and libraries/ in it, filled once for all runs and workers. Raises Unreachable.

    PRINTYARD_TEST_CURA may name one that is filled already.
    """
    if named := os.environ.get("PRINTYARD_TEST_CURA"):
        return Path(named)
    folder = Path(cache)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / WHOLE).exists():
            fetch(folder)
            (folder / WHOLE).touch()
    return folder


def fetch(folder):
    for program in ("apt-get", "dpkg"):
        if shutil.which(program) is None:
            raise Unreachable(f"there is no {program} to fetch Debian's Cura with")
    packed = folder / "packed"
    packed.mkdir(exist_ok=True)
    try:
        run(["apt-get", "download", *PACKAGES], packed)
    except Unreachable:
        # The lists of packages may be missing: read them into a place of our own.
        lists = folder / "lists"
        (lists / "partial").mkdir(parents=True, exist_ok=True)
        ours = ["-o", f"Dir::State::lists={lists}", "-o", "Dir::Cache::pkgcache=", "-o", "Dir::Cache::srcpkgcache="]
        run(["apt-get", *ours, "update"], packed)
        run(["apt-get", *ours, "download", *PACKAGES], packed)
    for package in packed.glob("*.deb"):
        run(["dpkg", "-x", str(package), str(folder)], packed)
    run([sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input",
         "--only-binary=:all:", "--target", str(folder / "libraries"), *LIBRARIES], packed)  # fmt: skip
    shutil.rmtree(packed)


def run(command, folder):
    try:
        subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=SECONDS, check=True)
    except subprocess.CalledProcessError as error:
        raise Unreachable(f"{' '.join(command[:3])}: {error.stderr.strip()[-300:]}") from error
    except subprocess.TimeoutExpired as error:
        raise Unreachable(f"{' '.join(command[:3])} took more than {SECONDS} s") from error
