import json
from importlib import resources

import pytest
from hypothesis import given, settings, strategies as st

from printyard.core.model.material import Material
from printyard.core.model.value import Id
from printyard.dialects.ultimaker.material_xml import (
    MAX_BYTES,
    Hardware,
    MachineProfile,
    MaterialProfile,
    MaterialXmlError,
    parse,
    profile_of,
    render,
)

DOCUMENT = """<?xml version='1.0' encoding='utf-8'?>
<!-- a remark -->
<fdmmaterial xmlns="http://www.ultimaker.com/material" xmlns:cura="http://www.ultimaker.com/cura"
             xmlns:other="urn:other" version="1.3">
  <metadata>
    <name><brand>Größe &amp; Co</brand><material>PLA</material><color>Silver <!-- grey --> Metallic</color>
      <label>Ours</label></name>
    <GUID>0e01be8c-e425-4fb1-B4a3-b79f255f1db9</GUID>
    <version>12</version>
    <color_code>#a1a1a0</color_code>
    <description>  Prints
well.  </description>
    <adhesion_info></adhesion_info>
    <cura:pva_compatible>True</cura:pva_compatible>
    <other:GUID>another's</other:GUID>
  </metadata>
  <properties><density>1.24</density><diameter>2.85</diameter><weight>750</weight></properties>
  <settings>
    <setting key="print temperature">200</setting>
    <setting key="heated bed temperature">60</setting>
    <setting key="standby temperature">175</setting>
    <setting>no key</setting>
    <cura:setting key="material_crystallinity">true</cura:setting>
    <hotend id="nowhere"><setting key="print temperature">999</setting></hotend>
    <machine>
      <machine_identifier manufacturer="Ultimaker B.V." product="Ultimaker S5"/>
      <machine_identifier manufacturer="Ultimaker B.V." product="Ultimaker S3"/>
      <setting key="print temperature">210</setting>
      <setting key="processing temperature graph"><point flow="2" temperature="180"/></setting>
      <hotend id="AA 0.4"><setting key="hardware compatible">yes</setting></hotend>
      <buildplate id="Glass"><setting key="hardware recommended">no</setting>
        <hotend id="BB 0.4"><setting key="hardware compatible">unknown</setting></hotend></buildplate>
      <hotend id="CC 0.6"/>
      <machine><setting key="standby temperature">1</setting></machine>
    </machine>
    <machine><machine_identifier manufacturer="A" product="B"/></machine>
  </settings>
</fdmmaterial>
"""


def test_every_part_is_read():
    profile = parse(DOCUMENT.encode())
    assert profile == MaterialProfile(
        guid="0e01be8c-e425-4fb1-B4a3-b79f255f1db9",
        version=12,
        brand="Größe & Co",
        material="PLA",
        color="Silver  Metallic",
        label="Ours",
        color_code="#a1a1a0",
        description="Prints\nwell.",
        density=1.24,
        diameter_mm=2.85,
        weight_grams=750.0,
        settings={
            "print temperature": "200",
            "heated bed temperature": "60",
            "standby temperature": "175",
            "cura:material_crystallinity": "true",
        },
        machines=(
            MachineProfile(
                machines=(("Ultimaker B.V.", "Ultimaker S5"), ("Ultimaker B.V.", "Ultimaker S3")),
                settings={"print temperature": "210"},
                parts=(
                    Hardware(kind="hotend", id="AA 0.4", settings={"hardware compatible": "yes"}),
                    Hardware(
                        kind="buildplate",
                        id="Glass",
                        settings={"hardware recommended": "no"},
                        parts=(Hardware(kind="hotend", id="BB 0.4", settings={"hardware compatible": "unknown"}),),
                    ),
                    Hardware(kind="hotend", id="CC 0.6"),
                ),
            ),
            MachineProfile(machines=(("A", "B"),)),
        ),
        extras={"cura:pva_compatible": "True"},
    )
    assert (profile.print_celsius, profile.bed_celsius, profile.standby_celsius) == (200.0, 60.0, 175.0)


@pytest.mark.parametrize("encoding", ["utf-16", "iso-8859-1", "windows-1252"])
def test_other_encodings_are_read(encoding):
    assert parse(DOCUMENT.replace("utf-8", encoding).encode(encoding)) == parse(DOCUMENT.encode())


def preloaded():
    text = resources.files("printyard.core").joinpath("data/materials.json").read_text()
    return json.loads(text)["materials"]


def test_every_material_that_comes_with_the_yard_can_be_rendered_and_read_back():
    facts = preloaded()
    assert len({fact["guid"] for fact in facts}) == len(facts) == 230
    for fact in facts:
        material = Material(
            guid=fact["guid"],
            version=fact["version"],
            brand=fact["brand"],
            material=fact["material"],
            color=fact["color"],
            organization_id=Id("home"),
            label=fact["label"] or "",
            color_code=fact["color_code"],
            density=fact["density"],
            diameter_mm=fact["diameter"],
            weight_grams=fact["weight"],
            print_celsius=fact["print_temperature"],
            bed_celsius=fact["bed_temperature"],
            standby_celsius=fact["standby_temperature"],
        )
        profile = profile_of(material)
        assert parse(render(profile).encode()) == profile
        assert (profile.guid, profile.version, profile.density) == (fact["guid"], fact["version"], fact["density"])
        assert (profile.print_celsius, profile.bed_celsius, profile.standby_celsius) == (
            fact["print_temperature"],
            fact["bed_temperature"],
            fact["standby_temperature"],
        )


def fault_of(document):
    with pytest.raises(MaterialXmlError) as caught:
        parse(document.encode() if isinstance(document, str) else document)
    assert caught.value.message.endswith(".")
    return caught.value.code


BOMB = (
    '<!DOCTYPE fdmmaterial [<!ENTITY a "aaaaaaaaaa">'
    + "".join(
        f'<!ENTITY {name} "{("&" + below + ";") * 10}">' for below, name in zip("abcdefgh", "bcdefghi", strict=True)
    )
    + "]>"
)


@pytest.mark.parametrize(
    ("document", "code"),
    [
        ("", "malformed"),
        ("G28", "malformed"),
        (DOCUMENT[:-5], "malformed"),
        (DOCUMENT + "<more/>", "malformed"),
        (DOCUMENT.replace("&amp;", "&unknown;"), "malformed"),
        (DOCUMENT.replace("utf-8", "no-such-encoding"), "malformed"),
        (DOCUMENT.replace("utf-8", "utf-7"), "malformed"),
        (DOCUMENT.replace("<!-- a remark -->", BOMB).replace("Ours", "&i;"), "doctype"),
        (DOCUMENT.replace("<!-- a remark -->", '<!DOCTYPE fdmmaterial SYSTEM "file:///etc/passwd">'), "doctype"),
        (DOCUMENT.replace("<!-- a remark -->", "<!DOCTYPE fdmmaterial>"), "doctype"),
        ("<html/>", "not_a_material"),
        ('<fdmmaterial xmlns="urn:other"/>', "not_a_material"),
        ("<fdmmaterial/>", "missing"),
        (DOCUMENT.replace("<version>12</version>", ""), "missing"),
        (DOCUMENT.replace("<material>PLA</material>", "<material/>"), "missing"),
        (DOCUMENT.replace("<version>12<", "<version>1.5<"), "invalid"),
        (DOCUMENT.replace("<version>12<", "<version>\u0661<"), "invalid"),
        (DOCUMENT.replace("0e01be8c", "0e01"), "invalid"),
        (DOCUMENT.replace("1.24", "nan"), "invalid"),
        (DOCUMENT.replace("1.24", "-1"), "invalid"),
        ("<fdmmaterial>" + "<a>" * 20_000, "too_deep"),
        ("<fdmmaterial>" + "<a/>" * 30_000, "too_deep"),
        (DOCUMENT + "\n" * MAX_BYTES, "too_large"),
        (DOCUMENT.replace("Ours", "x" * MAX_BYTES), "too_large"),
    ],
)
def test_what_is_wrong_with_a_document_is_named(document, code):
    assert fault_of(document) == code


def test_a_stream_without_end_is_left_after_the_cap():
    class Endless:
        taken = 0

        def read(self, size):
            self.taken += size
            return b" " * size

    stream = Endless()
    with pytest.raises(MaterialXmlError, match="bytes"):
        parse(stream)
    assert stream.taken < MAX_BYTES + 200_000


TEXT = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cc", "Cs"), exclude_characters="\ufffe\uffff"), max_size=20
).map(str.strip)
WORD = TEXT.filter(bool)
KEYS = WORD.filter(lambda key: not key.startswith("cura:")) | WORD.map(lambda key: f"cura:{key}")
SETTINGS = st.dictionaries(KEYS, WORD, max_size=3)
HARDWARE = st.recursive(
    st.builds(Hardware, kind=st.sampled_from(["hotend", "buildplate"]), id=TEXT, settings=SETTINGS),
    lambda inner: st.builds(
        Hardware, kind=st.just("buildplate"), id=TEXT, parts=st.lists(inner, max_size=2).map(tuple)
    ),
    max_leaves=4,
)
FIGURE = st.none() | st.floats(0, 1e6, allow_nan=False).filter(lambda value: value == 0 or value > 1e-9)
PROFILES = st.builds(
    MaterialProfile,
    guid=st.uuids().map(str),
    version=st.integers(0, 999_999_999),
    brand=WORD,
    material=WORD,
    color=TEXT,
    label=TEXT,
    color_code=TEXT,
    description=TEXT,
    adhesion_info=TEXT,
    density=FIGURE,
    diameter_mm=FIGURE,
    weight_grams=FIGURE,
    settings=SETTINGS,
    machines=st.lists(
        st.builds(
            MachineProfile,
            machines=st.lists(st.tuples(TEXT, TEXT), max_size=2).map(tuple),
            settings=SETTINGS,
            parts=st.lists(HARDWARE, max_size=2).map(tuple),
        ),
        max_size=2,
    ).map(tuple),
    extras=st.dictionaries(st.sampled_from(["cura:pva_compatible", "reference_material_id"]), WORD),
)


@settings(max_examples=150, deadline=None)
@given(PROFILES)
def test_what_is_rendered_is_read_back_the_same(profile):
    assert parse(render(profile).encode()) == profile


def test_characters_that_xml_has_no_place_for_make_no_broken_document():
    profile = parse(DOCUMENT.encode())
    odd = MaterialProfile(guid=profile.guid, version=1, brand="a\x00b\x1b", material="]]>\ud800\uffff", color="\r\n")
    read = parse(render(odd).encode())
    assert (read.brand, read.material) == ("a\ufffdb\ufffd", "]]>\ufffd\ufffd")


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=200), st.integers(0, len(DOCUMENT)))
def test_any_bytes_raise_nothing_but_the_declared_error(rest, place):
    whole = DOCUMENT.encode()
    for document in (rest, whole[:place] + rest + whole[place:]):
        try:
            profile = parse(document)
        except MaterialXmlError:
            continue
        assert parse(render(profile).encode()).guid == profile.guid
