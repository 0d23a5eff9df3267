"""Rating scales of all kinds → stars from 1 to 5."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from unmet.ingest.headers import plain_name

MAX_DISTINCT = 2_000
"""A column with more distinct values is no rating."""

# Words → stars. Three-way words sit at 1, 3 and 5, graded words on every step. "_" stands for a space.
_STAR_WORDS: dict[float, str] = {
    5.0: """
        好评 正 正面 积极 正向 正评 喜欢 推荐购买 力荐 非常满意 很满意 非常好 强烈推荐 超赞 很好 非常喜欢 👍
        positive pos good like liked thumbs_up thumbsup happy excellent very_good very_satisfied love best
        strongly_recommend outstanding very_positive perfect
    """,
    4.0: "满意 推荐 较好 比较满意 satisfied somewhat_positive great",
    3.0: """
        中评 中 中性 中立 一般 还行 普通 没有意见 无所谓
        neutral neu average ok okay fair mixed so-so so_so mediocre
    """,
    2.0: "不满意 较差 不太满意 比较差 不推荐 dissatisfied poor unsatisfied somewhat_negative",
    1.0: """
        差评 负 负面 消极 负向 负评 讨厌 很差 非常不满意 很不满意 非常差 极差 👎
        negative neg bad dislike disliked
        thumbs_down thumbsdown unhappy terrible very_bad very_poor very_dissatisfied hate awful horrible worst
        very_negative
    """,
}
_WORDS = {word.replace("_", " "): stars for stars, words in _STAR_WORDS.items() for word in words.split()}
_DIGITS = (
    {c: i for i, c in enumerate("零一二三四五")}
    | {"两": 2}
    | {w: i for i, w in enumerate(("zero", "one", "two", "three", "four", "five"))}
)
_NUMBER = r"[-+]?\d+(?:[.,]\d+)?"
_PLAIN = re.compile(_NUMBER)
_OUT_OF = re.compile(
    rf"({_NUMBER})\s*(?:颗星|星|分|stars?|points?)?\s*(?:/|out\s+of|of|、?满分)\s*({_NUMBER})\s*(?:颗星|星|分|stars?|points?)?"
)
_STARS = re.compile(
    rf"(?:(?:stars?|allstar|rating|score|评分|打分)[-_ :：]*)?"
    rf"({_NUMBER})\s*(?:颗星|星级?|分|stars?|点|/)?"
)
_STAR_WORD = re.compile(
    r"(零|一|二|两|三|四|五|zero|one|two|three|four|five)\s*-?(?:颗星|星级?|分|stars?)(半)?(?:好评|差评)?"
)
_PERCENT = re.compile(rf"({_NUMBER})\s*%")
_SYMBOLS = re.compile(r"(?P<full>[★⭐🌟\ufe0f]+)(?P<half>[½⯨])?(?P<empty>[☆✩]*)|(?P<none>[☆✩]{3,5})")


@dataclass(frozen=True, slots=True)
class RatingScale:
    """How a rating column is read: ``low``–``high`` map linearly to 1–5; ``why`` says how it was decided."""

    name: str  # 0/1, -1/0/1, 1-5, 0-5, 1-10, 0-10, 0-100 or words
    low: float
    high: float
    why: str
    confidence: float

    def stars(self, value: float) -> float | None:
        """A number on this scale as stars, or ``None`` where it is off the scale."""
        if not self.low <= value <= self.high:
            return None
        return 1.0 + 4.0 * (value - self.low) / (self.high - self.low)


_WORD_SCALE_LOW, _WORD_SCALE_HIGH = 1.0, 5.0
_HEADER_RANGE = re.compile(r"(?<!\d)([01])\s*(?:-|–|~|至|到|to)\s*(5|7|10|100)(?!\d)")
_STRONG = re.compile(r"star|rating|星|评分|打分|得分|score|满意度|overall")


@dataclass(frozen=True, slots=True)
class _Reading:
    """One raw value: a number on the column's own scale, or stars that need no scale."""

    number: float | None = None
    stars: float | None = None


def read_value(raw: str) -> _Reading:
    """What a raw rating says by itself."""
    text = unicodedata.normalize("NFKC", raw).strip().strip("\"'").lower()
    if not text:
        return _Reading()
    if _PLAIN.fullmatch(text):
        return _Reading(number=_float(text))
    if text in _WORDS:
        return _Reading(stars=_WORDS[text])
    return _read_pattern(text)


def _read_pattern(text: str) -> _Reading:
    if match := _OUT_OF.fullmatch(text):
        value, top = _float(match[1]), _float(match[2])
        if top in (3.0, 4.0, 5.0, 6.0, 7.0, 10.0, 100.0) and 0 <= value <= top:
            return _Reading(
                stars=value if top == 5 and value >= 1 else _linear(value, 0 if top > 10 else 1, top)
            )
    elif match := _SYMBOLS.fullmatch(text):
        n_full = len((match["full"] or "").replace("\ufe0f", ""))
        n = n_full + (0.5 if match["half"] else 0.0)
        return _Reading(stars=float(n)) if 1 <= n <= 5 else _Reading()
    elif match := _STAR_WORD.fullmatch(text):
        n = _DIGITS[match[1]] + (0.5 if match[2] else 0.0)
        return _Reading(stars=float(n)) if 1 <= n <= 5 else _Reading()
    elif match := _PERCENT.fullmatch(text):
        return _Reading(stars=_linear(_float(match[1]), 0, 100))
    elif match := _STARS.fullmatch(text):
        number = _float(match[1])
        return _Reading(number=number / 10 if text.startswith("allstar") else number)
    return _Reading()


def _float(text: str) -> float:
    return float(text.replace(",", "."))


def _linear(value: float, low: float, high: float) -> float | None:
    return RatingScale("", low, high, "", 1.0).stars(max(value, low)) if value <= high else None


def decide_scale(counts: Mapping[str, int], header: str = "", *, told: bool = False) -> RatingScale | None:
    """Find the scale of a rating column.

    Args:
        counts: how often each distinct raw value occurs.
        header: the column's name; words such as 评分 or stars make 1–5 the reading of doubtful columns.
        told: the user named this column, so a doubtful scale is taken instead of refused.

    Returns:
        The scale, or ``None`` if the column is no rating (under 90% of its values can be read).
    """
    numbers: dict[float, int] = {}
    n_words = n_total = 0
    for raw, n in counts.items():
        if not raw.strip() or raw.strip().lower() in _NO_VALUE:
            continue
        n_total += n
        reading = read_value(raw)
        if reading.stars is not None:
            n_words += n
        elif reading.number is not None:
            numbers[reading.number] = numbers.get(reading.number, 0) + n
    n_numbers = sum(numbers.values())
    if not n_total or n_words + n_numbers < (0.5 if told else 0.9) * n_total:
        return None
    if n_words >= n_numbers:
        why = "the values name their own scale"
        return RatingScale("words", _WORD_SCALE_LOW, _WORD_SCALE_HIGH, why, 0.95)
    return _numeric_scale(numbers, bool(_STRONG.search(plain_name(header))), told, header)


_NO_VALUE = frozenset({"nan", "null", "none", "n/a", "na", "-", "无", "未评分", "\\n"})


def _numeric_scale(numbers: Mapping[float, int], strong: bool, told: bool, header: str) -> RatingScale | None:
    values = set(numbers)
    known = _named_scale(header, values) or _sign_scale(values, strong)
    if known is not None:
        return known
    if not strong and not told and values <= {0.0, 1.0, 2.0}:
        return None  # three class numbers with no order that could be known
    fitting = _fitting_range(numbers, strong)
    if fitting is None or (fitting[0] == "0-100" and not strong and not told):
        return None  # any count would pass for a percentage
    name, low, high, note = fitting
    why = f"values {min(values):g} to {max(values):g}{note}"
    return RatingScale(name, low, high, why, 0.9 if strong and not note else 0.7)


def _named_scale(header: str, values: set[float]) -> RatingScale | None:
    """The scale that the column's name gives, as ``满意度(1-10)`` does, where the values keep to it."""
    found = _HEADER_RANGE.search(unicodedata.normalize("NFKC", header))
    if found:
        low, high = float(found[1]), float(found[2])
        if all(low <= value <= high for value in values):
            return RatingScale(f"{low:g}-{high:g}", low, high, "the column name gives the range", 0.95)
    if plain_name(header) == "nps" and all(0 <= value <= 10 for value in values):
        return RatingScale("0-10", 0, 10, "net promoter question", 0.9)
    return None


def _sign_scale(values: set[float], strong: bool) -> RatingScale | None:
    """Dislike and like as 0/1 or −1/0/1."""
    if values <= {-1.0, 0.0, 1.0} and -1.0 in values:
        return RatingScale("-1/0/1", -1, 1, f"only {_listed(values)}", 0.9)
    if values <= {0.0, 1.0} and (0.0 in values or not strong):
        return RatingScale("0/1", 0, 1, f"only {_listed(values)}", 0.8 if len(values) == 2 else 0.5)
    return None


def _fitting_range(numbers: Mapping[float, int], strong: bool) -> tuple[str, float, float, str] | None:
    """The narrowest usual range that holds 98% of the values. Zeros get the reading they need."""
    total = sum(numbers.values())

    def covers(low: float, high: float) -> bool:
        return sum(n for value, n in numbers.items() if low <= value <= high) >= 0.98 * total

    n_zero = numbers.get(0.0, 0)
    fractions = any(0 < value < 1 for value in numbers)
    if covers(1, 5):
        return "1-5", 1, 5, ""
    if covers(0, 5):
        if strong and not fractions and n_zero < 0.2 * total:
            return "1-5", 1, 5, "; 0 is taken as not rated"
        return "0-5", 0, 5, ""
    if covers(0, 10):
        return ("0-10", 0, 10, "") if n_zero else ("1-10", 1, 10, "")
    return ("0-100", 0, 100, "") if covers(0, 100) else None


def _listed(values: set[float]) -> str:
    return " and ".join(f"{value:g}" for value in sorted(values))


def to_stars(raw: pl.Series, scale: RatingScale) -> pl.Series:
    """Raw values as stars 1–5 (Float64); null where empty, unreadable or off the scale."""
    distinct = raw.unique()
    stars = [None if value is None else _stars_of(value, scale) for value in distinct]
    return raw.replace_strict(distinct, pl.Series(stars, dtype=pl.Float64), return_dtype=pl.Float64)


def _stars_of(raw: str, scale: RatingScale) -> float | None:
    reading = read_value(raw)
    if reading.stars is not None:
        return reading.stars
    return None if reading.number is None else scale.stars(reading.number)
