"""Fuzzes for some minutes: `make fuzz`, or `python -m tests.fuzz --minutes 60 [TARGET ...] -- ARGUMENTS OF PYTEST`.

Half of the time each target is hunted by coverage in a process of its own; in the other half, the generated tests of
the whole suite run with thousands of examples. Ends with 1 if anything was found. No process gets more memory than
MEMORY_BYTES: where the system can hold it to that, what takes more is a finding too, not the end of the machine.
"""

import argparse
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import suppress

from tests.fuzz.guided import FINDINGS, HANG_SECONDS
from tests.fuzz.targets import TARGETS

NOTHING_RUN = 5
GRACE_SECONDS = 60
MEMORY_BYTES = 3 << 30


def main() -> int:
    own, _, pytest_arguments = " ".join(sys.argv[1:]).partition(" -- ")
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("targets", nargs="*", choices=[[], *TARGETS], metavar="TARGET")
    options = parser.parse_args(own.split())
    hold_memory()
    names = options.targets or list(TARGETS)
    seconds = options.minutes * 60
    found = [name for name in names if hunt(name, seconds / 2 / len(names))]
    failed = not options.targets and run_generated_tests(seconds / 2, pytest_arguments.split())
    if found:
        print(f"Found something in: {', '.join(found)}. The examples are in {FINDINGS}.")  # noqa: T201
    return int(bool(found) or failed)


def hold_memory() -> None:
    """Cap what this process, and each that it starts, may allocate. Not on Windows."""
    with suppress(ImportError):
        import resource

        hardest = resource.getrlimit(resource.RLIMIT_DATA)[1]
        soft = MEMORY_BYTES if hardest == resource.RLIM_INFINITY else min(MEMORY_BYTES, hardest)
        resource.setrlimit(resource.RLIMIT_DATA, (soft, hardest))


def hunt(name: str, seconds: float) -> bool:
    """Whether a target broke, hung or took too much memory."""
    folder = FINDINGS / name
    before = set(folder.glob("*"))
    with tempfile.TemporaryDirectory(prefix="printyard-fuzz-") as corpus:
        command = [sys.executable, "-m", "tests.fuzz.guided", name, str(seconds), corpus]
        ran = subprocess.run(command, timeout=seconds + 3 * HANG_SECONDS, check=False)
    after = set(folder.glob("*"))
    if folder.exists() and not after:
        folder.rmdir()
    return ran.returncode != 0 or after != before


def run_generated_tests(seconds: float, arguments: list[str]) -> bool:
    """Whether one failed before the time was over; then those that still run are broken off."""
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-m", "hypothesis", "--hypothesis-profile=fuzz", *arguments]
    end = time.monotonic() + seconds
    with subprocess.Popen(command) as run:
        try:
            return run.wait(max(end - time.monotonic(), 1.0)) not in (0, NOTHING_RUN)
        except subprocess.TimeoutExpired:
            run.send_signal(signal.SIGINT)
        try:
            return run.wait(GRACE_SECONDS) == 1  # a failure; 2 is our own interruption
        except subprocess.TimeoutExpired:
            run.kill()
            return True


if __name__ == "__main__":
    sys.exit(main())
