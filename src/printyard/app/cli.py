"""The command line."""

import asyncio
import logging
import sys
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import click

from printyard import __version__
from printyard.app.config import ConfigError, Loaded, environment, load
from printyard.app.gcode_commands import gcode


class Program(click.Group):
    """The commands; what is wrong with the configuration is said in one sentence."""

    def invoke(self, ctx: click.Context) -> Any:  # noqa: ANN401
        try:
            return super().invoke(ctx)
        except ConfigError as error:
            raise click.ClickException(str(error)) from error


@click.group(cls=Program)
@click.version_option(__version__, prog_name="printyard")
@click.option(
    "--config",
    type=click.Path(path_type=Path, dir_okay=False),
    help="The configuration file (default: printyard.toml).",
)
@click.option("--data", help="The data folder.")
@click.pass_context
def main(context: click.Context, config: Path | None, data: str | None) -> None:
    """Put any 3D printer into the yard, and every tool that people already use sees it as one of its own."""
    context.obj = (config, {"data": data})


main.add_command(gcode)


def _loaded(context: click.Context, **options: Any) -> Loaded:  # noqa: ANN401
    file, common = context.find_root().obj
    loaded = load(common | options, environment(), file)
    _log(loaded)
    return loaded


def _log(loaded: Loaded) -> None:
    from printyard.app.logs import configure

    configure(loaded.config.log_level, as_json=loaded.config.log_json)


@main.command()
@click.option("--host", help="The address to listen on (default: 127.0.0.1).")
@click.option("--port", type=int, help="The port to listen on (default: 7200).")
@click.pass_context
def serve(context: click.Context, host: str | None, port: int | None) -> None:
    """Run the server."""
    from printyard.app.lifecycle import Started, serve as run_server

    loaded = _loaded(context, host=host, port=port)

    async def ready(started: Started) -> None:
        click.echo(f"Printyard answers at {started.address}")
        if started.made_token:
            click.echo(f"The admin token, shown this once: {started.made_token}")

    _run(lambda: run_server(loaded.config, ready))


@main.command()
@click.option("--host", help="The address to listen on (default: 127.0.0.1).")
@click.option("--port", type=int, help="The port to listen on (default: 7200).")
@click.option(
    "--speed", type=float, default=60.0, show_default=True, help="How many times as fast the printers' clocks run."
)
@click.pass_context
def demo(context: click.Context, host: str | None, port: int | None, speed: float) -> None:
    """Run a yard of six virtual printers that print real files, in a fresh data folder."""
    from printyard.app.demo import demo_config, show
    from printyard.app.lifecycle import serve as run_server

    loaded = _loaded(context, host=host, port=port)
    with demo_config(loaded.config) as config:
        _run(lambda: run_server(config, show(config, speed, click.echo)))


@main.command()
@click.pass_context
def doctor(context: click.Context) -> None:
    """Look at everything that could be wrong, and say so."""
    from printyard.app.doctor import examine
    from printyard.app.registry import discover

    marks = {"ok": "  ok   ", "note": "  note ", "wrong": "  WRONG"}
    findings = list(examine(_loaded(context), discover()))
    for finding in findings:
        click.echo(f"{marks[finding.level]} {finding.subject}: {finding.text}")
    if any(finding.level == "wrong" for finding in findings):
        sys.exit(1)


@main.group()
def printer() -> None:
    """Add, list and remove printers."""


@printer.command("list")
@click.pass_context
def printer_list(context: click.Context) -> None:
    """List the printers."""
    for row in asked(context, "GET", "/printers"):
        click.echo(f"{row['slug']:24} {row['driver']:10} {row['model']:24} {row['state']['activity']}")


@printer.command("add")
@click.argument("name")
@click.option("--driver", default="virtual", show_default=True)
@click.option(
    "--set",
    "settings",
    multiple=True,
    metavar="KEY=VALUE",
    help="A setting of the driver, such as model='Ultimaker S5'.",
)
@click.pass_context
def printer_add(context: click.Context, name: str, driver: str, settings: tuple[str, ...]) -> None:
    """Add a printer."""
    chosen = dict(setting.partition("=")[::2] for setting in settings)
    row = asked(context, "POST", "/printers", {"name": name, "driver": driver, "settings": chosen})
    click.echo(row["slug"])


@printer.command("remove")
@click.argument("slug")
@click.pass_context
def printer_remove(context: click.Context, slug: str) -> None:
    """Remove a printer; its history stays."""
    asked(context, "DELETE", f"/printers/{slug}")


@main.group()
def user() -> None:
    """Manage people."""


@user.command("add")
@click.argument("name")
@click.option(
    "--role", type=click.Choice(["admin", "operator", "member", "guest"]), default="member", show_default=True
)
@click.password_option()
@click.pass_context
def user_add(context: click.Context, name: str, role: str, password: str) -> None:
    """Add somebody, with a password."""
    asked(context, "POST", "/users", {"name": name, "role": role, "password": password})


@user.command("list")
@click.pass_context
def user_list(context: click.Context) -> None:
    """List the accounts."""
    for row in asked(context, "GET", "/users"):
        click.echo(f"{row['name']:24} {row['role']:10} {'switched off' if row['disabled'] else ''}".rstrip())


@user.command("change")
@click.argument("name")
@click.option("--role", type=click.Choice(["admin", "operator", "member", "guest"]))
@click.option("--disable/--enable", "disabled", default=None, help="Switch the account off, or on again.")
@click.pass_context
def user_change(context: click.Context, name: str, role: str | None, disabled: bool | None) -> None:  # noqa: FBT001
    """Change what somebody may."""
    given = {key: value for key, value in {"role": role, "disabled": disabled}.items() if value is not None}
    asked(context, "PATCH", f"/users/{_user_id(context, name)}", given)


@user.command("password")
@click.argument("name")
@click.password_option()
@click.pass_context
def user_password(context: click.Context, name: str, password: str) -> None:
    """Give somebody another password; their browsers and programs have to sign in again."""
    asked(context, "PUT", f"/users/{_user_id(context, name)}/password", {"password": password})


@user.command("remove")
@click.argument("name")
@click.pass_context
def user_remove(context: click.Context, name: str) -> None:
    """Remove an account, with all that it could sign in with."""
    asked(context, "DELETE", f"/users/{_user_id(context, name)}")


def _user_id(context: click.Context, name: str) -> str:
    for row in asked(context, "GET", "/users"):
        if row["name"].casefold() == name.casefold():
            return str(row["id"])
    raise click.ClickException(f"There is no user {name!r}.")


@main.group()
def token() -> None:
    """Manage personal access tokens."""


@token.command("list")
@click.pass_context
def token_list(context: click.Context) -> None:
    """List the tokens that are good; their secrets were shown once."""
    for row in asked(context, "GET", "/tokens"):
        if row["revoked_at"] is None:
            click.echo(f"{row['id']} {row['name']:24} {row['role']:10} {row['last_used_at'] or 'never used'}")


@token.command("revoke")
@click.argument("id")
@click.pass_context
def token_revoke(context: click.Context, id: str) -> None:  # noqa: A002 (the name of the argument)
    """Take a token's power away."""
    asked(context, "DELETE", f"/tokens/{id}")


@token.command("new")
@click.argument("name")
@click.option(
    "--role", type=click.Choice(["admin", "operator", "member", "guest"]), default="member", show_default=True
)
@click.pass_context
def token_new(context: click.Context, name: str, role: str) -> None:
    """Make a token; it is shown this once."""
    click.echo(asked(context, "POST", "/tokens", {"name": name, "role": role})["secret"])


@main.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.pass_context
def backup(context: click.Context, file: Path) -> None:
    """Write database, files, keys and configuration to FILE; works while printing."""
    from printyard.app.archive import save

    save(_loaded(context), file.absolute())


@main.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@click.pass_context
def restore(context: click.Context, file: Path) -> None:
    """Restore a backup into an empty data folder."""
    from printyard.app.archive import bring_back

    bring_back(_loaded(context).config, file)


@main.command(hidden=True)
@click.pass_context
def warm(context: click.Context) -> None:
    """Fill the cache of compiled kernels, so that the first analysis is a fast one."""
    from printyard.app.warming import warm as warm_up

    config = _loaded(context).config
    click.echo(_run(lambda: warm_up(config)))


def asked(context: click.Context, method: str, path: str, body: Any = None) -> Any:  # noqa: ANN401
    """One request to the native API: of the server that runs on the data folder, or of one that is started for it."""
    from printyard.app.control import ServerRefused, ask, found
    from printyard.app.lifecycle import once

    config = _loaded(context).config
    control = found(config.folder)
    try:
        if control is not None:
            return _run(lambda: ask(control, method, path, body))
        return _run(lambda: once(config, lambda started: ask(started, method, path, body)))
    except ServerRefused as error:
        raise click.ClickException(str(error)) from error


def _run(work: Callable[[], Coroutine[Any, Any, Any]]) -> Any:  # noqa: ANN401
    """Run a coroutine on the fastest loop there is. Errors of the domain are said in one sentence."""
    from printyard.core.errors import CoreError

    try:
        import uvloop
    except ImportError:
        runner = asyncio.Runner()
    else:
        runner = asyncio.Runner(loop_factory=uvloop.new_event_loop)
    try:
        with runner:
            return runner.run(work())
    except CoreError as error:
        raise click.ClickException(error.message) from error
    except KeyboardInterrupt:
        logging.getLogger(__name__).info("interrupted")
        return None
