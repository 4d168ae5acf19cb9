"""What the analysis has to say about odd lines, in bounded number."""

from typing import Final

from printyard.gcode.estimate import Remark

MAX_REMARKS: Final = 100


class Remarks:
    """Collects remarks; of one sort (`once`) only the first, and of all no more than MAX_REMARKS."""

    def __init__(self) -> None:
        self._remarks: list[Remark] = []
        self._seen: set[str] = set()
        self._left_out = 0

    def add(self, line: int, text: str) -> None:
        if len(self._remarks) < MAX_REMARKS:
            self._remarks.append(Remark(int(line), text))
        else:
            self._left_out += 1

    def once(self, line: int, text: str) -> None:
        if text not in self._seen:
            self._seen.add(text)
            self.add(line, text)

    def check_encoding(self, data: bytearray, lines_before: int) -> None:
        """Name the lines that are no UTF-8. They are read all the same, with U+FFFD for what is wrong."""
        start = 0
        while not data.isascii():
            try:
                data[start:].decode()
                return
            except UnicodeDecodeError as error:
                place = start + error.start
                self.add(lines_before + data.count(b"\n", 0, place) + 1, "not UTF-8")
                start = data.find(b"\n", place) + 1
                if start == 0 or len(self._remarks) >= MAX_REMARKS:
                    return

    def all(self) -> tuple[Remark, ...]:
        remarks = sorted(self._remarks, key=lambda remark: remark.line)
        if self._left_out:
            remarks.append(Remark(remarks[-1].line, f"{self._left_out} more remarks are left out"))
        return tuple(remarks)
