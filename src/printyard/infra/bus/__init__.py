"""The bus: tells readers of the log that there is more to read. Within one process, a bell."""

from printyard.infra.bus.bell import LocalBell

__all__ = ["LocalBell"]
