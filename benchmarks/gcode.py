"""How fast G-code is analysed, with and without a plan, beside OctoPrint's own analysis.

    python benchmarks/gcode.py [MEGABYTES]

Files are made large by repeating real ones. OctoPrint (from PyPI, in an environment of its own) gets the real file
once: a large one takes it minutes.
"""

import gzip
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from _crowd import lengthened
from _peers import peer
from _yard import FILES

from printyard.core.analysis import limits_of
from printyard.drivers.virtual.machines import machine_named
from printyard.gcode.kernel import analyse

NAMES = ("cura_torus_griffin_s5.gcode.gz", "prusa_torus_fwretract.gcode.gz")
ROUNDS = 3
MEGABYTE = 1e6
THEIRS = """
import sys, time
from octoprint.util.gcodeInterpreter import gcode
path = sys.argv[1]
begin = time.process_time()
interpreter = gcode()
interpreter.load(path)
print(time.process_time() - begin)
"""


def ours(file: Path, plan: Path | None) -> float:
    """Seconds of CPU for one analysis."""
    begin = time.process_time()
    with file.open("rb") as stream:
        analyse(stream, limits_of(machine_named("Ultimaker S5")), plan)
    return time.process_time() - begin


def theirs(file: Path) -> float:
    """Seconds of CPU of OctoPrint's interpreter."""
    command = [peer("octoprint") / "python", "-c", THEIRS, file]
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()[-1])


def main() -> None:
    """Measure, and print."""
    wanted = float(sys.argv[1] if len(sys.argv) > 1 else 100)
    with tempfile.TemporaryDirectory(prefix="printyard-bench-") as name:
        for file_name in NAMES:
            packed = FILES / file_name
            text = gzip.decompress(packed.read_bytes())
            small, folder = Path(name) / "small.gcode", Path(name)
            small.write_bytes(text)
            large = lengthened(packed, max(1, round(wanted * MEGABYTE / len(text))), folder)
            ours(small, folder / "warm.plan")
            speeds = {}
            for plan in (None, folder / "large.plan"):
                best = sorted(large.stat().st_size / MEGABYTE / ours(large, plan) for _ in range(ROUNDS))
                speeds[plan is not None] = best[ROUNDS // 2]
            other = sorted(len(text) / MEGABYTE / theirs(small) for _ in range(ROUNDS))[ROUNDS // 2]
            print(
                f"{large.name} of {large.stat().st_size / MEGABYTE:.0f} MB: {speeds[False]:.1f} MB/s, "
                f"with a plan {speeds[True]:.1f} MB/s; OctoPrint {other:.2f} MB/s: {speeds[True] / other:.0f} times"
            )


if __name__ == "__main__":
    main()
