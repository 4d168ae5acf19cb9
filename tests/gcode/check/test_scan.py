"""The scan of the commands: the same whatever the pieces, and bounded whatever the bytes."""

import time
import tracemalloc
from itertools import pairwise

import pytest
from hypothesis import given, settings, strategies as st
from tests.gcode.check.samples import GOOD, GRIFFIN

from printyard.gcode.check.commands import DEEDS
from printyard.gcode.check.scan import CommandFacts, CommandScan, Heater

EVIL = "M140 S60\nG1 X5 E1\nM104 S190 ; warm\nG28\nT1\nM104 S100\nM82\nG92 E0\nG1 X1 E90\nM500\nPRINT_END\nM141 S30\n"


def scan(*pieces):
    scanning = CommandScan()
    for piece in pieces:
        scanning.feed(piece.encode() if isinstance(piece, str) else piece)
    return scanning.facts()


@settings(max_examples=150, deadline=None)
@given(text=st.sampled_from([GOOD, GRIFFIN, EVIL, EVIL.replace("\n", "\r\n")]), cuts=st.lists(st.integers(0, 1200)))
def test_pieces_of_any_size_give_the_same_facts(text, cuts):
    places = sorted({0, *(min(cut, len(text)) for cut in cuts), len(text)})
    pieces = [text[start:end] for start, end in pairwise(places)]
    assert scan(*pieces) == scan(text)


def test_lines_are_counted_through_pieces_and_modes():
    facts = scan(EVIL)
    assert [(one.heater, one.celsius, one.line) for one in facts.peaks] == [
        (Heater.BED, 60, 1),
        (Heater.NOZZLE, 190, 3),
        (Heater.NOZZLE, 100, 6),
        (Heater.CHAMBER, 30, 12),
    ]
    assert facts.unheated_line == facts.unhomed_line == 2
    assert (facts.cold.celsius, facts.cold.line, facts.cold.tool) == (100, 9, 1)
    assert [(one.command, one.line) for one in facts.deeds] == [("M500", 10)]
    assert [one.heater for one in facts.left_on] == [Heater.CHAMBER]


FRAGMENTS = [
    b"G1 X1",
    b" E5",
    b"\n",
    b"\r",
    b";",
    b"M104 S",
    b"2e9",
    b"T",
    b"-1",
    b"99999999999",
    b"N1 ",
    b"M302",
    b"_A=",
    b"\0",
]


@settings(max_examples=400, deadline=None)
@given(st.lists(st.sampled_from(FRAGMENTS) | st.sampled_from(sorted(DEEDS)).map(str.encode) | st.binary(max_size=8)))
def test_no_bytes_raise_anything(pieces):
    assert isinstance(scan(*pieces), CommandFacts)


@pytest.mark.parametrize("command", DEEDS)
@pytest.mark.parametrize("form", ["{}", "{} P1", "  {}", "N7 {}*12", "{};x", "{}\r"])
def test_each_deed_is_found_however_it_is_written(command, form):
    body = GOOD.replace("M104 S0\n", form.format(command) + "\nM104 S0\n")
    assert [one.command for one in scan(body).deeds] == [command]
    assert [one.command for one in scan(body.lower()).deeds] == [command]


@pytest.mark.parametrize("text", ["; M502", "M117 M502", "M5020", "M50", "G1 X1 ;M502", "ECHO_M500", "M500_NOT=1"])
def test_what_only_looks_like_a_deed_is_none(text):
    assert scan(GOOD + text + "\n").deeds == ()


@pytest.mark.parametrize(
    ("text", "tools"),
    [
        (b"G28\nG1 X1 E1\n", ()),
        (b"T1\nG28\nT0 ; first\nT1\n", (0, 1)),
        (b"N5 T3*90\nt2\n  T 4\n", (2, 3, 4)),
        (b"; T1\nM104 T1 S200\nG1 X1 T2\nTx\nT_MACRO\nT99\n", ()),
        (b"G28\n" + b"G1 X1 E1\n" * 300_000 + b"T5\n" + b"G1 X1 E1\n" * 300_000, (5,)),
    ],
    ids=["none", "two", "odd forms", "no selections", "far from both ends"],
)
def test_the_tools_that_a_file_selects_are_found(text, tools):
    assert scan(text).tools == tools


def test_a_lone_carriage_return_hides_nothing():
    assert [one.command for one in scan(GOOD + "G1 X1\rM502\rG1 X2\n").deeds] == ["M502"]


def test_filament_that_only_goes_back_and_forth_is_no_extrusion():
    assert scan("G28\nM83\n" + "G1 E-2\nG1 X5\nG1 E2\n" * 20).unheated_line is None
    assert scan("G28\nM82\nG92 E0\n" + "G1 E-2\nG1 E0\n" * 20 + "G1 X5 E1\n").unheated_line == 44


def test_a_declared_position_is_as_good_as_homing():
    assert scan("G92 X0 Y0 Z0\nG1 X5 Y5\n").unhomed_line is None
    assert scan("G92 E0\nG1 X5 Y5\n").unhomed_line == 2


def test_a_hot_end_that_goes_cold_in_the_middle_is_seen():
    text = GOOD.replace("M104 S0\n", "M104 S0\nG92 E0\nM82\n" + "".join(f"G1 X{n} E{n}\n" for n in range(20)))
    assert scan(text).cold.celsius == 0
    assert scan(text).cold.line == 26


def test_memory_is_bounded_whatever_the_lines():
    tracemalloc.start()
    try:
        scanning = CommandScan()
        for piece in (b"x" * 100_000, b"G1 X1 E1 " * 10_000, b"M104 S1\n" * 10_000, b"\n" * 100_000, b"A1_B " * 20_000):
            for _ in range(3):
                scanning.feed(piece)
        scanning.facts()
        assert tracemalloc.get_traced_memory()[1] < 20_000_000
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    "line",
    [
        b"G1 X1 Y2\n",
        b"G1X1Y2\n",
        b"g01 x1 y2\n",
        b"M104 S200\n",
        b"T0\n",
        b"\n",
        b";a\n",
        b"AB=1 AB=2\n",
        b"0" * 40,
        b" " * 40,
    ],
)
def test_time_is_bounded_whatever_the_lines(line):
    """An honest file takes a tenth of a second for this; no file may take minutes."""
    scanning = CommandScan()
    begin = time.process_time()
    piece = line * (1_000_000 // len(line))
    scanning.feed(piece)
    scanning.facts()
    assert time.process_time() - begin < 5


def test_temperatures_that_rise_with_every_line_take_linear_time():
    text = "".join(f"M104 S{n / 1000}\n" for n in range(50_000))
    assert scan(text).peaks[0].line == 50_000
