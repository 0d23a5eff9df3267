"""Check digits and plausible dates: what tells a card or an identity number from any long number."""

from __future__ import annotations

_ID_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_ID_CHECK = "10X98765432"


def is_luhn(digits: str) -> bool:
    """Whether a digit string passes the Luhn check (ISO/IEC 7812-1) that bank cards use.

    >>> is_luhn("4539578763621486"), is_luhn("4539578763621487")
    (True, False)
    """
    total = 0
    for index, digit in enumerate(reversed(digits)):
        value = int(digit) * (1 + index % 2)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


def is_citizen_number(number: str) -> bool:
    """Whether 18 characters pass the check of Chinese identity numbers (GB 11643-1999).

    >>> is_citizen_number("11010519491231002X"), is_citizen_number("110105194912310021")
    (True, False)
    """
    if len(number) != 18 or not number[:17].isdigit() or not is_day(number[6:14]):
        return False
    total = sum(weight * int(digit) for weight, digit in zip(_ID_WEIGHTS, number, strict=False))
    return _ID_CHECK[total % 11] == number[17].upper()


def is_day(digits: str) -> bool:
    """Whether ``YYYYMMDD…`` begins with a day between 1900 and 2099.

    >>> is_day("20201112"), is_day("20201312"), is_day("202011121530")
    (True, False, True)
    """
    if len(digits) < 8 or digits[:2] not in ("19", "20"):
        return False
    return 1 <= int(digits[4:6]) <= 12 and 1 <= int(digits[6:8]) <= 31


def is_moment(digits: str) -> bool:
    """Whether the whole string is a day, or a day with hour and minute (and second).

    >>> is_moment("202011121530"), is_moment("202011129930"), is_moment("2020111215")
    (True, False, True)
    """
    if len(digits) not in (8, 10, 12, 14) or not is_day(digits):
        return False
    parts = [int(digits[at : at + 2]) for at in range(8, len(digits), 2)]
    return all(part < limit for part, limit in zip(parts, (24, 60, 60), strict=False))
