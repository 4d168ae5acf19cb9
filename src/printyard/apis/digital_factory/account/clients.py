"""The programs that know this API from its original, and call themselves by the same names here."""

from printyard.core.model.oauth import Client
from printyard.core.model.value import Id, Instant

CURA = Client(
    id=Id("cura"), client_id="um----------------------------ultimaker_cura", name="UltiMaker Cura",
    created_at=Instant(0), loopback=True,
)  # fmt: skip
"""cura/UltimakerCloud and API/Account.py of Cura 4 and 5."""

SDK = Client(
    id=Id("sdk"), client_id="um--------------------ultimaker_sdk_examples", name="Digital Factory SDK",
    created_at=Instant(0), loopback=True,
)  # fmt: skip
"""config.env of Ultimaker/digital-factory-sdk."""

CLIENTS = (CURA, SDK)
