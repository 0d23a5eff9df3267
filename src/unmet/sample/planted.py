"""What is planted: the needs of the sample shop, how often they are voiced and what they cost.

The numbers here are the whole statistical truth of the shop; the words are in ``banks/``.
"""

from __future__ import annotations

from dataclasses import dataclass

ALL_CATEGORIES = ("air_purifier", "robot_vacuum", "phone", "rice_cooker", "backpack", "running_shoes")
LANGUAGES = ("zh", "en")

MENTION_KINDS = ("complaint", "praise", "request")
"""States 1, 2, 3 of a planted need in a review; 0 is no mention."""

POLARITY_OF = {"complaint": "negative", "praise": "positive", "request": "neutral"}


@dataclass(frozen=True, slots=True)
class PlantedNeed:
    """One planted need.

    Attributes:
        need_id: name used everywhere in the truth.
        role: what this need is there to prove.
        categories: where it can be mentioned.
        languages: in which languages it is mentioned.
        complaint_rate, praise_rate, request_rate: probability (0–1) that a review of these
            categories and languages mentions it so, averaged over two years and products.
        penalty, reward, request_effect: stars added to the latent rating by each kind of mention.
        trend: course of the complaint and request rates: flat, rising, fading, summer.
        demand_effect: change of log weekly orders per 10 percentage points of complaint
            probability of the product, ``lag_weeks`` weeks later.
        lag_weeks: see ``demand_effect``.
    """

    need_id: str
    role: str
    categories: tuple[str, ...]
    complaint_rate: float
    praise_rate: float
    request_rate: float
    penalty: float
    reward: float
    request_effect: float
    trend: str = "flat"
    demand_effect: float = 0.0
    lag_weeks: int = 0
    languages: tuple[str, ...] = LANGUAGES

    @property
    def in_reviews(self) -> bool:
        """False for the silent need, which only searches and chats reveal."""
        return self.complaint_rate + self.praise_rate + self.request_rate > 0

    @property
    def rates(self) -> tuple[float, float, float]:
        """Rates in the order of MENTION_KINDS."""
        return self.complaint_rate, self.praise_rate, self.request_rate

    @property
    def effects(self) -> tuple[float, float, float]:
        """Latent effects in stars in the order of MENTION_KINDS."""
        return self.penalty, self.reward, self.request_effect


PLANTED: tuple[PlantedNeed, ...] = (
    PlantedNeed("packaging", "loud_harmless", ALL_CATEGORIES, 0.115, 0.025, 0.005, 0.0, 0.0, 0.0),
    PlantedNeed(
        "charging_heat", "quiet_costly", ("phone", "robot_vacuum"), 0.058, 0.006, 0.002, -2.0, 0.2, -0.4,
        demand_effect=-0.45, lag_weeks=3,
    ),
    PlantedNeed(
        "night_noise", "plain", ("air_purifier", "robot_vacuum"), 0.13, 0.12, 0.02, -0.9, 0.4, -0.2,
        demand_effect=-0.10, lag_weeks=4,
    ),
    PlantedNeed(
        "gets_stuck", "plain", ("robot_vacuum",), 0.20, 0.10, 0.03, -1.1, 0.5, -0.3,
        demand_effect=-0.15, lag_weeks=4,
    ),
    PlantedNeed("filter_cost", "plain", ("air_purifier",), 0.20, 0.05, 0.05, -0.7, 0.4, -0.2),
    PlantedNeed(
        "battery_life", "rising", ("phone",), 0.18, 0.13, 0.02, -1.0, 0.5, -0.2, trend="rising",
        demand_effect=-0.20, lag_weeks=4,
    ),
    PlantedNeed(
        "app_setup", "fading", ("air_purifier", "robot_vacuum"), 0.13, 0.05, 0.03,
        -0.8, 0.3, -0.2, trend="fading",
    ),
    PlantedNeed(
        "pot_coating", "plain", ("rice_cooker",), 0.20, 0.13, 0.02, -1.3, 0.5, -0.3,
        demand_effect=-0.15, lag_weeks=6,
    ),
    PlantedNeed("rain_soak", "summer", ("backpack",), 0.15, 0.09, 0.04, -1.2, 0.5, -0.3, trend="summer"),
    PlantedNeed("pockets", "requests", ("backpack",), 0.11, 0.13, 0.13, -0.6, 0.4, -0.3),
    PlantedNeed(
        "wide_feet", "plain", ("running_shoes",), 0.22, 0.12, 0.05, -0.9, 0.4, -0.2,
        demand_effect=-0.10, lag_weeks=2,
    ),
    PlantedNeed(
        "elder_mode", "zh_only", ("phone",), 0.16, 0.09, 0.11, -0.8, 0.4, -0.3, languages=("zh",),
    ),
    PlantedNeed("after_sales", "common", ALL_CATEGORIES, 0.065, 0.045, 0.004, -1.4, 0.6, -0.3),
    PlantedNeed("dual_voltage", "silent", ("rice_cooker",), 0.0, 0.0, 0.0, 0.0, 0.0, 0.0),
)  # fmt: skip


def planted(need_id: str) -> PlantedNeed:
    """Look a planted need up by its id.

    Raises:
        KeyError: no such need.
    """
    return {need.need_id: need for need in PLANTED}[need_id]
