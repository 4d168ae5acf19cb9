"""Reads the parts of a line out of the block. What is not in the plain style of a slicer is left to plain Python."""

from typing import Any, Final

import numpy as np

from printyard.gcode.kernel.compiled import at, inlined

NEWLINE, RETURN, SPACE, TAB = ord("\n"), ord("\r"), ord(" "), ord("\t")
SEMICOLON, DOT, MINUS, PLUS = ord(";"), ord("."), ord("-"), ord("+")
ZERO, LETTER_A, LETTER_Z, FOLD, ASCII = ord("0"), ord("A"), ord("Z"), 0xDF, 0x80

MAX_CODE_DIGITS: Final = 4
MAX_DIGITS: Final = 15
"""So many digits fit a double exactly, and their quotient by a power of ten is rounded once, as float() rounds."""
MAX_LINE_NUMBER_DIGITS: Final = 18
UNUSUAL: Final = -1

POWERS_OF_TEN: Final = np.array([10.0**exponent for exponent in range(MAX_DIGITS + 1)])


@inlined
def is_blank(byte: int) -> bool:
    """A space or a tab."""
    return byte in (SPACE, TAB)


@inlined
def after_blanks(block: Any, place: int) -> int:
    """The place of the next byte that is no blank."""
    while is_blank(block[at(place)]):
        place += 1
    return place


@inlined
def after_white(block: Any, place: int) -> int:
    """The place of the next byte that is no white space of ASCII; the newline is none."""
    while is_blank(block[at(place)]) or NEWLINE < block[at(place)] <= RETURN:
        place += 1
    return place


@inlined
def end_of_line(block: Any, place: int) -> int:
    """The place of the next newline. Every block ends with one."""
    while block[at(place)] != NEWLINE:
        place += 1
    return place


@inlined
def ends_word(byte: int) -> bool:
    """What may stand right after a word."""
    return byte in (SPACE, NEWLINE, RETURN, SEMICOLON, TAB)


@inlined
def after_line_number(block: Any, place: int) -> int:
    """The place after `N123 `, which begins here; UNUSUAL if it isn't that plain."""
    digits = place + 1
    end = digits
    while ZERO <= block[at(end)] <= ZERO + 9:
        end += 1
    if not 0 < end - digits <= MAX_LINE_NUMBER_DIGITS:
        return UNUSUAL
    return after_blanks(block, end)


@inlined
def read_code(block: Any, place: int) -> tuple[int, int]:
    """The command's number and the place after it; UNUSUAL as the number if it isn't plain."""
    code, end = 0, place
    while ZERO <= block[at(end)] <= ZERO + 9 and end - place <= MAX_CODE_DIGITS:
        code = code * 10 + (block[at(end)] - ZERO)
        end += 1
    if not 0 < end - place <= MAX_CODE_DIGITS:
        return UNUSUAL, end
    return code, end


@inlined
def read_number(block: Any, place: int) -> tuple[float, int]:
    """A plain decimal number and the place after it; UNUSUAL as the place if it has an exponent or too many digits."""
    negative = block[at(place)] == MINUS
    if negative or block[at(place)] == PLUS:
        place += 1
    mantissa, digits, decimals = 0, 0, 0
    while ZERO <= block[at(place)] <= ZERO + 9:
        mantissa = mantissa * 10 + (block[at(place)] - ZERO)
        digits += 1
        place += 1
    if block[at(place)] == DOT:
        place += 1
        while ZERO <= block[at(place)] <= ZERO + 9:
            mantissa = mantissa * 10 + (block[at(place)] - ZERO)
            decimals += 1
            place += 1
    digits += decimals
    if not 0 < digits <= MAX_DIGITS or not ends_word(block[at(place)]):
        return 0.0, UNUSUAL
    value = float(mantissa)
    if decimals > 0:
        value /= POWERS_OF_TEN[decimals]
    return -value if negative else value, place


@inlined
def read_words(block: Any, place: int, words: Any) -> tuple[int, int, bool]:
    """The letters that a line gives (one bit each, their numbers in `words`), where they end, and if one is repeated.

    Ends at the newline, or at the `;` of a comment. UNUSUAL as the letters if a word is not plain.
    """
    letters, repeated = 0, False
    if not ends_word(block[at(place)]):
        return UNUSUAL, place, repeated
    while True:
        place = after_blanks(block, place)
        byte = block[at(place)]
        letter = byte & FOLD
        if not LETTER_A <= letter <= LETTER_Z:
            if byte == RETURN and block[at(place + 1)] == NEWLINE:
                place += 1
            elif byte not in (NEWLINE, SEMICOLON):
                letters = UNUSUAL
            return letters, place, repeated
        value, place = read_number(block, place + 1)
        if place == UNUSUAL:
            return UNUSUAL, place, repeated
        bit = 1 << (letter - LETTER_A)
        repeated = repeated or letters & bit != 0
        letters |= bit
        words[letter - LETTER_A] = value
