"""The doorkeeper: finds out who asks, before body, validation and lookup; writes without a credential end here."""

from printyard.core.errors import CoreError, Forbidden, NotFound, Unauthenticated
from printyard.core.model.user import Principal, Right
from printyard.serving.asgi import READING, Scope
from printyard.serving.credentials import (
    AnonymousRight,
    Credential,
    DigestHeader,
    DigestUser,
    SessionCookie,
    credential,
)
from printyard.serving.digest import DigestOutcome, digest_user
from printyard.serving.spec import Challenge, Door
from printyard.serving.templates import PublicOperations
from printyard.serving.visit import Visit

SESSION_COOKIE = "printyard_session"
WEBSOCKET = "WEBSOCKET"


class StaleDigest(Unauthenticated):
    """The key is right, the nonce is old or not ours."""

    code = "stale_nonce"


class Doorkeeper:
    """Admits requests at one door."""

    def __init__(self, door: Door) -> None:
        self._door = door
        self._public = PublicOperations(door.spec.public)
        self._cookie = SESSION_COOKIE if door.spec.session else ""

    async def admit(self, scope: Scope, visit: Visit) -> Principal:
        """Who asks. Raises Unauthenticated, Forbidden, or NotFound for a printer that is not there."""
        principal, refusal = await self._identify(scope, visit)
        if refusal is not None or not principal.authenticated:
            self._excuse(principal, refusal, visit)
        if visit.printer_missing:
            raise NotFound("there is no such printer")
        return principal

    def _excuse(self, principal: Principal, refusal: CoreError | None, visit: Visit) -> None:
        """Raises Unauthenticated or Forbidden, unless what is asked for needs no good credential."""
        if self._public.allow(visit.method, visit.segments):
            return
        if refusal is not None and not self._tolerated(refusal, visit):
            raise refusal
        if not (principal.authenticated or self._open(principal, visit)):
            raise refusal or Unauthenticated("this needs a credential")

    def challenge(self, error: CoreError) -> tuple[tuple[str, str], ...]:
        """The header that a 401 for this error needs."""
        kind = self._door.spec.challenge
        if kind is Challenge.NONE:
            return ()
        if kind is Challenge.DIGEST:
            stale = isinstance(error, StaleDigest)
            return (("www-authenticate", self._door.digest.challenge(self._door.clock.now(), stale=stale)),)
        return (("www-authenticate", f'{kind.value} realm="Printyard"'),)

    async def _identify(self, scope: Scope, visit: Visit) -> tuple[Principal, CoreError | None]:
        """The caller; with an error, if the credential was wrong, and the caller is then anonymous."""
        brought = credential(scope, cookie_name=self._cookie, one_shot=self._door.spec.one_shot)
        if brought is not None:
            try:
                return await self._prove(brought, visit), None
            except (Unauthenticated, Forbidden) as error:
                # A browser sends its session unasked: one that has ended is no wrong credential, but none.
                return self._anonymous(visit), None if isinstance(brought, SessionCookie) else error
        return self._anonymous(visit), None

    async def _prove(self, brought: Credential, visit: Visit) -> Principal:
        accounts = self._door.accounts
        if not isinstance(brought, DigestHeader):
            return await accounts.principal(brought, visit.printer_id)
        user = digest_user(brought.header)
        secrets = await accounts.hashed_pair(user) if user else None
        verdict = self._door.digest.verify(
            brought.header, visit.method, visit.target, lambda _: secrets, self._door.clock.now()
        )
        if verdict.outcome is DigestOutcome.WRONG:
            raise Unauthenticated("the digest is wrong", code="wrong_digest")
        # First whether the grant is good here: for another printer's, `stale` would make its client try for ever.
        principal = await accounts.principal(DigestUser(user), visit.printer_id)
        if verdict.outcome is DigestOutcome.STALE:
            raise StaleDigest("the nonce is old: sign again with the new one")
        return principal

    def _tolerated(self, refusal: CoreError, visit: Visit) -> bool:
        """Whether a wrong credential counts as none.

        A right key with a nonce that is not ours is told so, if nothing is lost by it: some clients learn our nonce
        from a refused GET alone, and go on with it.
        """
        stale = isinstance(refusal, StaleDigest) and visit.method in READING
        return self._door.spec.tolerates_bad_credentials and not stale

    def _anonymous(self, visit: Visit) -> Principal:
        trusted = not visit.peer.proxied and visit.peer.address in self._door.trusted_networks
        return self._door.accounts.anonymous(self._door.anonymous if trusted else AnonymousRight.NONE)

    def _open(self, principal: Principal, visit: Visit) -> bool:
        """Whether the anonymous caller may get as far as the API (what he may there, the core says)."""
        if visit.method == "OPTIONS":
            return True
        rights = principal.rights or frozenset()
        if visit.method in READING or visit.method == WEBSOCKET:
            return Right.READ in rights
        return Right.PRINT in rights
