"""/account: who somebody is, and how programs get their word for it (OAuth2).

What Cura and the SDK ask of the original, and RFC 6749, 7009, 7636, 8252 and 8414 as far as they go without ID tokens.
The pages work without a script. Refused on purpose: `plain` challenges, addresses that nobody registered.
"""

from litestar.types import ControllerRouterHandler

from printyard.apis.digital_factory.account import authorize, metadata, signing_in, tokens, who
from printyard.apis.digital_factory.account.clients import CLIENTS
from printyard.apis.digital_factory.account.envelope import worded

HANDLERS: list[ControllerRouterHandler] = [
    *authorize.HANDLERS, *signing_in.HANDLERS, *tokens.HANDLERS, *who.HANDLERS, *metadata.HANDLERS
]  # fmt: skip
PUBLIC: frozenset[tuple[str, str]] = frozenset({
    ("GET", "/account/authorize"), ("POST", "/account/authorize"), ("POST", "/account/login"),
    ("GET", "/account/logout"), ("GET", "/account/logoff"), ("POST", "/account/logout"),
    ("GET", "/account/app/auth-success"), ("GET", "/account/app/auth-error"),
    ("POST", "/account/token"), ("POST", "/account/revoke"), ("GET", "/account/scopes"), ("GET", "/account/status"),
    ("GET", "/account/.well-known/openid-configuration"), ("GET", "/account/.well-known/oauth-authorization-server"),
    ("GET", "/account/.well-known/jwks"),
})  # fmt: skip
"""What needs no credential, as `ApiSpec.public` wants it."""

__all__ = ["CLIENTS", "HANDLERS", "PUBLIC", "worded"]
