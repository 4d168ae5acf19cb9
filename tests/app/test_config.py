"""Command line over environment over file over default, and every value knows which won."""

import pytest

from printyard.app.config import ConfigError, load, shown


def written(folder, text):
    file = folder / "printyard.toml"
    file.write_text(text, encoding="utf-8")
    return file


def test_each_source_wins_over_the_one_below(tmp_path):
    file = written(tmp_path, 'host = "10.0.0.1"\nport = 1\nlog_level = "info"\n')
    loaded = load({"port": 3}, {"PRINTYARD_PORT": "2", "PRINTYARD_HOST": "10.0.0.2"}, file)
    assert (loaded.config.port, loaded.config.host, loaded.config.log_level) == (3, "10.0.0.2", "info")
    assert loaded.origins["port"] == "the command line"
    assert loaded.origins["host"] == "the environment"
    assert loaded.origins["log_level"] == str(file)
    assert loaded.origins["data"] == "the default"


def test_what_the_command_line_leaves_out_does_not_count():
    assert load({"port": None}, {"PRINTYARD_PORT": "2"}).config.port == 2


@pytest.mark.parametrize("source", ["file", "environment"])
def test_an_unknown_setting_is_an_error_with_a_near_miss(tmp_path, source):
    file = written(tmp_path, "prot = 1\n") if source == "file" else written(tmp_path, "")
    variables = {} if source == "file" else {"PRINTYARD_PROT": "1"}
    with pytest.raises(ConfigError, match=r"unknown setting .prot.\. Do you mean port"):
        load({}, variables, file)


@pytest.mark.parametrize(
    "text", ['port = "many"', "port = 1\nport = 2", "\x00", '[door.ultimaker]\nenabled = "perhaps"']
)
def test_what_makes_no_sense_is_refused(tmp_path, text):
    with pytest.raises(ConfigError):
        load({}, {}, written(tmp_path, text))


def test_a_named_file_must_be_there(tmp_path):
    with pytest.raises(ConfigError, match="no configuration file"):
        load({}, {}, tmp_path / "absent.toml")


def test_a_secret_may_lie_in_a_file_and_is_never_shown(tmp_path):
    secret = tmp_path / "token"
    secret.write_text("hush\n", encoding="utf-8")
    loaded = load({}, {"PRINTYARD_ADMIN_TOKEN_FILE": str(secret)})
    assert loaded.config.admin_token == "hush"
    assert ("admin_token", "(set)", "the environment") in shown(loaded)
    assert "hush" not in repr(shown(loaded))


def test_a_missing_secret_file_is_said(tmp_path):
    with pytest.raises(ConfigError, match="admin_token_file of the environment cannot be read"):
        load({}, {"PRINTYARD_ADMIN_TOKEN_FILE": str(tmp_path / "absent")})


def test_lists_come_from_the_environment_with_commas():
    loaded = load({}, {"PRINTYARD_HOSTS": "yard.local, farm.example ,"})
    assert loaded.config.hosts == ("yard.local", "farm.example")


def test_printers_and_doors_of_the_file(tmp_path):
    text = """
    [door.ultimaker]
    anonymous = "none"
    [[printer]]
    slug = "luke"
    name = "Luke"
    driver = "virtual"
    settings = { model = "Ultimaker S5" }
    port = 7201
    """
    config = load({}, {}, written(tmp_path, text)).config
    assert config.door["ultimaker"].anonymous == "none"
    assert config.printer[0].settings == {"model": "Ultimaker S5"}
    assert config.printer[0].port == 7201


def test_an_unknown_word_in_a_printer_is_refused(tmp_path):
    with pytest.raises(ConfigError, match="nmae"):
        load({}, {}, written(tmp_path, '[[printer]]\nslug = "a"\nnmae = "A"\nname = "A"\ndriver = "virtual"\n'))
