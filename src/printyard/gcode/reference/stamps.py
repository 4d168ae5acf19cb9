"""Lines of a file that want to know when they come, while the file is timed."""

from collections.abc import Iterable
from typing import Final, Protocol

from printyard.gcode.reference.lines import Comment

PROGRESS_CODE: Final = 73
STAMPS_PROGRESS: Final = 1
"""In the bits of `Stamps.letters`: lines with M73."""


class Stamps(Protocol):
    """Chooses lines, and is told their seconds later, in the order of the lines.

    `letters`: which lines are wanted, one bit each: STAMPS_PROGRESS, and `letter_bit` of the letter that a comment
    begins with. Comments with others may be shown too, but must not be taken; `;TYPE:` cannot be. Seconds count all
    moves and delays before the line, waits of unknown length too, but not what a sequence takes to start.
    """

    letters: int

    def take(self, line: Comment, offset: int, size: int, *, together: bool) -> bool:
        """Whether this line, at a byte of the file and of so many bytes without its newline, is to get a time.

        `together`: nothing moved since the line that was taken last, so that both get the same.
        """

    def take_progress(self, offset: int, size: int, *, together: bool) -> None:
        """A line with M73, which gets one in any case, if such lines are wanted."""

    def timed(self, seconds: Iterable[float]) -> None:
        """The next times: one for all lines that were taken together."""

    def finish(self, seconds: float) -> None:
        """The time of the end of the file."""


def letter_bit(letter: str) -> int:
    """The bit of a letter, in either case."""
    return 1 << (ord(letter) & 31)
