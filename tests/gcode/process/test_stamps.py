"""Lines that want to know when they come."""

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from printyard.gcode import reference
from printyard.gcode.reference.lines import Comment, Words

MARKS = ["M73 P1", "N3 M73 P2 R1", " ;TIME:5", ";LAYER:1", "; estimated printing time (x) = 1s", "M73.5", "m73 P1"]
OTHERS = ["G4 P200", "G28", "G10", "G11", "G2 X5 I3", ";ESTIMATOR_ADD_TIME 3", "G1 F900", "M204 S500", ";TYPE:a", "%"]


def is_marker(line):
    if isinstance(line, Comment):
        return not line.text.startswith("TYPE:")
    return isinstance(line, Words) and (line.letter, line.code) == ("M", 73)


def test_a_line_has_the_time_of_all_that_comes_before_it(analyse, stamped):
    gcode = b"M73 P0\nG1 X10 F600\nM73 P1\nG4 P500\n;TIME:5\nG28\nM73 P2\nG1 X0\nM73 P3\n"
    times, total = stamped(analyse, gcode, is_marker)
    seconds = list(times.values())
    assert seconds[0] == 0.0
    assert 1.0 < seconds[1] < 1.1
    assert seconds[2] == pytest.approx(seconds[1] + 0.5)
    assert seconds[3] == pytest.approx(seconds[2] + 0.1)
    assert seconds[4] == total


def test_lines_without_a_move_between_them_share_a_time(analyse, stamped):
    times, _ = stamped(analyse, b"G1 X10 F600\nM73 P1\nG1 F1200\n;A\nG1 X10\n M73 P2\nG1 X20\n", is_marker)
    assert len(set(times.values())) == 1
    assert len(times) == 3


def test_places_are_bytes_of_the_file(analyse, stamped):
    gcode = b"\xef\xbb\xbf; caf\xc3\xa9\r\nG1 X1 F600\r\nN7 M73 P1 ; half\r\n"
    times, _ = stamped(analyse, gcode, is_marker)
    assert [gcode[offset : offset + size] for offset, size in times] == [b"; caf\xc3\xa9\r", b"N7 M73 P1 ; half\r"]


def test_queued_moves_do_not_hide_a_line(compiled, stamped):
    """More lines than one flush of the look-ahead holds, each before a move of its own."""
    gcode = "".join(f"M73 P{n}\nG1 X{n % 7} E{n % 3}\n" for n in range(5000)).encode()
    ours, total = stamped(compiled, gcode, is_marker)
    theirs, same = stamped(reference.analyse, gcode, is_marker)
    assert ours == theirs
    assert total == same
    assert list(ours.values()) == sorted(ours.values())


pieces = st.one_of(
    st.builds(lambda x, y, e: f"G1 X{x} Y{y} E{e}", *[st.integers(-20, 20)] * 3),
    st.sampled_from(MARKS),
    st.sampled_from(OTHERS),
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(pieces, max_size=50), st.sampled_from(["\n", "\r\n"]))
def test_both_engines_tell_the_same_times(compiled, stamped, lines, newline):
    gcode = newline.join(lines).encode()
    assert stamped(compiled, gcode, is_marker) == stamped(reference.analyse, gcode, is_marker)
