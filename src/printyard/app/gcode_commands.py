"""`printyard gcode`: times and facts of G-code files, without a server. Other parts add their commands to `gcode`."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from printyard.app.check_command import check
from printyard.app.machine_names import machine_called, machine_named

if TYPE_CHECKING:
    from printyard.gcode.embedded import Pictures
    from printyard.gcode.limits import Limits
    from printyard.gcode.process.run import Analyse

FILE = click.Path(path_type=Path, dir_okay=False, exists=True)


class Commands(click.Group):
    """What is wrong with a file is said in one sentence."""

    def invoke(self, ctx: click.Context) -> Any:  # noqa: ANN401
        from printyard.gcode.cli import CommandError

        try:
            return super().invoke(ctx)
        except CommandError as error:
            raise click.ClickException(str(error)) from error


@click.group(cls=Commands)
def gcode() -> None:
    """Time, process and read G-code files."""


gcode.add_command(check)


def with_limits(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options that say which machine is meant."""
    config = click.option("--config", type=FILE, help="Limits of the machine, a JSON file (see dump-config).")
    machine = click.option("--machine", metavar="NAME", help="A kind of machine, such as 'Ultimaker S5'.")
    return config(machine(command))


@gcode.command()
@click.argument("file", type=FILE)
@with_limits
@click.option("--json", "as_json", is_flag=True, help="Answer as klipper_estimator does, with the sums as `total`.")
@click.pass_context
def estimate(context: click.Context, file: Path, config: Path | None, machine: str | None, *, as_json: bool) -> None:
    """Say how long FILE takes."""
    from printyard.gcode import cli

    result = cli.estimate(file, limits_for(file, config, machine), engine(context))
    click.echo(cli.estimate_json(result) if as_json else cli.estimate_text(result))


@gcode.command()
@click.argument("file", type=FILE)
@with_limits
@click.option("--output", type=click.Path(path_type=Path, dir_okay=False), required=True, help="May be FILE itself.")
@click.option("--force", is_flag=True, help="Also if the file was processed before.")
@click.pass_context
def process(
    context: click.Context, file: Path, config: Path | None, machine: str | None, output: Path, *, force: bool
) -> None:
    """Write the true times into a copy of FILE: progress lines, and the slicer's own estimates."""
    from printyard.gcode import cli

    result = cli.process_file(file, limits_for(file, config, machine), engine(context), output, force=force)
    click.echo(cli.processed_text(result, output))


@gcode.command()
@click.argument("file", type=FILE)
@with_limits
@click.option("--output", type=click.Path(path_type=Path, dir_okay=False), required=True)
@click.option("--travels/--no-travels", default=True, help="With the ways without extrusion, or not.")
@click.pass_context
def preview(
    context: click.Context, file: Path, config: Path | None, machine: str | None, output: Path, *, travels: bool
) -> None:
    """Write the lines of FILE, layer by layer, as docs/gcode-preview.md describes them."""
    from printyard.app.preview_command import draw

    limits = limits_for(file, config, machine)
    engine(context)
    click.echo(draw(file, limits, output, travels=travels))


@gcode.command()
@click.argument("file", type=FILE)
@click.option("--json", "as_json", is_flag=True, help="Answer in JSON.")
@click.option(
    "--picture", type=click.Path(path_type=Path, dir_okay=False), help="Write its picture, and say nothing else."
)
@click.option(
    "--side", type=click.IntRange(1, 4096), default=256, show_default=True, help="Pixels that it should have."
)
def metadata(file: Path, picture: Path | None, side: int, *, as_json: bool) -> None:
    """Say what FILE says of itself."""
    from printyard.gcode import cli

    facts, pictures = cli.metadata_of(file), pictures_of(file)
    if picture is not None:
        click.echo(cli.write_picture(pictures, side, picture))
    else:
        click.echo(cli.metadata_json(facts, pictures) if as_json else cli.metadata_text(facts, pictures))


@gcode.command("dump-config")
@click.option("--machine", metavar="NAME", help="A kind of machine, such as 'Ultimaker S5'.")
@click.option("--klipper", type=FILE, help="What a Klipper machine reports as configfile.settings, a JSON file.")
@click.option("--printer", metavar="SLUG", help="A printer of the yard, of whatever driver.")
@click.pass_context
def dump_config(context: click.Context, machine: str | None, klipper: Path | None, printer: str | None) -> None:
    """Write the limits of a machine as a configuration, of a form that klipper_estimator reads too."""
    from printyard.gcode import cli

    if [machine, klipper, printer].count(None) != 2:
        raise click.UsageError("Say one of --machine, --klipper and --printer.")
    if klipper is not None:
        limits = cli.klipper_limits(klipper)
    else:
        limits = limits_of_machine(machine) if machine is not None else limits_of_printer(context, printer or "")
    click.echo(cli.config_json(limits))


def limits_for(file: Path, config: Path | None, machine: str | None) -> "Limits":
    """The limits that the options of `with_limits` mean.

    Without one, those of the machine that the file names; and if no driver knows that one, the tool's own defaults.
    """
    from printyard.core.analysis import limits_of
    from printyard.gcode import cli
    from printyard.gcode.limits import Limits

    if config is not None and machine is not None:
        raise click.UsageError("Say either --config or --machine.")
    if config is not None:
        return cli.read_limits(config)
    if machine is not None:
        return limits_of_machine(machine)
    known = machine_called(cli.metadata_of(file).machine_name)
    if known is not None:
        click.echo(f"Reckoned for the {known.variant}, which the file names.", err=True)
        return limits_of(known)
    click.echo(
        "Reckoned with klipper_estimator's defaults, for want of --machine, --config or a name in the file.",
        err=True,
    )
    return Limits()


def pictures_of(file: Path) -> "Pictures":
    """The pictures of a file as clients are shown them; decoded in this process, as a worker does it."""
    from printyard.gcode import cli
    from printyard.gcode.embedded import Pictures

    found = cli.embedded_in(file)
    if not found:
        return Pictures()
    from printyard.infra.workers.developing import developed

    return developed(found)


def limits_of_machine(name: str) -> "Limits":
    """The limits of a kind of machine that a driver knows, by its id or the name on its box."""
    from printyard.core.analysis import limits_of

    return limits_of(machine_named(name))


def limits_of_printer(context: click.Context, slug: str) -> "Limits":
    """The limits with which the yard reckons the times of a printer."""
    from printyard.app.cli import asked
    from printyard.gcode.limits import Limits

    return Limits.from_config(asked(context, "GET", f"/printers/{slug}/limits")["limits"])


def engine(context: click.Context) -> "Analyse":
    """The engine, in this process; its compiled code is kept where the server's workers keep theirs."""
    from printyard.app.config import environment, load

    file, common = context.find_root().obj
    folder = load(common, environment(), file).config.kernel_folder
    folder.mkdir(parents=True, exist_ok=True)
    os.environ.setdefault("NUMBA_CACHE_DIR", str(folder))
    from printyard.infra.workers.engine import analyse

    return analyse
