"""A client library that others wrote signs in: what it checks of our answers is not what we think of them."""

from functools import partial
from urllib.parse import urlsplit

import anyio
import pytest
from tests.apis.digital_factory.account.conftest import CURA

integration = pytest.importorskip("authlib.integrations.requests_client", reason="Authlib is not installed")
OAuth2Session, OAuthError = integration.OAuth2Session, integration.OAuthError

CALLBACK = "http://127.0.0.1:7777/callback"
VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk" * 2


async def wait(work, *arguments, **options):
    """What the library does with blocking sockets, while the server answers."""
    return await anyio.to_thread.run_sync(partial(work, *arguments, **options))


@pytest.fixture
async def said(yard):
    """The metadata, which is all that a client knows beforehand."""
    async with yard.client() as client:
        return (await client.get("/account/.well-known/oauth-authorization-server")).json()


def client_of(said, client_id=CURA, **options):
    return OAuth2Session(
        client_id, redirect_uri=CALLBACK, scope="yard.read yard.print", code_challenge_method="S256",
        token_endpoint=said["token_endpoint"], default_timeout=10, **({"token_endpoint_auth_method": "none"} | options),
    )  # fmt: skip


async def signed_in(yard, client, said):
    """The token that the library fetched, after Ann has allowed it."""
    url, state = client.create_authorization_url(said["authorization_endpoint"], code_verifier=VERIFIER)
    async with yard.browser() as browser:
        await browser.sign_in(f"{urlsplit(url).path}?{urlsplit(url).query}")
        came = (await browser.send(decision="allow")).headers["location"]
    return await wait(client.fetch_token, authorization_response=came, code_verifier=VERIFIER, state=state)


async def test_authlib_signs_in_asks_renews_by_itself_and_gives_back(yard, ann, said):
    kept = []

    def keep(token, refresh_token=None, access_token=None):
        kept.append((token, refresh_token))

    with client_of(said, update_token=keep) as client:
        token = await signed_in(yard, client, said)
        assert token["scope"] == "yard.read yard.print"
        assert (await wait(client.get, said["userinfo_endpoint"])).json()["name"] == "Ann"
        yard.clock.advance(token["expires_in"] + 1)
        client.token = {**token, "expires_at": 1}  # its own clock cannot be set
        assert (await wait(client.get, said["userinfo_endpoint"])).json()["name"] == "Ann"
        ((renewed, used),) = kept
        assert used == token["refresh_token"]
        assert renewed["refresh_token"] != used
        gone = await wait(client.revoke_token, said["revocation_endpoint"], token=renewed["refresh_token"])
        assert gone.status_code == 200
        with pytest.raises(OAuthError) as told:
            await wait(client.refresh_token, said["token_endpoint"], refresh_token=renewed["refresh_token"])
    assert (told.value.error, bool(told.value.description)) == ("invalid_grant", True)


@pytest.mark.parametrize("how", ["client_secret_basic", "client_secret_post"])
async def test_authlib_proves_a_secret_in_each_way_that_the_metadata_name(yard, ann, said, how):
    assert how in said["token_endpoint_auth_methods_supported"]
    registered, secret = await yard.core.oauth.clients.add(await yard.admin(), "Wiki", [CALLBACK], confidential=True)
    options = {"client_secret": secret, "token_endpoint_auth_method": how}
    with client_of(said, registered.client_id, **options) as client:
        assert (await signed_in(yard, client, said))["token_type"] == "Bearer"
        assert (await wait(client.get, f"{yard.base}/yard/v1/printers")).json() == []
    wrong = options | {"client_secret": "wrong"}
    with client_of(said, registered.client_id, **wrong) as client, pytest.raises(OAuthError) as told:
        await signed_in(yard, client, said)
    assert told.value.error == "invalid_client"
