"""Write examples/finetune_sentiment.ipynb from the cells below: ``python scripts/write_notebook.py``.

A test fails when the notebook is not what this script would write, and runs its cells.
"""

from __future__ import annotations

import json
from pathlib import Path

PAGE = Path(__file__).resolve().parents[1] / "examples" / "finetune_sentiment.ipynb"

CELLS = (
    (
        "markdown",
        """# Fine-tune a BERT for sentiment

The example of the founding document's chapter 5, through `unmet`: reviews in, loss per epoch, then accuracy,
F1, precision and recall on dev and test. Start it in `examples/`, with `pip install 'unmet[train]'` and the
public reviews in `UNMET_DATA` (docs/datasets.md).""",
    ),
    (
        "code",
        """import tempfile
from pathlib import Path

from finetune_sentiment import find_reviews, quality, show, show_epochs, small_base, split_reviews

from unmet.core.config import FinetuneConfig
from unmet.training.finetuning import finetune

ROWS, PRETRAIN_STEPS, EPOCHS = 4_000, 300, 5  # a few minutes on a CPU
reviews = find_reviews()
assert reviews is not None, "The reviews are not here: set UNMET_DATA (docs/datasets.md)."
folder = Path(tempfile.mkdtemp())""",
    ),
    (
        "markdown",
        """## Data

Training, dev and test part; equal texts never stand on two sides.""",
    ),
    (
        "code",
        """files = split_reviews(reviews, folder, ROWS)
print(files["train"].read_text("utf-8")[:200])""",
    ),
    (
        "markdown",
        """## Base model

Any Hugging Face BERT folder: `base = "models/bert-base-chinese"` with `learning_rate=2e-5`. Without one, a
tiny BERT is pretrained here on the training reviews.""",
    ),
    ("code", """base = small_base(files["train"], folder / "base", PRETRAIN_STEPS)"""),
    (
        "markdown",
        """## Fine-tuning

One line per epoch: mean training loss and held-out macro-F1. The best epoch is kept.""",
    ),
    (
        "code",
        """done = finetune(
    base,
    {"sentiment": files["train"]},
    folder / "model",
    config=FinetuneConfig(epochs=EPOCHS, batch_rows=16),
    dev_files={"sentiment": files["dev"]},
    report=print,
)""",
    ),
    (
        "markdown",
        """## Results\n\nMacro means, as in the founding document; the test part is looked at once.""",
    ),
    (
        "code",
        """show_epochs(done)
show("dev, best epoch", done.measures["sentiment"])
show("test", quality(done.folder, files["test"]))""",
    ),
)


def notebook() -> str:
    """The notebook file (nbformat 4.5), without outputs."""
    cells = []
    for number, (kind, text) in enumerate(CELLS):
        cell = {
            "cell_type": kind,
            "id": f"cell-{number}",
            "metadata": {},
            "source": text.splitlines(keepends=True),
        }
        cells.append(cell | ({"execution_count": None, "outputs": []} if kind == "code" else {}))
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    about = {"kernelspec": kernel, "language_info": {"name": "python"}}
    page = {"cells": cells, "metadata": about, "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(page, ensure_ascii=False, indent=1) + "\n"


if __name__ == "__main__":
    PAGE.write_text(notebook(), encoding="utf-8")
    print(PAGE.name)
