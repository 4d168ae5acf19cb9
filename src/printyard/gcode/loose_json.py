"""Reads JSON as people write it: with comments, trailing commas, bare keys and single quotes (most of JSON5).

klipper_estimator's configurations are JSON5; Python brings no reader for it.
"""

import json
import re
from typing import Any, Final

MAX_CHARACTERS: Final = 1_000_000

_TOKEN: Final = re.compile(
    r"""(?P<space>[\s\ufeff]+|//[^\n]*|/\*.*?\*/)
    |(?P<double>"(?:[^"\\\n]|\\.)*")
    |(?P<single>'(?:[^'\\\n]|\\.)*')
    |(?P<sign>[{}\[\]:,])
    |(?P<hexadecimal>[+-]?0[xX][0-9a-fA-F]+)
    |(?P<number>[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)
    |(?P<name>[A-Za-z_$][\w$]*)""",
    re.VERBOSE | re.DOTALL,
)
_QUOTED: Final = re.compile(r'\\(.)|"', re.DOTALL)
_WORDS: Final = frozenset({"true", "false", "null"})


def read_loose_json(text: str) -> Any:  # noqa: ANN401 - whatever stands there
    """The value that stands in a text. Raises ValueError with a sentence that names the line."""
    if len(text) > MAX_CHARACTERS:
        raise ValueError(f"more than {MAX_CHARACTERS:,} characters")
    tokens = _tokens(text)
    strict: list[str] = []
    lines: list[int] = []
    for place, (token, kind, line) in enumerate(tokens):
        after = tokens[place + 1][0] if place + 1 < len(tokens) else ""
        if _is_spare(token, after):
            if not strict or strict[-1] in (",", "[", "{", ":"):
                raise ValueError(f"line {line}: a comma too many")
            continue
        strict.append(_strict(token, kind, line, is_key=after == ":"))
        lines.append(line)
    try:
        return json.loads("\n".join(strict))  # each part on a line of its own, so that errors tell which it was
    except json.JSONDecodeError as error:
        line = lines[min(error.lineno, len(lines)) - 1] if lines else 1
        raise ValueError(f"line {line}: {error.msg[0].lower()}{error.msg[1:]}") from error
    except RecursionError as error:
        raise ValueError("too deep a structure") from error


def _tokens(text: str) -> list[tuple[str, str, int]]:
    """The parts of a text with their kinds and lines, without white space and comments."""
    tokens: list[tuple[str, str, int]] = []
    place, line = 0, 1
    while place < len(text):
        match = _TOKEN.match(text, place)
        if match is None or match.lastgroup is None:
            raise ValueError(f"line {line}: cannot be read at {text[place : place + 20]!r}")
        if match.lastgroup != "space":
            tokens.append((match[0], match.lastgroup, line))
        line += match[0].count("\n")
        place = match.end()
    return tokens


def _strict(token: str, kind: str, line: int, *, is_key: bool) -> str:
    """A part as JSON writes it."""
    if kind == "name":
        if is_key:
            return json.dumps(token)
        if token not in _WORDS:
            raise ValueError(f"line {line}: {token} is no value")
    if kind == "single":
        return f'"{_QUOTED.sub(_requoted, token[1:-1])}"'
    if kind == "hexadecimal":
        return str(int(token, 16))
    return _plain_number(token) if kind == "number" else token


def _requoted(match: re.Match[str]) -> str:
    if match[1] is None:
        return '\\"'
    return "'" if match[1] == "'" else match[0]


def _plain_number(token: str) -> str:
    value = float(token)
    if value in (float("inf"), float("-inf")):
        raise ValueError(f"{token} is too large a number")
    return repr(int(token)) if token.lstrip("+-").isdigit() and len(token) < 30 else repr(value)


def _is_spare(part: str, after: str) -> bool:
    """A comma that JSON doesn't know: before a closing bracket."""
    return part == "," and after in ("}", "]")
