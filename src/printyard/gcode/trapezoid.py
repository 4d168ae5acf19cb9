"""The way along a move that speeds up, cruises and slows down."""


def travelled(
    elapsed: float, duration: float, start: float, cruise: float, end: float, acceleration: float
) -> tuple[float, float]:
    """The part of a trapezoid's way (0..1) done after some seconds, and the speed there."""
    if duration <= 0.0 or cruise <= 0.0:
        return 1.0, 0.0
    up = (cruise - start) / acceleration
    down = (cruise - end) / acceleration
    level = max(duration - up - down, 0.0)
    up_way, down_way = up * (start + cruise) / 2, down * (cruise + end) / 2
    way = up_way + level * cruise + down_way
    if way <= 0.0:
        return elapsed / duration, cruise
    if elapsed < up:
        done, speed = elapsed * (start + acceleration * elapsed / 2), start + acceleration * elapsed
    elif elapsed <= up + level:
        done, speed = up_way + cruise * (elapsed - up), cruise
    else:
        left = duration - elapsed
        done, speed = way - left * (end + acceleration * left / 2), end + acceleration * left
    return min(max(done / way, 0.0), 1.0), speed
