"""Write CARD.md of the classifier packages from their manifests and RESULTS-classifiers.md.

python benchmarks/write_cards.py
"""

from __future__ import annotations

import json
from pathlib import Path

from source_notes import SOURCE_NOTES
from unmet.models.cards import render_card

HERE = Path(__file__).parent
PACKAGES = HERE.parent / "src/unmet/models/packages/linear"
PURPOSE = {
    "sentiment": "Sentiment of a whole review, Chinese or English: calibrated negative, neutral, positive.",
    "need": "Whether a sentence states a need, wish or suggestion, in Chinese or English.",
    "intensity": "Strength of sentiment of a whole text: valence and arousal, both 1 to 9.",
}
PARTS = {
    "sentiment": ("shopping", "leave", "takeaway", "eprstmt_dev", "car", "clauses", "clothing"),
    "need": ("software_dev", "hotel_dev", "zh hand-written"),
    "intensity": ("eng_", "zho_"),
}
MODELS = ("joint, as shipped (8 bit)", "joint", "shipped", "recipe")
LIMITS = {
    "sentiment": (
        "Neutral means a middle rating in star reviews and no stated opinion in forum posts and clauses; "
        "a gate guesses which applies.",
        "Sarcasm and comparisons with other products are read by their words.",
        "waimai_10k and EPRSTMT dev were never trained on: their figures show transfer.",
        "Beside the texts above, columns learn from opinion phrases marked in DimABSA zho_laptop train, "
        "cosmetics and farm reviews, and from the judging words marked in the car posts (decision 0160).",
        "English below the word (misspellings) is not seen.",
    ),
    "need": (
        "Chinese labels are weak (wording rules, cleaned by the model), and so is the calibration on them.",
        "A complaint without a request is not a need here; the opinion model finds it.",
        "Advice to other buyers counts as a suggestion in English (SemEval hotels), not in Chinese.",
        "The English source is CC BY-NC-SA 4.0: check whether your use is covered.",
    ),
    "intensity": (
        "Rated by people only for laptops and restaurants; Chinese ratings were of Traditional text.",
        "Fitted on the scores of one version of the sentiment package and refuses another.",
        "Means over a text's opinions: a text with strong praise and strong blame lands in the middle.",
    ),
}


def numbers(task: str) -> list[str]:
    """Lines of the results table that belong to a task's own model."""
    lines = []
    for line in (HERE / "RESULTS-classifiers.md").read_text("utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if len(cells) != 6 or not cells[0].startswith(PARTS[task]) or cells[1] not in MODELS:
            continue
        interval = f" ({cells[4]})" if cells[4] else ""
        lines.append(f"{cells[0]}: {cells[2]} {cells[3]}{interval}, {cells[5]} rows")
    return [*lines, "Commands and baselines: `benchmarks/RESULTS-classifiers.md`."]


def main() -> None:
    for task, purpose in PURPOSE.items():
        manifest = json.loads((PACKAGES / task / "manifest.json").read_text("utf-8"))
        card = render_card(
            manifest, purpose=purpose, data_notes=SOURCE_NOTES, numbers=numbers(task), limits=LIMITS[task]
        )
        (PACKAGES / task / "CARD.md").write_text(card, "utf-8")


if __name__ == "__main__":
    main()
