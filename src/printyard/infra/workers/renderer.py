"""The virtual cameras' pictures, asked of a worker."""

import asyncio

from printyard.core.ports.workers import Scene
from printyard.infra.workers.pool import WorkerPool
from printyard.infra.workers.tasks import Draw


class WorkerRenderer:
    """Draws in a worker, which keeps what it has drawn of each print: so one worker serves all cameras."""

    def __init__(self, workers: WorkerPool) -> None:
        self._workers = workers
        self._drawing: set[asyncio.Task[bytes]] = set()

    async def render(self, scene: Scene) -> bytes:
        drawing = asyncio.create_task(self._workers.ask(Draw(scene), bytes))
        self._drawing.add(drawing)
        drawing.add_done_callback(self._drawing.discard)
        # Shielded: a viewer who leaves must not end the worker with all that it has drawn for the others.
        return await asyncio.shield(drawing)

    async def close(self) -> None:
        """End the worker."""
        await self._workers.close()
