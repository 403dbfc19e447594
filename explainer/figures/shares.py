"""Probabilities and signed amounts as people read them, one way on every page."""

LEAST = 0.0005  # what would be printed as nothing, or as everything


def in_percent(probability: float) -> str:
    """ "14.4%"; "< 0.1%" and "> 99.9%" where one digit would say nothing or all."""
    if 0 < probability < LEAST:
        return "<\u00a00.1%"
    if 1 - LEAST < probability < 1:
        return ">\u00a099.9%"
    return f"{probability:.1%}"


def signed(number: float, digits: int = 2) -> str:
    """+1.25 or −1.25, with a minus sign that is one."""
    return f"{number:+.{digits}f}".replace("-", "−")
