"""What the doctor says without a server."""

import pytest

from printyard.app.config import load
from printyard.app.doctor import examine
from printyard.app.registry import discover


@pytest.mark.parametrize(
    ("token", "level", "word"),
    [("", "note", "no admin token"), ("hunter2", "note", "guess"), ("x" * 20, "ok", "configured")],
)
def test_an_admin_token_that_can_be_guessed_is_pointed_out(tmp_path, token, level, word):
    environment = {"PRINTYARD_DATA": str(tmp_path), "PRINTYARD_PORT": "0"} | (
        {"PRINTYARD_ADMIN_TOKEN": token} if token else {}
    )
    found = [one for one in examine(load({}, environment), discover()) if one.subject == "lock"]
    assert [(one.level, word in one.text) for one in found] == [(level, True)]
    assert not token or token not in found[0].text
