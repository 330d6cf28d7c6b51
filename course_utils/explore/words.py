"""Words that several explorations share."""

__all__ = ["a_digit"]


def a_digit(digit) -> str:
    """A digit, or a text that begins with one, with its article: “a 7”, “an 8”."""
    return f"{'an' if str(digit).startswith('8') else 'a'} {digit}"
