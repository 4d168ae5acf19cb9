import pytest

from checks import schema_instants, vendor_words


@pytest.mark.parametrize("line", ["import octoprint", "# as Klipper does", 'NAME = "ULTIMAKER S5"'])
def test_the_core_names_no_vendor(tmp_path, line):
    core = tmp_path / vendor_words.CORE / "model"
    core.mkdir(parents=True)
    (core / "state.py").write_text(f"x = 1\n{line}\n")
    (core / "machines.json").write_text('{"name": "Ultimaker S5"}')
    (finding,) = vendor_words.findings(tmp_path)
    assert finding.startswith("src/printyard/core/model/state.py:2:")


@pytest.mark.parametrize(
    "source",
    [
        "class Job(Struct):\n    at: datetime",
        "class Job(Struct):\n    at: dt.datetime | None = None",
        "class Job(Struct):\n    at: 'list[datetime]'",
        "def rendered(\n    at: datetime): ...",
        "\ndef at() -> Annotated[datetime, 1]: ...",
    ],
)
@pytest.mark.parametrize("name", ["schemas.py", "schemas_v1.py", "schemas/jobs.py"])
def test_no_schema_has_a_raw_datetime(tmp_path, source, name):
    path = tmp_path / "src/printyard/apis/moon" / name
    path.parent.mkdir(parents=True)
    path.write_text(source)
    (finding,) = schema_instants.findings(tmp_path)
    assert finding.startswith(f"src/printyard/apis/moon/{name}:2:")


def test_an_instant_type_of_its_own_is_what_a_schema_has(tmp_path):
    path = tmp_path / "src/printyard/apis/moon/schemas.py"
    path.parent.mkdir(parents=True)
    path.write_text("class Job(Struct):\n    at: Milliseconds\n    name: Annotated[str, 'datetime of birth']\n")
    assert list(schema_instants.findings(tmp_path)) == []
