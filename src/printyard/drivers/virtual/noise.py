"""Noise out of nothing but numbers: the same seed, channel and step give the same value, whoever asks and how often."""

_MASK = (1 << 64) - 1


def word(seed: int, channel: int, step: int) -> int:
    """64 mixed bits (the finish of splitmix64)."""
    mixed = (seed * 0x9E3779B97F4A7C15 + channel * 0xBF58476D1CE4E5B9 + step * 0x94D049BB133111EB) & _MASK
    mixed = ((mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    mixed = ((mixed ^ (mixed >> 27)) * 0x94D049BB133111EB) & _MASK
    return mixed ^ (mixed >> 31)


def jitter(seed: int, channel: int, step: int) -> float:
    """A value in [-1, 1)."""
    return word(seed, channel, step) / (1 << 63) - 1.0


def digits(seed: int, channel: int, count: int) -> str:
    """So many hexadecimal digits (at most 16): serial numbers and the like."""
    return f"{word(seed, channel, 0):016x}"[:count]
