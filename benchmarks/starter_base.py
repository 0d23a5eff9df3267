"""The newest checkpoint of the starter's pretraining as a Hugging Face folder, to fine-tune from.

Without any checkpoint it is the start (version 2 of the starter: the shipped version 1).
The pretraining run goes on with its constant rate; fine-tuning's own decay takes the place of the run's.
With ``--heads`` a run that began at an earlier version gets that version's heads (``models unpack --heads``),
which are nearer to what is wanted than new ones.

    python benchmarks/starter_base.py --out ~/.cache/unmet/student [--heads ~/.cache/unmet/student/whole]
"""

from __future__ import annotations

import argparse
import shutil
from pathlib import Path

from safetensors.torch import load_file, save_file
from torch import Tensor

from unmet.training.architectures import load_model
from unmet.training.checkpoints import list_checkpoints, load_weights
from unmet.training.pretraining import save_model

BODY = "bert."
"""In front of the names of the encoder's weights in a masked language model."""


def with_heads(heads: Path, checkpoint: Path, base: Path) -> None:
    """The earlier version with the weights of the checkpoint in place of its encoder's."""
    pretrained = load_file(checkpoint / "model.safetensors")
    encoder = {name.removeprefix(BODY): value for name, value in pretrained.items() if name.startswith(BODY)}
    shutil.copytree(heads, base)
    for place, prefix in (("model.safetensors", "encoder."), ("encoder/model.safetensors", "")):
        weights: dict[str, Tensor] = load_file(base / place)
        theirs = {name for name in weights if name.startswith(prefix) and not name.startswith("heads.")}
        new = {prefix + name: value for name, value in encoder.items()}
        if theirs != new.keys():
            raise SystemExit(f"{heads} is another encoder: {sorted(theirs ^ new.keys())[:3]}")
        save_file({name: new.get(name, value).contiguous() for name, value in weights.items()}, base / place)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--heads", type=Path)
    given = parser.parse_args()
    out = given.out.expanduser()
    run, base = out / "run", out / "base"
    made = list_checkpoints(run / "checkpoints")
    if given.heads is not None and made:
        with_heads(given.heads.expanduser(), made[-1], base)
        print(f"{base}: {made[-1].name} with the heads of {given.heads}")
        return
    model = load_model(str(out / "start"), "mlm")
    if made:
        load_weights(made[-1], model)
    save_model(model, base)
    for name in ("tokenizer.json", "tokenizer_config.json", "reading.json"):
        shutil.copyfile(run / name, base / name)
    print(f"{base}: {made[-1].name if made else 'the start, not pretrained further'}")


if __name__ == "__main__":
    main()
