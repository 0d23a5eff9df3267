"""A run folder as `unmet mine` leaves it, with made-up documents and mentions: only what signals read."""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl

from unmet.core.tables import DOCUMENTS, MENTIONS, conform

MONDAY = date(2022, 1, 3)
WEEKS = 112
HEADER = "order_id,order_date,sku,title,quantity,unit_price,category"


def write_run(path: Path, documents: pl.DataFrame, mentions: pl.DataFrame) -> Path:
    path.mkdir(parents=True)
    conform(documents, DOCUMENTS, name="documents").write_parquet(path / "documents.parquet")
    conform(mentions, MENTIONS, name="mentions").write_parquet(path / "mentions.parquet")
    needs = {"needs": [{"id": "need-a", "statement": "Battery lasts"}]}
    (path / "needs.json").write_text(json.dumps(needs), encoding="utf-8")
    manifest = {
        "schema_version": 1, "status": "complete", "inputs": [], "config": {}, "versions": {}, "models": {},
        "counts": {}, "stages": [], "outputs": {},
    }  # fmt: skip
    (path / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    return path


def shop_with_complaints(tmp_path: Path, effect: float, seed: int = 0, n: int = 6) -> tuple[Path, Path]:
    """Orders of some products and the run of their reviews; complaints change log demand two weeks later."""
    rng = np.random.default_rng(seed)
    swing = np.zeros((n, WEEKS))
    for week in range(1, WEEKS):
        swing[:, week] = 0.9 * swing[:, week - 1] + 0.45 * rng.normal(size=n)
    rate = 0.35 / (1 + np.exp(-swing))
    lines, documents, mentions = [], [], []
    for product in range(n):
        for week in range(WEEKS):
            lagged = swing[product, max(week - 2, 0)]
            units = rng.poisson(np.exp(3.5 + effect * lagged))
            for day in range(7):
                at = MONDAY + timedelta(days=7 * week + day)
                part = units // 7 + (day < units % 7)
                if part:
                    lines.append(
                        f"{len(lines) + 1000},{at} 12:0{product},P{product},Lamp {product},{part},9.5,lamps"
                    )
            for number in range(12):
                name = f"d{product}-{week}-{number}"
                when = datetime.combine(MONDAY + timedelta(days=7 * week + number % 7), datetime.min.time())
                documents.append((name, f"P{product}", when))
                if rng.random() < rate[product, week]:
                    mentions.append((f"m{len(mentions)}", name, "need-a", "negative", -0.9))
    orders = tmp_path / "orders.csv"
    orders.write_text("\n".join([HEADER, *lines]) + "\n", encoding="utf-8")
    run = write_run(
        tmp_path / "run",
        pl.DataFrame(documents, schema=["document_id", "product_id", "created_at"], orient="row"),
        pl.DataFrame(
            mentions, schema=["mention_id", "document_id", "need_id", "polarity", "sentence_sentiment"],
            orient="row",
        ),
    )  # fmt: skip
    return orders, run
