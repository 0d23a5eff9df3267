"""`unmet pretrain`: texts in, a language model in Hugging Face's layout out."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from unmet.cli.options import need_torch, option, picked
from unmet.cli.output import emit_json, note, parse_mapping, say
from unmet.core.config import CorpusConfig, PretrainConfig

if TYPE_CHECKING:
    from unmet.training.pretraining import Trained


_RUN = PretrainConfig()
_TEXT = CorpusConfig()


def pretrain(
    corpus: Annotated[list[str], option("File, folder or pattern; may be repeated.")],
    out: Annotated[str, option("Folder of the run and of the model.")],
    objective: Annotated[str, option("mlm, mlm+nsp or clm.")] = _RUN.objective,
    size: Annotated[str, option("tiny, small or base: a new model.")] = _RUN.size,
    architecture: Annotated[str, option("bert or modernbert.")] = _RUN.architecture,
    base: Annotated[str | None, option("Continue from a Hugging Face folder or name.", "--from")] = None,
    teacher: Annotated[str | None, option("Folder of a teacher's sentence vectors.")] = None,
    teacher_weight: Annotated[float, option("Of the teacher's lessons.", min=0)] = _RUN.teacher_weight,
    never: Annotated[list[str] | None, option("Test file whose texts are kept out; repeatable.")] = None,
    map_: Annotated[str | None, option("field=column pairs, e.g. text=评论内容.", "--map")] = None,
    steps: Annotated[int, option("Optimizer steps in all.", min=1)] = _RUN.steps,
    tokens_per_batch: Annotated[int, option("Padding included.", min=1)] = _RUN.tokens_per_batch,
    accumulate: Annotated[int, option("Batches per step.", min=1)] = _RUN.accumulate,
    learning_rate: Annotated[float, option("Highest learning rate.", min=0)] = _RUN.learning_rate,
    warmup_steps: Annotated[int, option("Steps until then.", min=0)] = _RUN.warmup_steps,
    decay_share: Annotated[float, option("Last part of the steps.", min=0, max=1)] = _RUN.decay_share,
    mask_share: Annotated[float, option("Hidden tokens.", min=0.01, max=0.9)] = _RUN.mask_share,
    max_tokens: Annotated[int, option("Longest sequence.", min=8)] = _TEXT.max_tokens,
    vocabulary: Annotated[int, option("Entries of a new tokenizer.", min=300)] = _TEXT.vocabulary,
    precision: Annotated[str, option("no, bf16 or fp16.")] = _RUN.precision,
    threads: Annotated[int, option("CPU threads; 0 = all.", min=0)] = 0,
    checkpoint_every: Annotated[int, option("Steps.", min=1)] = _RUN.checkpoint_every,
    evaluate_every: Annotated[int, option("Steps.", min=1)] = _RUN.evaluate_every,
    track: Annotated[list[str] | None, option("tensorboard, wandb or mlflow; repeatable.")] = None,
    seed: Annotated[int, option("Random seed.", min=0)] = _RUN.seed,
    as_json: Annotated[bool, option("Summary as JSON.", "--json")] = False,
) -> None:
    """Train a BERT or GPT on the platform's own text. The same command resumes a stopped run.

    Example: unmet pretrain --corpus reviews/ --objective mlm --size small --out models/shop-bert
    """
    given = {**locals(), "track": tuple(track or ())}
    need_torch()
    import torch

    from unmet.training.preparing import prepare
    from unmet.training.pretraining import pretrain as train

    if threads:
        torch.set_num_threads(threads)
    run, text, folder = picked(PretrainConfig, given), picked(CorpusConfig, given), Path(out).expanduser()
    mapping = parse_mapping(map_)
    store, reader = prepare(
        corpus, folder, base=base, never=never or (), mapping=mapping, config=text, progress=note
    )
    note(f"{store.description['tokens']:,} tokens in {store.description['sequences']:,} sequences")
    _tell(train(store, reader, folder, config=run, report=_report), as_json)


def _tell(result: Trained, as_json: bool) -> None:
    last = result.evaluations[-1]
    if as_json:
        emit_json({"model": str(result.folder), **last, "step": result.position.step})
        return
    say(f"model: {result.folder}")
    say(
        f"after {result.position.step:,} steps on unseen text: loss {last['held_out_loss']:.3f}, "
        f"perplexity {last['held_out_perplexity']:.1f}, accuracy {last['held_out_accuracy']:.3f}"
    )


def _report(values: dict[str, float]) -> None:
    """One line per evaluation; at a terminal also a running line of the training loss."""
    if "held_out_loss" in values:
        note(
            f"step {int(values['step']):,}: loss on unseen text {values['held_out_loss']:.3f}, "
            f"perplexity {values['held_out_perplexity']:.1f}, accuracy {values['held_out_accuracy']:.3f}"
        )
    elif sys.stderr.isatty():
        typer.echo(
            f"\r\x1b[Kstep {int(values['step']):,}: loss {values['loss']:.3f}, "
            f"{values['tokens_per_second']:,.0f} tokens/s",
            nl=False,
            err=True,
        )
