"""Numbers and names in words, on the page as in reports."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import Any

from facelib.errors import BadValueError
from facelib.utilities.checks import as_number

NOTHING = "–"
NAMES = {"faceapi": "face-api.js", "human": "human.js"}
SENTENCE_END = re.compile(r"(?<=\.)\s+")
LONG_NAME = 60  # letters of a name, in a sentence
TINY = 0.0005  # numbers below it are shown with a power of ten


def places_for(delta: float) -> int:
    """Return how many decimals of a probability are shown: two, or as many as a smaller margin needs.

    >>> [places_for(delta) for delta in (0.1, 0.05, 0.005, float("nan"))]
    [2, 2, 3, 2]
    """
    if not math.isfinite(delta) or delta <= 0:
        return 2
    return max(2, -math.floor(math.log10(delta)))


def plain(value: float, places: int = 2) -> str:
    """Return a share without its leading zero and with a real minus sign; unknown ones are a dash.

    >>> plain(0.95), plain(1.0), plain(-0.5), plain(-0.001), plain(float("nan"))
    ('.95', '1.00', '−.50', '.00', '–')
    """
    if value is None or not math.isfinite(value):
        return NOTHING
    text = f"{abs(value):.{places}f}".removeprefix("0")
    return f"−{text}" if value < 0 and text.strip(".0") else text


def signed(value: float, places: int = 2) -> str:
    """Return a change with its sign; one that rounds to zero has none.

    >>> signed(0.049), signed(-0.62), signed(0.001), signed(float("nan"))
    ('+.05', '−.62', '.00', '–')
    """
    text = plain(value, places)
    return f"+{text}" if value > 0 and text.strip(".0") else text


def interval(low: float, high: float, places: int = 2) -> str:
    """Return an interval of changes.

    >>> interval(-0.71, 0.0523), interval(float("nan"), 1)
    ('−.71 to +.05', '–')
    """
    if not (math.isfinite(low) and math.isfinite(high)):
        return NOTHING
    return f"{signed(low, places)} to {signed(high, places)}"


def shown_name(name: str) -> str:
    """Return a classifier's name as people read it, where its id would be taken for something else.

    >>> shown_name("fer"), shown_name("human")
    ('fer', 'human.js')
    """
    return NAMES.get(name, name)


def in_unit(text: str, unit: str | None) -> str:
    """Return a number that is already text with its unit, if it has one.

    >>> in_unit("3.20", "years"), in_unit(".40", ""), in_unit(".40", None)
    ('3.20 years', '.40', '.40')
    """
    return f"{text} {unit}" if unit else text


def chance(p: float) -> str:
    """Return a p-value for a table; a dash if there was no test.

    >>> chance(0.0312), chance(0.00001), chance(float("nan"))
    ('.031', '< .001', '–')
    """
    return format_p(p) if math.isfinite(p) else NOTHING


def p_is(p: float) -> str:
    """Return a p-value as it stands behind the letter p.

    >>> f"p {p_is(0.0312)}", f"p {p_is(0.00001)}"
    ('p = .031', 'p < .001')
    """
    text = format_p(p)
    return text if text[0] in "<>" else f"= {text}"


def margin(delta: float) -> str:
    """Return δ with as many decimals as it has, two at least.

    >>> margin(0.1), margin(0.05), margin(0.025), margin(2)
    ('.10', '.05', '.025', '2.00')
    """
    text = f"{delta:.2f}" if round(delta, 2) == delta else f"{delta:.3g}"
    return text.removeprefix("0")


def percent(share: float) -> str:
    """Return a share in per cent; one decimal where it is small and no whole number.

    >>> percent(0.253), percent(0.0357), percent(0.05), percent(0), percent(float("nan"))
    ('25 %', '3.6 %', '5 %', '0 %', '–')
    """
    if not math.isfinite(share):
        return NOTHING
    value = 100 * share
    decimal = abs(value) < 9.95 and not math.isclose(value, round(value))
    return f"{value:.1f} %" if decimal else f"{value:.0f} %"


def as_word(value: Any) -> str:
    """Return a value of a table as text.

    >>> as_word(1.0), as_word(" before "), as_word(True)
    ('1', 'before', 'True')
    """
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip()


def counted(number: int, noun: str, many: str = "") -> str:
    """Return a number with its noun.

    >>> counted(1, "identity", "identities"), counted(3, "face"), counted(12000, "row")
    ('1 identity', '3 faces', '12,000 rows')
    """
    return f"{number:,} {noun if number == 1 else many or f'{noun}s'}"


def duration(seconds: float) -> str:
    """Return a time in words.

    >>> [duration(0.4), duration(80), duration(7300)]
    ['less than 1 s', '1 min 20 s', '2 h 1 min']
    """
    whole = round(seconds)
    if whole < 1:
        return "less than 1 s"
    minutes, rest = divmod(whole, 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


def short_name(name: str) -> str:
    """Return a name that a stranger chose as it stands in a sentence: of a long one the start, no controls.

    >>> short_name("p07.jpg"), short_name("a" + chr(7)).isprintable(), len(short_name("x" * 500))
    ('p07.jpg', True, 61)
    """
    short = name if len(name) <= LONG_NAME else f"{name[:LONG_NAME]}…"
    return short if short.isprintable() else ascii(short)[1:-1]


def with_article(noun: str) -> str:
    """Return a noun with its article, by how it begins.

    >>> with_article("electrode"), with_article("face"), with_article("one-sided palsy")
    ('an electrode', 'a face', 'a one-sided palsy')
    """
    begin = noun[:4].lower()
    vowel = begin[:1] in set("aeiou") and not begin.startswith(("uni", "use", "one", "eu"))
    return f"{'an' if vowel else 'a'} {noun}"


def sentences(text: str) -> list[str]:
    """Return the sentences of a text.

    >>> sentences("Few people. p can't be below .05. "), sentences("")
    (['Few people.', "p can't be below .05."], [])
    """
    return [part for part in SENTENCE_END.split(text.strip()) if part]


def listed(names: Sequence[str]) -> str:
    """Return names in a sentence.

    >>> listed(["a"]), listed(["a", "b"]), listed(["a", "b", "c"]), listed([])
    ('a', 'a and b', 'a, b and c', '')
    """
    return " and ".join(filter(None, [", ".join(names[:-1]), *names[-1:]]))


def capital(text: str) -> str:
    """Return a text that begins a sentence.

    >>> capital("one side weaker"), capital("")
    ('One side weaker', '')
    """
    return text[:1].upper() + text[1:]


def slug(name: str) -> str:
    """Return a name that is safe in a file's name and in an id.

    >>> slug("asymmetric_expression(side=right)"), slug("../<b>"), slug("")
    ('asymmetric_expression_side_right', 'b', 'x')
    """
    return re.sub(r"[^A-Za-z0-9_]+", "_", name).strip("_")[:80] or "x"


def slugs(names: Sequence[str]) -> dict[str, str]:
    """Return a slug of its own for every name.

    >>> slugs(["palsy(side=right)", "palsy side right", "возраст"])
    {'palsy(side=right)': 'palsy_side_right', 'palsy side right': 'palsy_side_right_2', 'возраст': 'x'}
    """
    by_name: dict[str, str] = {}
    for name in names:
        plain_one, count = slug(name), 1
        while (own := plain_one if count == 1 else f"{plain_one}_{count}") in by_name.values():
            count += 1
        by_name[name] = own
    return by_name


def format_number(value: float) -> str:
    """Return a number of the size of 1 with three decimals, or what is smaller with its power of ten.

    Examples
    --------
    >>> format_number(-0.6234), format_number(1e-7), format_number(0), format_number(12.5)
    ('−.623', '1.0e−07', '0', '12.500')
    """
    number = as_number(value, "A number")
    if number == 0:
        return "0"
    text = f"{abs(number):.1e}" if abs(number) < TINY else f"{abs(number):.3f}".removeprefix("0")
    return ("−" if number < 0 else "") + text.replace("-", "−")


def format_p(p: float) -> str:
    """Return a p-value as APA writes it: three decimals, no leading zero, never ".000" or "1.000".

    Raises
    ------
    BadValueError
        If it isn't a number from 0 to 1.

    Examples
    --------
    >>> format_p(0.0031), format_p(0.0004), format_p(1)
    ('.003', '< .001', '> .999')
    """
    number = as_number(p, "A p-value")
    if not 0 <= number <= 1:
        msg = f"A p-value lies between 0 and 1; got {p!r}."
        raise BadValueError(msg)
    if number < 0.001:
        return "< .001"
    if number >= 0.9995:
        return "> .999"
    return f"{number:.3f}".removeprefix("0")
