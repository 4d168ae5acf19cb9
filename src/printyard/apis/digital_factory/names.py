"""What people are called here: the API's usernames know only letters, digits and single separators."""

import re

from printyard.apis.digital_factory.schemas.words import Username

FOREIGN = re.compile(r"[^A-Za-z0-9 _.-]+")
RUNS = re.compile(r"[ _.-]{2,}")
SHORTEST, LONGEST = 3, 100


def username(name: str) -> Username:
    """A name in the API's form; what does not fit becomes a hyphen."""
    clean = RUNS.sub("-", FOREIGN.sub("-", name)).strip(" _.-")[:LONGEST].strip(" _.-")
    if len(clean) >= SHORTEST:
        return clean
    return f"user-{clean}" if clean else "user"
