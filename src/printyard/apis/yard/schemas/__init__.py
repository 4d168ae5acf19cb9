"""What the native API puts on the wire, and what it takes."""

from printyard.apis.yard.schemas.accounts import (
    Client,
    ClientAdded,
    Consent,
    Grant,
    Me,
    MeChange,
    Named,
    NewClient,
    NewOrganization,
    NewTeam,
    Organization,
    PasswordChange,
    Policy,
    PolicyChange,
    Session,
    Team,
    TeamChange,
)
from printyard.apis.yard.schemas.fleet import (
    Fault,
    NewPrinter,
    Nozzle,
    Position,
    Printer,
    PrinterChange,
    Progress,
    Question,
    State,
    Temperature,
    Tool,
    Urls,
    Word,
)
from printyard.apis.yard.schemas.house import (
    Event,
    Failure,
    Problem,
    SandboxChange,
    Server,
    Settings,
    SettingsChange,
)
from printyard.apis.yard.schemas.instant import Instant, instant
from printyard.apis.yard.schemas.jobs import Approval, ApprovalKind, Decision, DecisionWord, Job, JobPage, Resolution
from printyard.apis.yard.schemas.library import Driver, DriverModel, File, FilePage
from printyard.apis.yard.schemas.people import (
    NewOwnToken,
    NewPassword,
    NewToken,
    NewUser,
    Token,
    TokenAdded,
    User,
    UserChange,
)
from printyard.apis.yard.schemas.preparations import (
    Analysis,
    Check,
    Finding,
    MotionLimits,
    Preparation,
    Processed,
    ProcessOrder,
    ToolUse,
)
from printyard.apis.yard.schemas.queue import (
    Again,
    Change,
    Force,
    Group,
    GroupChange,
    Hold,
    Impediment,
    JobChange,
    Move,
    NewGroup,
    QueueOrder,
    Standing,
    Waiting,
)

__all__ = [
    "Again", "Analysis", "Approval", "ApprovalKind", "Change", "Check", "Client", "ClientAdded", "Consent",
    "Decision", "DecisionWord", "Driver", "DriverModel", "Event", "Failure", "Fault", "File", "FilePage", "Finding",
    "Force", "Grant", "Group", "GroupChange", "Hold", "Impediment", "Instant", "Job", "JobChange", "JobPage", "Me",
    "MeChange", "MotionLimits", "Move", "Named", "NewClient", "NewGroup", "NewOrganization", "NewOwnToken",
    "NewPassword", "NewPrinter", "NewTeam", "NewToken", "NewUser", "Nozzle", "Organization", "PasswordChange",
    "Policy", "PolicyChange", "Position", "Preparation", "Printer", "PrinterChange", "Problem", "ProcessOrder",
    "Processed", "Progress", "Question", "QueueOrder", "Resolution", "SandboxChange", "Server", "Session",
    "Settings", "SettingsChange", "Standing", "State", "Team", "TeamChange", "Temperature", "Token", "TokenAdded",
    "Tool", "ToolUse", "Urls", "User", "UserChange", "Waiting", "Word", "instant",
]  # fmt: skip
