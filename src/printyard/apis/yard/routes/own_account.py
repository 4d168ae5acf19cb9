"""One's own account: who one is, password, tokens, browsers, and what programs were allowed."""

from litestar import delete, get, patch, post, put
from litestar.params import FromPath, JSONBody

from printyard.apis.yard import schemas
from printyard.apis.yard.accounts import consent_of, me_of, session_of, token_of
from printyard.apis.yard.desk import AtDesk, Desk
from printyard.apis.yard.routes.people import ends_at

ME = "/yard/v1/me"


@get(ME, tags=["me"])
async def get_me(desk: AtDesk) -> schemas.Me:
    """Who asks, and what the credential is good for."""
    return await _me(desk)


@patch(ME, tags=["me"])
async def change_me(desk: AtDesk, data: JSONBody[schemas.MeChange]) -> schemas.Me:
    """Change one's own mail address; it takes a person who has signed in."""
    await desk.core.own_account.change_email(desk.principal, data.email)
    return await _me(desk)


@put(ME + "/password", status_code=204, tags=["me"])
async def change_password(desk: AtDesk, data: JSONBody[schemas.PasswordChange]) -> None:
    """Change one's own password: 403 for a wrong old one; all other browsers and programs have to sign in again."""
    await desk.core.own_account.change_password(desk.principal, data.old, data.new, desk.visit.peer.address)


@get(ME + "/tokens", tags=["me"])
async def list_own_tokens(desk: AtDesk) -> list[schemas.Token]:
    """One's own tokens, newest first; never their secrets."""
    return [token_of(token) for token in await desk.core.own_account.tokens(desk.principal)]


@post(ME + "/tokens", tags=["me"])
async def add_own_token(desk: AtDesk, data: JSONBody[schemas.NewOwnToken]) -> schemas.TokenAdded:
    """Make a token for a program of one's own; its secret is in this answer and nowhere else."""
    ends = ends_at(desk.core.clock.now(), data.expires_in_seconds)
    token, secret = await desk.core.own_account.add_token(desk.principal, data.name, data.role, ends, data.rights)
    return schemas.TokenAdded(token=token_of(token), secret=secret)


@delete(ME + "/tokens/{id:str}", tags=["me"])
async def revoke_own_token(desk: AtDesk, id: FromPath[str]) -> None:  # noqa: A002
    """Take an own token's power away; a token may give itself up."""
    await desk.core.own_account.revoke_token(desk.principal, id)


@get(ME + "/sessions", tags=["me"])
async def list_own_sessions(desk: AtDesk) -> list[schemas.Session]:
    """The browsers in which one is signed in, newest first."""
    current = desk.principal.credential_id
    return [session_of(each, current) for each in await desk.core.own_account.sessions(desk.principal)]


@delete(ME + "/sessions/{id:str}", tags=["me"])
async def end_own_session(desk: AtDesk, id: FromPath[str]) -> None:  # noqa: A002
    """Sign one of the own browsers out."""
    await desk.core.own_account.end_session(desk.principal, id)


@get(ME + "/consents", tags=["me"])
async def list_own_consents(desk: AtDesk) -> list[schemas.Consent]:
    """What one allowed programs, newest first."""
    return [consent_of(each) for each in await desk.core.oauth.consents(desk.principal)]


@delete(ME + "/consents/{id:str}", tags=["me"])
async def withdraw_own_consent(desk: AtDesk, id: FromPath[str]) -> None:  # noqa: A002
    """Take back what one allowed a program; its tokens end."""
    await desk.core.oauth.withdraw(desk.principal, id)


async def _me(desk: Desk) -> schemas.Me:
    core, principal = desk.core, desk.principal
    return me_of(principal, await core.own_account.user(principal), await core.organizations.own(principal))


HANDLERS = [
    get_me, change_me, change_password, list_own_tokens, add_own_token, revoke_own_token, list_own_sessions,
    end_own_session, list_own_consents, withdraw_own_consent,
]  # fmt: skip
