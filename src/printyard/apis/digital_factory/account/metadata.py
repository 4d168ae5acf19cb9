"""What /account says of itself (RFC 8414). No ID tokens, and tokens that the yard alone reads: so there are no keys."""

from typing import Any

from litestar import get

from printyard.apis.digital_factory.account.scopes import SCOPES
from printyard.apis.digital_factory.desk import AtDesk
from printyard.core.model.oauth import ChallengeMethod


@get(["/account/.well-known/openid-configuration", "/account/.well-known/oauth-authorization-server"], tags=["account"])
async def get_metadata(desk: AtDesk) -> dict[str, Any]:
    """Where what is, and what is spoken."""
    return {
        "issuer": desk.url("/account"),
        "authorization_endpoint": desk.url("/account/authorize"),
        "token_endpoint": desk.url("/account/token"),
        "revocation_endpoint": desk.url("/account/revoke"),
        "userinfo_endpoint": desk.url("/account/userinfo"),
        "jwks_uri": desk.url("/account/.well-known/jwks"),
        "end_session_endpoint": desk.url("/account/logout"),
        "scopes_supported": list(SCOPES),
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": ["authorization_code", "refresh_token"],
        "code_challenge_methods_supported": [method.value for method in ChallengeMethod],
        "token_endpoint_auth_methods_supported": ["none", "client_secret_basic", "client_secret_post"],
        "revocation_endpoint_auth_methods_supported": ["none", "client_secret_basic", "client_secret_post"],
    }


@get("/account/.well-known/jwks", tags=["account"])
async def get_keys() -> dict[str, list[Any]]:
    """No key: nothing here is signed for others to verify."""
    return {"keys": []}


HANDLERS = [get_metadata, get_keys]
