"""Fuzzes one target for some seconds, guided by what of the code an example reaches. Run by `make fuzz`.

A finding is kept as tests/fuzz/findings/TARGET/HASH, which every test run tries from then on. Where atheris is missing,
the changes are made blindly: slower in finding, but on every Python.
"""

import argparse
import faulthandler
import hashlib
import importlib.util
import os
import random
import sys
import time
import traceback
from contextlib import nullcontext
from pathlib import Path

FINDINGS = Path(__file__).parent / "findings"
HANG_SECONDS = 300
"""By the clock on the wall, on a machine that may be busy: far more than any example may take of the processor."""
SLOWED = 3.0
"""How much slower watched code may be than the caps of a target allow."""
MEMORY_MB = 1500


class Hunt:
    """The examples of one target, and what they turned up: once for each place in the code."""

    def __init__(self, name, target, mutate, seconds):
        self._name = name
        self._target = target
        self._mutate = mutate
        self._end = time.monotonic() + seconds
        self._examples = 0
        self._seen = set()

    def change(self, data, size, seed):
        target = self._target
        changed = self._mutate(data, random.Random(seed), min(size, target.longest))
        return (target.rebuild(changed) if target.rebuild else changed)[:size]

    def check(self, data):
        """Try one example; when the time is over, the process ends here, since libFuzzer never returns."""
        self._examples += 1
        begin = time.process_time()
        try:
            self._target.check(data)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is a finding
            self._keep(data, _place(error), traceback.format_exc())
        if (seconds := time.process_time() - begin) > SLOWED * self._target.seconds:
            self._keep(data, "time", f"{seconds:.1f} s")
        if time.monotonic() > self._end:
            print(f"{self._name}: {self._examples:,} examples, {len(self._seen)} findings", flush=True)  # noqa: T201
            os._exit(min(len(self._seen), 1))

    def _keep(self, data, place, report):
        if place in self._seen:
            return
        self._seen.add(place)
        path = FINDINGS / self._name / hashlib.sha256(data).hexdigest()[:12]
        path.write_bytes(data)
        print(f"FINDING {path} ({len(data)} bytes)\n{report}", flush=True)  # noqa: T201


def _place(error):
    frames = traceback.extract_tb(error.__traceback__)
    return f"{type(error).__name__} {frames[-1].filename}:{frames[-1].lineno}"


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("target")
    parser.add_argument("seconds", type=float)
    parser.add_argument("corpus", type=Path, help="a folder for the examples that reached something new")
    options = parser.parse_args()
    atheris = __import__("atheris") if importlib.util.find_spec("atheris") else None
    with atheris.instrument_imports(include=["printyard", "zipfile", "gzip"]) if atheris else nullcontext():
        from tests.fuzz import mutation, targets
    target = targets.TARGETS[options.target]
    if options.target in ("analysis", "process"):
        targets.check_analysis(b"G1 X1 F600\n")  # compiles the kernel, which is no hang
    (FINDINGS / options.target).mkdir(parents=True, exist_ok=True)
    hunt = Hunt(options.target, target, mutation.mutate, options.seconds)
    if atheris is None:
        hunt_blindly(hunt, target)
    else:
        hunt_guided(hunt, target, options, atheris)


def hunt_blindly(hunt, target):
    while True:
        faulthandler.dump_traceback_later(HANG_SECONDS, exit=True)
        hunt.check(hunt.change(random.choice(target.seeds()), target.longest, random.randrange(2**31)))


def hunt_guided(hunt, target, options, atheris):
    for number, seed in enumerate(target.seeds()):
        (options.corpus / str(number)).write_bytes(seed[: target.longest])
    arguments = [f"-max_len={target.longest}", f"-rss_limit_mb={MEMORY_MB}", f"-timeout={HANG_SECONDS}", "-verbosity=0"]
    arguments += [f"-report_slow_units={HANG_SECONDS}"]
    arguments += [f"-artifact_prefix={FINDINGS / options.target}/", str(options.corpus)]

    def change(data, size, seed):
        return hunt.change(bytes(data), size, seed)

    atheris.Setup([sys.argv[0], *arguments], lambda data: hunt.check(bytes(data)), custom_mutator=change)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
