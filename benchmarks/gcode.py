"""How fast G-code is timed, planned and processed, and in how much memory, beside other programs that do the same.

    python benchmarks/gcode.py [--gigabytes 10]

Seconds are of CPU, on one core, with the kernel compiled. Large files are small ones over and over. OctoPrint (from
PyPI, in an environment of its own) gets a small file: a large one takes it minutes. PRINTYARD_BENCH_KLIPPER_ESTIMATOR
names a built klipper_estimator, if there is one.
"""

import argparse
import io
import json
import os
import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from _gcode_files import LARGE, MEGABYTE, Repeated, real, spiral_vase
from _gcode_worker import first_answer, growth
from _peers import peer
from _yard import FILES, ROOT

from printyard.gcode.kernel import analyse
from printyard.gcode.kernel.warm import warm
from printyard.gcode.limits import Limits, MarlinLimits
from printyard.gcode.process import process

CONFIGS = json.loads((ROOT / "tests" / "gcode" / "data" / "estimator" / "configs.json").read_text())
MACHINES = {
    "doc": Limits.from_config(CONFIGS["doc"]),
    "full": Limits.from_config(CONFIGS["full"]),
    "marlin": Limits(max_velocity=300.0, marlin=MarlinLimits()),
}
"""The machine of the analysis API's documentation; the same with arcs and firmware retraction; and one with Marlin."""
NAMES = sorted(path.name.removesuffix(".gcode.gz") for path in FILES.glob("*.gcode.gz"))
SMALL = (1.0, 5.0)
"""Megabytes of a small file. What is smaller is repeated until it is one."""
VASE_MB = 6.6
ROUNDS = 5
STARTS = 5
AIMS = {"large": 250.0, "small": 150.0, "vase": 100.0, "process": 120.0, "memory": 32.0, "start": 1.0}
ESTIMATOR = os.environ.get("PRINTYARD_BENCH_KLIPPER_ESTIMATOR")
OCTOPRINTS = """
import sys, time
from octoprint.util.gcodeInterpreter import gcode
begin = time.process_time()
gcode().load(sys.argv[1])
print(time.process_time() - begin)
"""


def main() -> None:
    """Measure everything, and print it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--gigabytes", type=float, default=10.0, help="size of the largest file, which is never written"
    )
    options = parser.parse_args()
    warm()
    with TemporaryDirectory(prefix="printyard-bench-") as name:
        folder = Path(name)
        speeds_of_files()
        speeds_of_vases()
        speeds_of_processing(folder)
        ratios(folder)
        beside_the_tool(folder)
        first_answers(folder)
    growths(options.gigabytes * 1000)


def speeds_of_files() -> None:
    """Real files, as they are and repeated."""
    for name in NAMES:
        text, rates = real(name), []
        for machine, limits in MACHINES.items():
            for size in ("small", "large"):
                wanted = SMALL[0] if size == "small" else LARGE
                rate = speed(text, wanted * MEGABYTE, lambda stream, limits=limits: analyse(stream, limits))
                rates.append(f"{machine} {size} {rate:.0f}{missed(rate, size)}")
        print(f"estimate, {name}, MB/s: {', '.join(rates)}")
    for name in ("cura_torus_griffin_s5", "prusa_torus_fwretract"):
        rate = speed(real(name), LARGE * MEGABYTE, lambda stream: analyse(stream, MACHINES["doc"], io.BytesIO()))
        print(f"estimate and plan, {name}: {rate:.0f} MB/s")


def speeds_of_vases() -> None:
    """Every move of a spiral vase changes its height, or makes a layer of its own."""
    for size in (VASE_MB, LARGE):
        text = spiral_vase(size)
        layers = len(analyse(io.BytesIO(text), MACHINES["doc"]).total.layer_times)
        rate = speed(text, 1, lambda stream: analyse(stream, MACHINES["doc"]))
        print(f"estimate, spiral vase of {size:.1f} MB, {layers:,} heights: {rate:.0f} MB/s{missed(rate, 'vase')}")


def speeds_of_processing(folder: Path) -> None:
    """Files on the disk, read twice and written once."""
    source, output = folder / "large.gcode", folder / "out.gcode"
    for name in NAMES:
        text = real(name)
        source.write_bytes(text * -(-LARGE * 1_000_000 // len(text)))
        for machine in ("doc", "full"):
            seconds, lines = [], 0
            for _ in range(ROUNDS):
                begin = time.process_time()
                lines = process(source, MACHINES[machine], analyse, output=output).lines
                seconds.append(time.process_time() - begin)
            rate = source.stat().st_size / MEGABYTE / median(seconds)
            print(f"process, {name}, {machine}, {lines:,} lines: {rate:.0f} MB/s{missed(rate, 'process')}")


def ratios(folder: Path) -> None:
    """The same files through OctoPrint's interpreter, in turn with ours."""
    path = folder / "small.gcode"
    python = peer("octoprint") / "python"
    for name in NAMES:
        path.write_bytes(real(name))
        ours, octoprints = [], []
        for _ in range(3):
            ours.append(seconds_of_estimate(path, MACHINES["doc"]))
            said = subprocess.run([python, "-c", OCTOPRINTS, path], check=True, capture_output=True, text=True).stdout
            octoprints.append(float(said.split()[-1]))
        print(f"{name}, beside OctoPrint: {median(octoprints) / median(ours):.0f} times as fast")


def beside_the_tool(folder: Path) -> None:
    """The same files through klipper_estimator, in turn with ours: its whole process, to the JSON's last byte."""
    if not ESTIMATOR:
        print("klipper_estimator is left out: PRINTYARD_BENCH_KLIPPER_ESTIMATOR names no program.")
        return
    path, config = folder / "file.gcode", folder / "config.json"
    texts = {name: real(name) for name in NAMES} | {"spiral vase": spiral_vase(VASE_MB)}
    for name, text in texts.items():
        for times in (1, -(-LARGE * 1_000_000 // len(text))):
            path.write_bytes(text * times)
            for machine in ("doc", "full"):
                config.write_text(json.dumps(CONFIGS[machine]))
                ratio = ratio_to_the_tool(path, config, MACHINES[machine])
                print(f"{name}, {times} times, {machine}, beside klipper_estimator: {ratio} times as fast")


def ratio_to_the_tool(path: Path, config: Path, limits: Limits) -> str:
    """How many times as fast we estimate and process: the medians of some rounds."""
    copy, output = path.with_suffix(".copy"), path.with_suffix(".out")
    tool = [ESTIMATOR, "--config_file", config]
    seconds: dict[str, list[float]] = {"ours": [], "theirs": [], "our process": [], "their post-process": []}
    for _ in range(3):
        seconds["ours"].append(seconds_of_estimate(path, limits))
        seconds["theirs"].append(seconds_of([*tool, "estimate", "-f", "json", path]))
        begin = time.process_time()
        process(path, limits, analyse, output=output)
        seconds["our process"].append(time.process_time() - begin)
        shutil.copyfile(path, copy)
        seconds["their post-process"].append(seconds_of([*tool, "post-process", copy]))
    ours, theirs, our_process, their_process = (median(rounds) for rounds in seconds.values())
    return f"estimate {theirs / ours:.1f}, process {their_process / our_process:.1f}"


def seconds_of_estimate(path: Path, limits: Limits) -> float:
    """Seconds of CPU of ours, to the JSON's last byte."""
    begin = time.process_time()
    with path.open("rb") as file:
        analyse(file, limits).render(pretty=True)
    return time.process_time() - begin


def first_answers(folder: Path) -> None:
    """A worker that is started for a file, with compiled code in the cache."""
    path = folder / "first.gcode"
    path.write_bytes(real("prusa_cube_marlin2_rel"))
    first_answer(path, MACHINES["doc"])
    both = [first_answer(path, MACHINES["doc"]) for _ in range(STARTS)]
    waited, used = (median(times) for times in zip(*both, strict=True))
    note = "" if waited < AIMS["start"] else " MISSED"
    print(f"first answer of a new worker: {waited:.2f} s{note} (slowest {max(both)[0]:.2f} s), {used:.2f} s of CPU")


def growths(largest: float) -> None:
    """Memory beside that of a warm process."""
    cases = (("estimate", largest), ("vase", LARGE), ("plan", LARGE), ("process", 5 * LARGE))
    for what, megabytes in cases:
        grown = growth(what, MACHINES["full"], megabytes)
        note = "" if grown <= AIMS["memory"] else " MISSED"
        print(f"growth of memory, {what}, {megabytes:,.0f} MB: {grown:.1f} MB{note}")


def speed(text: bytes, size: float, work: Callable[[Repeated], object]) -> float:
    """MB in a second of CPU, the median of some rounds."""
    rates = []
    for _ in range(ROUNDS):
        stream = Repeated(text, size)
        begin = time.process_time()
        work(stream)
        rates.append(stream.size / MEGABYTE / (time.process_time() - begin))
    return median(rates)


def seconds_of(command: list[object]) -> float:
    """Seconds of CPU of a program."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([str(word) for word in command], check=True, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def missed(rate: float, aim: str) -> str:
    """Says so of a speed below its aim."""
    return "" if rate >= AIMS[aim] else " MISSED"


if __name__ == "__main__":
    sys.exit(main())
