"""The kinds of moves that a file names, numbered in the order in which they turn up."""

from typing import Final

OTHER, DWELL, INDETERMINATE = range(3)
MAX_KINDS: Final = 1024
MAX_KIND_BYTES: Final = 256
_NEXT_LAYER: Final = "move to next layer"


class Kinds:
    """The kinds' texts; a kind's number is its place. What does not fit any more is OTHER (`overflowed`)."""

    def __init__(self) -> None:
        self.texts = ["Other", "Dwell", "Indeterminate time"]
        self.overflowed = False
        self._numbers = {text: number for number, text in enumerate(self.texts)}

    def number(self, text: str) -> int:
        """The number of a kind, given now if the text is new."""
        known = self._numbers.get(text)
        if known is not None:
            return known
        size = len(text.encode("utf-8", "surrogatepass"))
        if size > MAX_KIND_BYTES or len(self.texts) >= MAX_KINDS:
            self.overflowed = True
            return OTHER
        self._numbers[text] = len(self.texts)
        self.texts.append(text)
        return self._numbers[text]

    @property
    def full(self) -> bool:
        return len(self.texts) >= MAX_KINDS


def kind_of_comment(text: str) -> str:
    """The kind that a move's own comment names: PrusaSlicer's numbered `move to next layer (7)` are one kind."""
    return _NEXT_LAYER if text.startswith(_NEXT_LAYER + " ") else text
