"""Whether a file may be printed on a machine: a verdict with its reasons, before the print may start.

Every reason is one row of `printyard.gcode.reasons`; commands that no print needs are rows of `commands`.
"""

from printyard.gcode.check.facts import Finding, MachineFacts, Sums, ToolFacts, Verdict
from printyard.gcode.check.scan import CommandFacts, CommandScan
from printyard.gcode.check.setup import ChangeKind, SetupChange, setup_changes
from printyard.gcode.check.verdict import FactsReader, FileFacts, check, check_header, judge, read_facts
from printyard.gcode.reasons import Code, Level

__all__ = [
    "ChangeKind",
    "Code",
    "CommandFacts",
    "CommandScan",
    "FactsReader",
    "FileFacts",
    "Finding",
    "Level",
    "MachineFacts",
    "SetupChange",
    "Sums",
    "ToolFacts",
    "Verdict",
    "check",
    "check_header",
    "judge",
    "read_facts",
    "setup_changes",
]
