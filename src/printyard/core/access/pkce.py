"""PKCE (RFC 7636): a program proves that it is the one that began, with a secret whose hash it sent first.

`plain` is refused: it proves nothing. Challenges are compared as bytes of the hash, in whichever base64 they came:
clients write the 62nd and 63rd letter as `-_` (the RFC), as `+/`, and the other way round as `_-`.
"""

import base64
import hashlib
import hmac
import re

from printyard.core.errors import Invalid
from printyard.core.model.oauth import Challenge, ChallengeMethod
from printyard.core.tables import total

HASHES = total(ChallengeMethod, {ChallengeMethod.S256: hashlib.sha256, ChallengeMethod.S512: hashlib.sha512})
LENGTHS = total(ChallengeMethod, {ChallengeMethod.S256: 43, ChallengeMethod.S512: 86})
"""Of a challenge without its padding."""

ALPHABETS = (b"-_", b"+/", b"_-")

CHALLENGE = re.compile(r"[A-Za-z0-9+/_-]+")
VERIFIER = re.compile(r"[A-Za-z0-9._~+/=-]{43,128}")
"""The RFC's, and what clients send that take base64 for it."""


def challenge_of(method: str, text: str) -> Challenge | None:
    """A challenge as it was sent; None if there was none. Raises Invalid (code invalid_request)."""
    if not text and not method:
        return None
    try:
        known = ChallengeMethod(method)
    except ValueError:
        raise refused("The code_challenge_method has to be S256.") from None
    # A plus that nobody escaped arrives as a blank.
    letters = text.replace(" ", "+").rstrip("=")
    if len(letters) != LENGTHS[known] or CHALLENGE.fullmatch(letters) is None:
        raise refused(f"The code_challenge is no {known.value} hash in base64.")
    return Challenge(method=known, text=letters)


def proves(challenge: Challenge, verifier: str) -> bool:
    """Whether the verifier is what the challenge was made of; in constant time."""
    if VERIFIER.fullmatch(verifier) is None:
        return False
    digest = HASHES[challenge.method](verifier.encode()).digest()
    sent = challenge.text.encode()
    agrees = [
        hmac.compare_digest(base64.b64encode(digest, altchars=alphabet).rstrip(b"="), sent) for alphabet in ALPHABETS
    ]
    return any(agrees)


def refused(message: str) -> Invalid:
    """A request that makes no sense, in OAuth's word."""
    return Invalid(message, code="invalid_request")
