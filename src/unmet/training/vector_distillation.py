"""Sentence vectors taught by another model, in one language or across two.

Reimers & Gurevych, "Making monolingual sentence embeddings multilingual using knowledge distillation"
(2020): student(text) ≈ teacher(text), and for a translation student(translation) ≈ teacher(text).
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.stats import spearmanr
from torch.nn import functional

from unmet.core.config import FinetuneConfig
from unmet.core.errors import InputError
from unmet.core.hashing import text_hash
from unmet.evaluate.splits import text_folds
from unmet.training.batch_losses import Fit
from unmet.training.batching import epoch_batches
from unmet.training.distilling import load_student
from unmet.training.encoders import longest_window
from unmet.training.finetuning import CHECKPOINTS, Finetuned, Report, Tuned, write_tuned
from unmet.training.fit_checkpoints import Progress, resume_fit, save_fit
from unmet.training.fitting import make_optimizer, model_weights, set_rate
from unmet.training.methods.catalog import find_method
from unmet.training.multitask import MultiTaskModel, mean_state, vector_loss
from unmet.training.predicting import model_inputs, predict
from unmet.training.sentence_teachers import Floats, SentenceTeacher, load_sentence_teacher
from unmet.training.tasks import Examples, Task
from unmet.training.windows import Windows, make_windows, pad_windows

VECTORS = Task("vectors", "vectors")
_COMPARED = 500
"""Held-out texts whose cosines are compared: n² / 2 pairs."""


@dataclass(frozen=True, slots=True)
class _Lesson:
    """Texts with the vectors they should get.

    Attributes:
        windows: of the texts.
        targets: unit vectors of the student's width, one per text.
        n_pairs: the last ``2 · n_pairs`` texts are pairs: ``n_pairs`` texts, then their translations.
    """

    windows: Windows
    targets: Floats
    n_pairs: int


def distill_vectors(
    teacher: Path,
    student: str | Path | None,
    texts: Sequence[str],
    pairs: tuple[Sequence[str], Sequence[str]],
    out: Path,
    *,
    config: FinetuneConfig,
    size: str = "tiny",
    report: Report = lambda _: None,
) -> Finetuned:
    """Train a student to give a teacher's sentence vectors.

    Args:
        teacher: folder; see :func:`load_sentence_teacher`.
        student: base, or ``None`` for a new one of ``size`` with the teacher's tokenizer.
        texts: in the teacher's language.
        pairs: texts in the teacher's language, and their translations.
        out: receives a model with one task ``vectors``; ``out/encoder`` serves as a base for more.
        config: settings of the run; a share of texts and pairs is held out.
        size: of a new student.
        report: told one line per epoch.

    Raises:
        InputError: nothing to learn from.
        ModelError: a model cannot be loaded.
    """
    if not texts and not pairs[0]:
        raise InputError("no texts to learn vectors from", hint="Give --unlabelled or --parallel files.")
    model = load_sentence_teacher(teacher)
    torch.manual_seed(config.seed)
    encoder, reader = load_student(student, size, model.reader, config)
    config = replace(config, max_tokens=longest_window(encoder, config.max_tokens))
    width = int(encoder.config.hidden_size)
    net = MultiTaskModel(find_method(config.method).prepare(encoder, config, 0), width, [VECTORS], 0.0)
    run = Fit(net, [], reader, config, encoder)
    lessons = _lessons(model, run, texts, pairs, width)
    if model.n_cut:
        report(f"{model.n_cut:,} texts are longer than the teacher reads; it saw their first part")
    described = {
        "teacher": str(teacher),
        "texts": text_hash("\x1f".join([*texts, *pairs[0], *pairs[1]])),
        **asdict(config),
    }
    epochs = _train(run, lessons, out / CHECKPOINTS, described, report)
    tuned = Tuned(run, {"vectors": _agreement(run, lessons[1])}, epochs, (VECTORS,))
    return write_tuned(tuned, out, {"teacher": teacher.name})


def fit_width(vectors: Floats, width: int, seed: int = 0) -> Floats:
    """Unit vectors of another width whose cosines are those of the given ones, as far as the width allows.

    Narrower: the directions with most of the squared length are kept (singular value decomposition, not
    centred, so that cosines stay). Wider: turned by random orthogonal directions.
    """
    own = vectors.shape[1]
    if own > width:
        _, _, directions = np.linalg.svd(vectors[:20_000].astype(np.float64), full_matrices=False)
        turn = directions[:width].T
        if turn.shape[1] < width:  # fewer texts than directions
            turn = np.pad(turn, ((0, 0), (0, width - turn.shape[1])))
    elif own < width:
        turn = np.linalg.qr(np.random.default_rng(seed).normal(size=(width, own)))[0].T
    else:
        return vectors
    moved = vectors @ turn
    length = np.maximum(np.linalg.norm(moved, axis=1, keepdims=True), 1e-9)
    return (moved / length).astype(np.float32)  # type: ignore[no-any-return]


def _lessons(
    teacher: SentenceTeacher,
    run: Fit,
    texts: Sequence[str],
    pairs: tuple[Sequence[str], Sequence[str]],
    width: int,
) -> tuple[_Lesson, _Lesson]:
    """Training and held-out lesson."""
    known = [*texts, *pairs[0]]
    targets = fit_width(teacher.vectors(known), width, run.config.seed)
    n_folds = max(2, round(1 / max(run.config.held_out_share, 1e-6)))
    try:
        split = text_folds(known, n_folds, seed=run.config.seed)[0]
    except ValueError as error:
        raise InputError("too few texts to hold any out", hint=f"Give at least {n_folds}.") from error
    made = []
    for rows in (split.train, split.test):
        paired = rows[rows >= len(texts)]
        alone = rows[rows < len(texts)]
        chosen = [known[i] for i in (*alone, *paired)] + [pairs[1][i - len(texts)] for i in paired]
        examples = Examples(chosen, [], np.zeros(0), [])
        windows = make_windows(VECTORS, examples, run.reader, run.config.max_tokens)
        made.append(_Lesson(windows, targets[np.concatenate([alone, paired, paired])], len(paired)))
    return made[0], made[1]


def _train(
    run: Fit, lessons: tuple[_Lesson, _Lesson], folder: Path, described: dict[str, Any], report: Report
) -> list[dict[str, Any]]:
    """All epochs; the model is left with the weights of the best one."""
    config, (lesson, held_out) = run.config, lessons
    optimizer = make_optimizer(run)
    progress = resume_fit(folder, run.trained, optimizer, described) or Progress(model_weights(run.model))
    n_steps = max(config.epochs * len(lesson.windows) // config.batch_rows, 1)
    while progress.epoch < config.epochs and progress.waited < config.patience:
        began = time.perf_counter()
        lengths = lesson.windows.lengths
        rng = np.random.default_rng([config.seed, progress.epoch])
        tokens = config.batch_rows * (int(lengths.mean()) + 3)
        batches = epoch_batches(lengths, np.arange(len(lengths)), tokens, rng)
        for number in range(progress.batch, len(batches)):
            set_rate(optimizer, progress.step, n_steps, config)
            progress.losses.append(_step(run, lesson, batches[number], optimizer))
            progress.step, progress.batch = progress.step + 1, number + 1
            if progress.step % config.checkpoint_every == 0:
                save_fit(folder, run.trained, optimizer, progress, described)
        measures = _agreement(run, held_out)
        loss = float(np.mean(progress.losses))
        entry = {"epoch": progress.epoch + 1, "loss": loss, "seconds": time.perf_counter() - began}
        progress.end_epoch({**entry, "vectors": measures}, measures["cosine"], model_weights(run.model))
        told = ", ".join(f"{name} {value:.4f}" for name, value in measures.items())
        report(f"epoch {progress.epoch}: loss {loss:.4f}, held out: {told}")
    run.model.load_state_dict(progress.best)
    return progress.history


def _step(run: Fit, lesson: _Lesson, numbers: NDArray[np.int64], optimizer: torch.optim.Optimizer) -> float:
    run.model.train()
    batch = pad_windows(lesson.windows, numbers, run.reader.pad)
    with run.precision.forward():
        inputs = model_inputs(batch, run.precision.device, run.segments)
        mean = mean_state(run.model.states(inputs), inputs["attention_mask"])
        targets = torch.as_tensor(lesson.targets[lesson.windows.example[numbers]], device=mean.device)
        loss = vector_loss(functional.normalize(mean.float(), dim=1), targets)
    run.precision.backward(loss)
    run.precision.step(optimizer, run.config.gradient_norm)
    run.model.zero_grad(set_to_none=True)
    return float(loss.detach())


def _agreement(run: Fit, lesson: _Lesson) -> dict[str, float]:
    """How near the student's vectors are to the teacher's.

    ``cosine``: mean cosine to the wanted vector; ``spearman``: rank correlation of the cosines between
    texts; ``translation_top1``: how often the nearest translation of a text is its own.
    """
    n_texts = len(lesson.targets)
    found: Any = predict(
        run.model, VECTORS, lesson.windows, n_texts, pad=run.reader.pad, segments=run.segments
    )
    measures = {"cosine": float((found * lesson.targets).sum(axis=1).mean())}
    upper = np.triu_indices(min(n_texts, _COMPARED), 1)
    near, wanted = (v[:_COMPARED] @ v[:_COMPARED].T for v in (found, lesson.targets))
    if len(upper[0]) > 1:
        measures["spearman"] = float(np.nan_to_num(spearmanr(near[upper], wanted[upper]).statistic))
    if lesson.n_pairs:
        texts, translations = found[-2 * lesson.n_pairs : -lesson.n_pairs], found[-lesson.n_pairs :]
        nearest = (texts @ translations.T).argmax(axis=1)
        measures["translation_top1"] = float((nearest == np.arange(lesson.n_pairs)).mean())
    return measures
