"""What is said of a need: one phrase, on which side, how often, of what part."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Said:
    """One opinion phrase of a group.

    Attributes:
        phrase: canonical in Chinese, as written without intensifiers in English.
        complaints, praises, requests: mentions on each side; a pair that leans too little counts for none.
        unsure: mentions that count for no side.
        subject: the part most of them name, if they agree on one.
        closed: share of the mentions after which the clause ends (0–1): a fragment is followed by the rest.
        lift: how much commoner the phrase is here than over all groups.
    """

    phrase: str
    complaints: int
    praises: int
    requests: int = 0
    unsure: int = 0
    subject: str | None = None
    closed: float = 1.0
    lift: float = 10.0
