"""Every reason has a sentence that a person understands, whatever is known of it."""

import pytest

from printyard.apis.yard.reasons import what_to_do, why
from printyard.core.model.verdict import Change, ChangeKind, Impediment, ImpedimentKey


@pytest.mark.parametrize("key", ImpedimentKey)
@pytest.mark.parametrize("more", [{}, {"tool": 1, "wanted": "20 mm", "found": "3 mm"}])
def test_an_impediment_is_a_sentence(key, more):
    sentence = why(Impediment(key=key, **more))
    assert sentence[0].isupper()
    assert sentence.endswith(".")
    assert "{" not in sentence


def test_figures_and_tools_are_told_as_people_count_them():
    short = Impediment(key=ImpedimentKey.NOT_ENOUGH_MATERIAL, tool=1, wanted="20 mm", found="3 mm")
    assert why(short) == "There is too little filament on tool 2: 20 mm are needed, 3 mm are left."
    core = Change(kind=ChangeKind.PRINT_CORE_CHANGE, target_id="BB 0.4", target_name="BB 0.4", tool=0)
    assert what_to_do(core) == "Change the print core of tool 1 from what is there to BB 0.4."
    plate = Change(kind=ChangeKind.BUILDPLATE_CHANGE, target_id="p", target_name="PEI", origin_name="glass")
    assert what_to_do(plate) == "Change the build plate from glass to PEI."
