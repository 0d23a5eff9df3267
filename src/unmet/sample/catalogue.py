"""The products of the sample shop. Every brand and model is made up."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

CATEGORY_NAMES: dict[str, tuple[str, str]] = {
    "air_purifier": ("空气净化器", "Air Purifier"),
    "robot_vacuum": ("扫地机器人", "Robot Vacuum"),
    "phone": ("手机", "Phone"),
    "rice_cooker": ("电饭煲", "Rice Cooker"),
    "backpack": ("双肩包", "Backpack"),
    "running_shoes": ("跑步鞋", "Running Shoes"),
}

# category → (brand zh, brand en, model, price in yuan)
_MODELS: dict[str, tuple[tuple[str, str, str, int], ...]] = {
    "air_purifier": (
        ("澄屿", "Chenyu", "A3", 899),
        ("澄屿", "Chenyu", "A5 Pro", 1599),
        ("木拾", "Mushi", "清风 200", 699),
        ("凌序", "Lingxu", "P10", 2199),
        ("禾砚", "Heyan", "小方", 399),
    ),
    "robot_vacuum": (
        ("朔图", "Shuotu", "S1", 1299),
        ("朔图", "Shuotu", "S7 Max", 2999),
        ("凌序", "Lingxu", "R20", 1899),
        ("远笙", "Yuansheng", "Dodo", 999),
        ("木拾", "Mushi", "巡家 X", 2399),
    ),
    "phone": (
        ("星栈", "Xingzhan", "N9", 1999),
        ("星栈", "Xingzhan", "N9 Ultra", 3999),
        ("洛青", "Luoqing", "Q2", 1499),
        ("洛青", "Luoqing", "Q3s", 2599),
        ("凌序", "Lingxu", "One", 2999),
    ),
    "rice_cooker": (
        ("禾砚", "Heyan", "小灶 3L", 259),
        ("禾砚", "Heyan", "IH 4L", 599),
        ("粟米家", "Sumijia", "F40", 349),
        ("粟米家", "Sumijia", "F50 IH", 799),
        ("木拾", "Mushi", "一人食", 179),
    ),
    "backpack": (
        ("迟野", "Chiye", "通勤 18L", 239),
        ("迟野", "Chiye", "远行 32L", 429),
        ("巷北", "Xiangbei", "Campus", 159),
        ("巷北", "Xiangbei", "Roll 22L", 299),
        ("远笙", "Yuansheng", "Daypack", 199),
    ),
    "running_shoes": (
        ("迅羚", "Xunling", "Breeze 2", 399),
        ("迅羚", "Xunling", "Tempo", 599),
        ("足音", "Zuyin", "Cloud 5", 459),
        ("足音", "Zuyin", "Trail", 529),
        ("巷北", "Xiangbei", "Jog", 269),
    ),
}  # fmt: skip

_MODEL_EN = {
    "清风 200": "Breeze 200", "小方": "Cube", "巡家 X": "Patrol X", "小灶 3L": "Mini 3L",
    "一人食": "Solo", "通勤 18L": "Commute 18L", "远行 32L": "Voyage 32L",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Product:
    """One made-up product; ``price`` in yuan."""

    product_id: str
    category: str
    brand_zh: str
    brand_en: str
    model_zh: str
    model_en: str
    price: float

    def name(self, language: str) -> str:
        """Name as it stands in the shop of that language."""
        zh, en = CATEGORY_NAMES[self.category]
        if language == "zh":
            return f"{self.brand_zh} {self.model_zh} {zh}"
        return f"{self.brand_en} {self.model_en} {en}"


def make_products() -> tuple[Product, ...]:
    """All products, in a fixed order."""
    rows = [(category, *model) for category, models in _MODELS.items() for model in models]
    return tuple(
        Product(
            f"P{index:03d}", category, brand_zh, brand_en, model, _MODEL_EN.get(model, model), float(price)
        )
        for index, (category, brand_zh, brand_en, model, price) in enumerate(rows, start=1)
    )


def products_table(products: tuple[Product, ...]) -> pl.DataFrame:
    """Products as a table, one row each, names in both languages."""
    return pl.DataFrame(
        [
            {
                "product_id": product.product_id,
                "category": product.category,
                "category_zh": CATEGORY_NAMES[product.category][0],
                "category_en": CATEGORY_NAMES[product.category][1],
                "title_zh": product.name("zh"),
                "title_en": product.name("en"),
                "brand_zh": product.brand_zh,
                "brand_en": product.brand_en,
                "model": product.model_en,
                "price": product.price,
            }
            for product in products
        ]
    )
