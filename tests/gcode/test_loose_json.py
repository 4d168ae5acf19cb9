"""JSON as people write it."""

import json

import pytest
from hypothesis import given, strategies as st

from printyard.gcode.loose_json import read_loose_json


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("{a: 1, 'b': [1, 2,], // x\n /* y\n , */ \"c\": .5,}", {"a": 1, "b": [1, 2], "c": 0.5}),
        ("[+1, -.5, 5., 1e3, 0x10, -0x1f, 007, true, null,]", [1, -0.5, 5.0, 1000.0, 16, -31, 7, True, None]),
        (r"""['say "hi"', 'it\'s', "it's \"x\"", 'a\\b', "//no"]""", ['say "hi"', "it's", 'it\'s "x"', "a\\b", "//no"]),
        ("\ufeff{null: 1, $x_1: {}}", {"null": 1, "$x_1": {}}),
        ("[[],{},[1]]", [[], {}, [1]]),
    ],
)
def test_what_people_write(text, value):
    assert read_loose_json(text) == value


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("", 1),
        ("[1 2]", 1),
        ("[1,\n\n,]", 3),
        ("[,]", 1),
        ("{a: 1,\n b}", 2),
        ("{a:\n nonsense}", 2),
        ("[Infinity]", 1),
        ("{\n'open: 1}", 2),
        ("[1] [2]", 1),
        ("{a: 1, /* never closed", 1),
    ],
)
def test_what_is_wrong_is_said_with_its_line(text, line):
    with pytest.raises(ValueError, match=f"^line {line}: "):
        read_loose_json(text)


@pytest.mark.parametrize("text", ["[" * 100_000, "[1e999]", " " * 1_000_001])
def test_hostile_texts_are_refused(text):
    with pytest.raises(ValueError, match=r"."):
        read_loose_json(text)


values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**9), 10**9)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(values, st.sampled_from([None, 2]))
def test_json_is_read_as_json(value, indent):
    assert read_loose_json(json.dumps(value, indent=indent)) == value
