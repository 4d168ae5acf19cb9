"""`python -m printyard` is the command `printyard`."""

from printyard.app.cli import main

if __name__ == "__main__":
    main()
