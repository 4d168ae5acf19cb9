"""Lifespans of several ASGI apps as one: started in order, stopped in reverse."""

import asyncio
from collections.abc import Sequence

from printyard.serving.asgi import AsgiApp, Message, Receive, Scope, Send


class LifespanFailed(RuntimeError):
    """An app could not start or stop."""


class AppLifespan:
    """One app's lifespan: a task that talks the protocol. An app that does not speak it has nothing to start."""

    def __init__(self, app: AsgiApp) -> None:
        self._app = app
        self._to_app: asyncio.Queue[Message] = asyncio.Queue()
        self._from_app: asyncio.Queue[Message] = asyncio.Queue()
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Raises LifespanFailed."""
        scope = {"type": "lifespan", "asgi": {"version": "3.0", "spec_version": "2.0"}, "state": {}}
        self._task = asyncio.ensure_future(self._app(scope, self._to_app.get, self._from_app.put))
        await self._ask("lifespan.startup")

    async def stop(self) -> None:
        """Raises LifespanFailed."""
        if self._task is not None and not self._task.done():
            await self._ask("lifespan.shutdown")
            await asyncio.wait({self._task})
        self._task = None

    async def _ask(self, what: str) -> None:
        task = self._task
        if task is None:
            return
        await self._to_app.put({"type": what})
        answer = asyncio.ensure_future(self._from_app.get())
        await asyncio.wait({task, answer}, return_when=asyncio.FIRST_COMPLETED)
        if not answer.done():
            answer.cancel()
            # Ended without a word: the app does not speak the protocol, which is its right.
            task.exception()
            return
        message = answer.result()
        if message["type"] == f"{what}.failed":
            await asyncio.wait({task})
            cause = None if task.cancelled() else task.exception()
            raise LifespanFailed(message.get("message") or what) from cause


class Lifespans:
    """The lifespans of all apps."""

    def __init__(self, apps: Sequence[AsgiApp]) -> None:
        self._apps = apps
        self._started: list[AppLifespan] = []

    async def __call__(self, _: Scope, receive: Receive, send: Send) -> None:
        """Talk the protocol with the server."""
        await receive()
        try:
            await self.start()
        except LifespanFailed as error:
            await send({"type": "lifespan.startup.failed", "message": str(error)})
            return
        await send({"type": "lifespan.startup.complete"})
        await receive()
        try:
            await self.stop()
        except LifespanFailed as error:
            await send({"type": "lifespan.shutdown.failed", "message": str(error)})
            return
        await send({"type": "lifespan.shutdown.complete"})

    async def start(self) -> None:
        """Start all, in order; if one fails, stop those that run. Raises LifespanFailed."""
        for app in self._apps:
            lifespan = AppLifespan(app)
            try:
                await lifespan.start()
            except LifespanFailed:
                await self.stop()
                raise
            self._started.append(lifespan)

    async def stop(self) -> None:
        """Stop those that were started, in reverse; all of them, even if one fails. Raises LifespanFailed."""
        failed: LifespanFailed | None = None
        while self._started:
            try:
                await self._started.pop().stop()
            except LifespanFailed as error:
                failed = failed or error
        if failed is not None:
            raise failed
