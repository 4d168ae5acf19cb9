"""HEAD, served by the handler of GET: the same status and headers, and no body."""

from printyard.serving.asgi import AsgiApp, Message, Receive, Scope, Send


class HeadAnswered(Exception):
    """Ends a handler that would go on streaming a body which nobody gets."""


async def serve_head(app: AsgiApp, scope: Scope, receive: Receive, send: Send) -> None:
    """Run `app` as for GET, and drop the body of its answer."""
    answered = False

    async def bodiless(message: Message) -> None:
        nonlocal answered
        if answered:
            raise HeadAnswered
        await send(message)
        if message["type"] == "http.response.start":
            answered = True
            await send({"type": "http.response.body", "body": b"", "more_body": False})

    try:
        await app({**scope, "method": "GET"}, receive, bodiless)
    except Exception:
        # Frameworks wrap what passes through them; after the answer nothing more can be told, whatever it was.
        if not answered:
            raise
