"""A crowd of virtual printers, each at another place of its print."""

import gzip
import json
import random
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from _yard import Yard

PLACING_SPEED = 1000.0
PREPARING_SECONDS = 250.0
PLACES = (0.0, 0.3)
"""How far into their plans the printers are brought at that speed."""

THREADS = 16


def crowd(server: Yard, files: dict[Path, float], count: int) -> list[str]:
    """So many printers that print the files (with the seconds of their plans) in turn; their slugs."""
    chance, chosen = random.Random(7), list(files)
    delays = [
        (PREPARING_SECONDS + chance.uniform(*PLACES) * files[chosen[number % len(chosen)]]) / PLACING_SPEED
        for number in range(count)
    ]

    def place(number: int) -> str:
        slug = server.add_printer(f"Crowd {number}", speed=PLACING_SPEED)
        wait_online(server, slug)
        server.print(slug, chosen[number % len(chosen)])
        wait_begun(server, slug)
        time.sleep(delays[number])
        set_speed(server, slug, 1.0)
        return slug

    with ThreadPoolExecutor(THREADS) as threads:
        return list(threads.map(place, range(count)))


def set_speed(server: Yard, slug: str, speed: float) -> None:
    """Let a printer's clock run so many times as fast."""
    server.ask("PATCH", f"/yard/v1/printers/{slug}/sandbox", {"speed": speed})


def hasten(server: Yard, slugs: list[str], speed: float) -> None:
    """The same for all of them."""
    with ThreadPoolExecutor(THREADS) as threads:
        list(threads.map(lambda slug: set_speed(server, slug, speed), slugs))


def wait_online(server: Yard, slug: str) -> None:
    """Until it can be asked to print."""
    _wait(server, slug, lambda state: state["link"] == "online")


def wait_begun(server: Yard, slug: str) -> None:
    """Until its print is on the machine: a busy server takes its time to start one."""
    _wait(server, slug, lambda state: state["activity"] != "idle" or state["word"] == "occupied")


def _wait(server: Yard, slug: str, reached: Callable[[dict[str, Any]], bool]) -> None:
    for _ in range(600):
        if reached(json.loads(server.ask("GET", f"/yard/v1/printers/{slug}"))["state"]):
            return
        time.sleep(0.05)
    raise SystemExit(f"{slug} does not get there")


def lengthened(file: Path, times: int, folder: Path) -> Path:
    """A real file whose motion is printed over and over, so that it lasts at high speed."""
    text = gzip.decompress(file.read_bytes())
    target = folder / file.name.removesuffix(".gz")
    target.write_bytes(text * times)
    return target
