"""`unmet finetune`: a pretrained encoder and labelled files in, one model with a head per task out."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from unmet.cli.options import need_torch, option, picked
from unmet.cli.output import emit_json, note, say
from unmet.core.config import FewShotConfig, FinetuneConfig, SelfTrainConfig
from unmet.core.errors import InputError

if TYPE_CHECKING:
    from unmet.training.finetuning import Finetuned

_RUN = FinetuneConfig()
_SELF = SelfTrainConfig()


def finetune(
    base: Annotated[str, option("Folder or name of a pretrained model.")],
    task: Annotated[list[str], option("NAME=FILE with labelled texts; repeatable.")],
    out: Annotated[str, option("Folder of the model.")],
    dev: Annotated[list[str] | None, option("NAME=FILE that is only measured on; repeatable.")] = None,
    method: Annotated[
        str, option("full, lora, adalora, adapter, prefix, prompt, bitfit, pet, setfit.")
    ] = _RUN.method,
    epochs: Annotated[int, option("At most.", min=1)] = _RUN.epochs,
    patience: Annotated[int, option("Epochs without a better result.", min=1)] = _RUN.patience,
    batch_rows: Annotated[int, option("Texts per step.", min=1)] = _RUN.batch_rows,
    max_tokens: Annotated[int, option("Of one window.", min=8)] = _RUN.max_tokens,
    learning_rate: Annotated[float | None, option("The method's usual rate if not given.")] = None,
    weight_decay: Annotated[float, option("AdamW.", min=0)] = _RUN.weight_decay,
    dropout: Annotated[float, option("Share of units.", min=0, max=0.9)] = _RUN.dropout,
    label_smoothing: Annotated[float, option("0–1.", min=0, max=0.9)] = _RUN.label_smoothing,
    class_weights: Annotated[bool, option("Rare classes count as much as frequent ones.")] = False,
    adversarial: Annotated[str, option("none, fgm, pgd or freelb.")] = _RUN.adversarial,
    consistency: Annotated[float, option("Weight of R-Drop.", min=0)] = _RUN.consistency,
    rank: Annotated[int, option("Of LoRA and AdaLoRA.", min=1)] = _RUN.rank,
    augment: Annotated[str, option("none, eda, mlm or back-translation.")] = _RUN.augment,
    augment_copies: Annotated[int, option("Of each training text.", min=1)] = _RUN.augment_copies,
    augment_model: Annotated[list[str] | None, option("There and back; for mlm one; repeatable.")] = None,
    unlabelled: Annotated[list[str] | None, option("Texts for self-training or pet; repeatable.")] = None,
    rounds: Annotated[int, option("Of self-training.", min=1)] = _SELF.rounds,
    confidence: Annotated[float, option("Of labels taken in.", min=0, max=1)] = _SELF.confidence,
    pattern: Annotated[list[str] | None, option("Of pet: {text} and [MASK]; repeatable.")] = None,
    verbalizer: Annotated[list[str] | None, option("Of pet: LABEL=WORD,WORD; repeatable.")] = None,
    precision: Annotated[str, option("no, bf16 or fp16.")] = _RUN.precision,
    average_epochs: Annotated[int, option("Also try the mean of so many last epochs.", min=0)] = 0,
    teacher: Annotated[str | None, option("Folder of sentence vectors to keep giving.")] = None,
    teacher_weight: Annotated[float, option("Of the teacher's lessons.", min=0)] = _RUN.teacher_weight,
    checkpoint_every: Annotated[int, option("Steps.", min=1)] = _RUN.checkpoint_every,
    threads: Annotated[int, option("CPU threads; 0 = all.", min=0)] = 0,
    seed: Annotated[int, option("Random seed.", min=0)] = _RUN.seed,
    as_json: Annotated[bool, option("Summary as JSON.", "--json")] = False,
) -> None:
    """Fine-tune one encoder for one or several tasks at once.

    Example: unmet finetune --base models/shop-bert --task sentiment=a.csv --task need=b.csv --out heads
    """
    given = {**locals(), "augment_models": tuple(augment_model or ())}
    need_torch(threads=threads)
    files, held_out = named_files(task), named_files(dev or [])
    unknown = sorted(set(held_out) - set(files))
    if unknown:
        raise InputError(f"--dev names no task: {', '.join(unknown)}", hint="Use the names given to --task.")
    run = picked(FinetuneConfig, given)
    tell_tuned(_train(base, files, Path(out).expanduser(), held_out, run, given), as_json)


def _train(
    base: str,
    files: Mapping[str, Path],
    out: Path,
    held_out: Mapping[str, Path],
    run: FinetuneConfig,
    given: Mapping[str, Any],
) -> Finetuned:
    """Train by the method that the options name."""
    from unmet.training.few_shot.contrast_training import finetune_by_contrast
    from unmet.training.few_shot.pattern_training import finetune_with_patterns
    from unmet.training.finetuning import finetune as train
    from unmet.training.self_training import self_train
    from unmet.training.tasks import read_texts

    texts = [text for name in given["unlabelled"] or [] for text in read_texts(Path(name))]
    if run.method == "pet":
        words = named_words(given["verbalizer"] or [])
        return finetune_with_patterns(
            base, files, out, patterns=given["pattern"] or [], words=words, unlabelled=texts,
            config=run, how=FewShotConfig(), dev_files=held_out, report=note,
        )  # fmt: skip
    if given["pattern"] or given["verbalizer"]:
        raise InputError("--pattern and --verbalizer belong to --method pet")
    if run.method == "setfit":
        if texts:
            raise InputError("--method setfit has no use for --unlabelled texts")
        return finetune_by_contrast(
            base, files, out, config=run, how=FewShotConfig(), dev_files=held_out, report=note
        )
    if texts:
        how = picked(SelfTrainConfig, given)
        return self_train(base, files, texts, out, config=run, how=how, dev_files=held_out, report=note)
    return train(base, files, out, config=run, dev_files=held_out, report=note)


def named_words(pairs: list[str]) -> dict[str, list[str]]:
    """``LABEL=WORD,WORD`` pairs.

    Raises:
        InputError: a pair without ``=`` or without a word.
    """
    found: dict[str, list[str]] = {}
    for pair in pairs:
        label, separator, words = pair.partition("=")
        if not separator or not words.strip(","):
            raise InputError(f"{pair!r} is not LABEL=WORD", hint="Example: --verbalizer good=好,great")
        found.setdefault(label, []).extend(word for word in words.split(",") if word)
    return found


def named_files(pairs: list[str]) -> dict[str, Path]:
    """``NAME=FILE`` pairs.

    Raises:
        InputError: a pair without ``=``, or a name given twice.
    """
    files: dict[str, Path] = {}
    for pair in pairs:
        name, separator, path = pair.partition("=")
        if not separator or not name or not path:
            raise InputError(f"{pair!r} is not NAME=FILE", hint="Example: --task sentiment=train.csv")
        if not name.isidentifier() or name in files:
            raise InputError(f"task name {name!r} is used twice or is no plain word")
        files[name] = Path(path).expanduser()
    return files


def tell_tuned(result: Finetuned, as_json: bool) -> None:
    """Print what a finished run came to."""
    if as_json:
        emit_json(
            {
                "model": str(result.folder),
                "trained": result.trained,
                "weights": result.total,
                "measures": result.measures,
            }
        )
        return
    for name, measures in result.measures.items():
        say(f"{name}: " + ", ".join(f"{key} {value:.4f}" for key, value in measures.items()))
    say(f"model: {result.folder}")
