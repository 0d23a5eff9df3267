"""The newest checkpoint of the starter's pretraining as a Hugging Face folder, to fine-tune from.

Without any checkpoint it is the start (version 2 of the starter: the shipped version 1).
The pretraining run goes on with its constant rate; fine-tuning's own decay takes the place of the run's.

    python benchmarks/starter_base.py --out ~/.cache/unmet/student
"""

from __future__ import annotations

import argparse
import shutil
from pathlib import Path

from unmet.training.architectures import load_model
from unmet.training.checkpoints import list_checkpoints, load_weights
from unmet.training.pretraining import save_model


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    out = parser.parse_args().out.expanduser()
    run, base = out / "run", out / "base"
    made = list_checkpoints(run / "checkpoints")
    model = load_model(str(out / "start"), "mlm")
    if made:
        load_weights(made[-1], model)
    save_model(model, base)
    for name in ("tokenizer.json", "tokenizer_config.json", "reading.json"):
        shutil.copyfile(run / name, base / name)
    print(f"{base}: {made[-1].name if made else 'the start, not pretrained further'}")


if __name__ == "__main__":
    main()
