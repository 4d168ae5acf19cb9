"""`python -m printyard.infra.workers NAME --parent PID`: a worker, started by the server."""

import sys

from printyard.infra.workers.worker import Handlers, serve


def handlers_of(name: str) -> Handlers:
    """What a worker of this name can do."""
    if name == "gcode":
        from printyard.infra.workers import analyst

        return analyst.handlers()
    if name == "camera":
        from printyard.infra.workers import camera

        return camera.handlers()
    raise SystemExit(f"there is no worker {name!r}")


def main() -> None:
    """Serve until the server hangs up."""
    name, _, parent = sys.argv[1:]
    serve(handlers_of(name), int(parent))


if __name__ == "__main__":
    main()
