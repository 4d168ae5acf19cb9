"""What can be asked of a printer, and the fate of each request."""

from enum import StrEnum
from typing import Any, ClassVar

from printyard.core.model.file import Blob
from printyard.core.model.state import Light, Vector
from printyard.core.model.value import Id, Instant, Value


class Command(Value):
    """The base of all commands; `word` names the kind in `accepts`, in the log and on the wire."""

    word: ClassVar[str] = "command"


class StartPrint(Command):
    """Print a stored file. `token` is kept by the device where it can, so that the print is recognised afterwards."""

    word: ClassVar[str] = "start_print"
    blob: Blob
    name: str
    token: str
    job_id: str = ""


class Pause(Command):
    """Pause the print that is under way."""

    word: ClassVar[str] = "pause"


class Resume(Command):
    """Go on with a paused print."""

    word: ClassVar[str] = "resume"


class Cancel(Command):
    """End the print that is under way."""

    word: ClassVar[str] = "cancel"


class Heater(StrEnum):
    """What can be heated."""

    TOOL = "tool"
    BED = "bed"
    CHAMBER = "chamber"


class SetTarget(Command):
    """Set a heater's target in Celsius (0: off). `timeout_seconds`: heat ahead of a print, then let go."""

    word: ClassVar[str] = "set_target"
    heater: Heater
    celsius: float
    tool: int = 0
    timeout_seconds: float | None = None


class Home(Command):
    """Send the head to its end stops."""

    word: ClassVar[str] = "home"
    axes: str = "xyz"


class Jog(Command):
    """Move the head by so many mm, at mm/s."""

    word: ClassVar[str] = "jog"
    by: Vector
    speed: float | None = None


class MoveTo(Command):
    """Move the head to a place in mm (None: stay on this axis), at mm/s."""

    word: ClassVar[str] = "move_to"
    x: float | None = None
    y: float | None = None
    z: float | None = None
    speed: float | None = None


class SetLimits(Command):
    """Set the head's or a feeder's limits (None: as it was); they hold from the next print."""

    word: ClassVar[str] = "set_limits"
    max_speed: Vector | None = None
    acceleration: float | None = None
    jerk: Vector | None = None
    feeder: int | None = None
    feeder_max_speed: float | None = None
    feeder_acceleration: float | None = None
    feeder_jerk: float | None = None


class SetFan(Command):
    """Set the part cooling fan (0..1)."""

    word: ClassVar[str] = "set_fan"
    fraction: float


class SetLight(Command):
    """Set the case light."""

    word: ClassVar[str] = "set_light"
    light: Light


class BlinkLight(Command):
    """Blink the case light so many times, at Hz."""

    word: ClassVar[str] = "blink_light"
    frequency_hertz: float
    count: int


class Beep(Command):
    """Sound the buzzer, at Hz, for seconds."""

    word: ClassVar[str] = "beep"
    frequency_hertz: float
    seconds: float


class SendGcode(Command):
    """Send lines of G-code as they are."""

    word: ClassVar[str] = "send_gcode"
    lines: tuple[str, ...]


class LoadMaterial(Command):
    """A material was put into a tool ("" takes it out); `remaining_mm` None where nobody knows."""

    word: ClassVar[str] = "load_material"
    tool: int
    guid: str
    remaining_mm: float | None = None


class SwapNozzle(Command):
    """A print core or hot end was put into a tool ("" takes it out)."""

    word: ClassVar[str] = "swap_nozzle"
    tool: int
    name: str


class ShowMessage(Command):
    """Show a message with one button on the display."""

    word: ClassVar[str] = "show_message"
    text: str
    button: str = ""


class AskQuestion(Command):
    """Ask a person something on the display, for the yard (an access request)."""

    word: ClassVar[str] = "ask_question"
    question_id: str
    text: str
    answers: tuple[str, ...]
    subject: str = ""


class AnswerQuestion(Command):
    """Answer what the display asks."""

    word: ClassVar[str] = "answer_question"
    question_id: str
    answer: str


class ClearPlate(Command):
    """The print was taken off the plate."""

    word: ClassVar[str] = "clear_plate"


class Rename(Command):
    """Give the device another name on its display and in the network."""

    word: ClassVar[str] = "rename"
    name: str


class EmergencyStop(Command):
    """Stop everything at once; passes every queue."""

    word: ClassVar[str] = "emergency_stop"


class Fate(StrEnum):
    """What became of a command."""

    PENDING = "pending"
    SENT = "sent"
    DONE = "done"
    REFUSED = "refused"
    EXPIRED = "expired"


class Envelope(Value):
    """A command on its way, idempotent by its id."""

    id: Id
    command: Command
    principal_id: str
    at: Instant
    deadline: Instant


class CommandRecord(Value):
    """A command as it is recorded; `command` has its fields."""

    id: Id
    printer_id: Id
    word: str
    command: dict[str, Any]
    principal_id: str
    at: Instant
    deadline: Instant
    fate: Fate
    reason: str
    changed_at: Instant


COMMANDS: tuple[type[Command], ...] = (
    StartPrint, Pause, Resume, Cancel, SetTarget, Home, Jog, MoveTo, SetLimits, SetFan, SetLight, BlinkLight, Beep,
    SendGcode, LoadMaterial, SwapNozzle, ShowMessage, AskQuestion, AnswerQuestion, ClearPlate, Rename, EmergencyStop,
)  # fmt: skip
"""Every command there is."""

ANYTIME: frozenset[type[Command]] = frozenset({
    SetLight, BlinkLight, Beep, ShowMessage, AskQuestion, AnswerQuestion, Rename, SetLimits, EmergencyStop,
})  # fmt: skip
"""Commands that a print does not stand in the way of."""
