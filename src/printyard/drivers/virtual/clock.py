"""The printer's clock: seconds since it was made, a piecewise linear function of the yard's instants."""

from msgspec import Struct

from printyard.core.model.value import MICROSECONDS, Instant


class PrinterClock(Struct):
    """The piece that holds now: from the anchor on, `speed` printer seconds pass in one second of the yard.

    What happened in earlier pieces was stamped with its instant when it happened, so they need not be kept.
    """

    anchor_at: int
    anchor_seconds: float
    speed: float

    def seconds(self, at: int) -> float:
        """The printer's seconds at an instant."""
        return self.anchor_seconds + (at - self.anchor_at) * self.speed / MICROSECONDS

    def instant(self, seconds: float) -> Instant:
        """The instant at which the printer's clock shows so many seconds."""
        return Instant(self.anchor_at + round((seconds - self.anchor_seconds) / self.speed * MICROSECONDS))

    def change_speed(self, at: int, speed: float) -> None:
        """Begin a new piece at this instant; the seconds go on without a jump."""
        self.anchor_at, self.anchor_seconds, self.speed = at, self.seconds(at), speed
