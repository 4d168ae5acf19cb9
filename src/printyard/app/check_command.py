"""`printyard gcode check`: whether a file may be printed on a kind of machine, without a server."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from printyard.app.machine_names import machine_named

if TYPE_CHECKING:
    from printyard.gcode.check import Finding


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@click.option(
    "--machine", metavar="NAME", help="A kind of machine, such as 'Ultimaker S5'. Without it: the file alone."
)
@click.option("--json", "as_json", is_flag=True, help="Answer in JSON.")
def check(*, file: Path, machine: str | None, as_json: bool) -> None:
    """Say what is wrong with FILE, or with printing it on a machine. Ends with 1 if it may not be printed."""
    import msgspec

    from printyard.core.machine_facts import machine_facts
    from printyard.gcode.check import MachineFacts, check as judged

    facts = MachineFacts() if machine is None else machine_facts(machine_named(machine))
    verdict = judged(file, facts, file.name)
    if as_json:
        answer = {"may_print": verdict.may_print, "findings": verdict.findings}
        click.echo(msgspec.json.format(msgspec.json.encode(answer), indent=2))
    else:
        for found in verdict.findings:
            click.echo(told(found))
        click.echo("It may be printed." if verdict.may_print else "It may not be printed.")
    if not verdict.may_print:
        raise SystemExit(1)


def told(found: "Finding") -> str:
    """A finding as one line."""
    place = "" if found.line is None else f"line {found.line}: "
    return f"{found.level.value.lower()}: {place}{found.message} [{found.code.value}]"
