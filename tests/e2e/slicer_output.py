"""What a sliced file says of itself, read in the plainest words: the oracle for what a printer makes of it."""

import gzip
import re

LAYER = re.compile(r";LAYER:\d+|;LAYER_CHANGE")
WORD = re.compile(r"([A-Z])(-?[\d.]+)")


def layers(path):
    """How many layers the slicer has marked."""
    with gzip.open(path, "rt") as lines:
        return sum(1 for line in lines if LAYER.match(line))


def filament_mm(path):
    """How much filament has gone in at the most: the highest point of all feeding less all retracting (one tool)."""
    relative, e, fed, most = False, 0.0, 0.0, 0.0
    for line in gzip.decompress(path.read_bytes()).decode().splitlines():
        code, _, _ = line.partition(";")
        words = dict(WORD.findall(code.replace(" ", "")))
        match code.split()[:1]:
            case ["M82"]:
                relative = False
            case ["M83"]:
                relative = True
            case ["G92"] if "E" in words:
                e = float(words["E"])
            case ["G0" | "G1" | "G2" | "G3"] if "E" in words:
                to = float(words["E"])
                fed += to if relative else to - e
                e = to
                most = max(most, fed)
    return most
