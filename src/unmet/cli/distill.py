"""`unmet distill`: a small student learns what a teacher, or several, would answer."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from unmet.cli.finetune import named_files, tell_tuned
from unmet.cli.options import need_torch, option, picked
from unmet.cli.output import note
from unmet.core.config import DistillConfig, FinetuneConfig
from unmet.core.errors import InputError

_RUN = FinetuneConfig()
_HOW = DistillConfig()


def distill(
    teachers: Annotated[
        list[str], option("Folder of a fine-tuned or sentence model; several: their mean.", "--teacher")
    ],
    out: Annotated[str, option("Folder of the student.")],
    student: Annotated[str | None, option("Folder or name of its base; else a new one of --size.")] = None,
    size: Annotated[str, option("tiny, small or base, with the teacher's tokenizer.")] = "tiny",
    task: Annotated[list[str] | None, option("NAME=FILE with labels; none: sentence vectors.")] = None,
    unlabelled: Annotated[list[str] | None, option("File of texts without labels; repeatable.")] = None,
    parallel: Annotated[list[str] | None, option("File of texts with translations; repeatable.")] = None,
    columns: Annotated[str, option("Of these: the teacher's language, the other.")] = "text_a,text_b",
    dev: Annotated[list[str] | None, option("NAME=FILE that is only measured on; repeatable.")] = None,
    method: Annotated[str, option("full, lora, adalora, adapter, prefix, prompt or bitfit.")] = _RUN.method,
    temperature: Annotated[float, option("Of the soft labels.", min=0.1)] = _HOW.temperature,
    label_share: Annotated[float, option("Weight of the labels.", min=0, max=1)] = _HOW.label_share,
    vector_weight: Annotated[float, option("Of sentence vectors.", min=0)] = _HOW.vector_weight,
    state_weight: Annotated[float, option("Of hidden states.", min=0)] = _HOW.state_weight,
    epochs: Annotated[int, option("At most.", min=1)] = _RUN.epochs,
    patience: Annotated[int, option("Epochs without a better result.", min=1)] = _RUN.patience,
    batch_rows: Annotated[int, option("Texts per step.", min=1)] = _RUN.batch_rows,
    max_tokens: Annotated[int, option("Of one window.", min=8)] = _RUN.max_tokens,
    learning_rate: Annotated[float | None, option("The method's usual rate if not given.")] = None,
    precision: Annotated[str, option("no, bf16 or fp16.")] = _RUN.precision,
    threads: Annotated[int, option("CPU threads; 0 = all.", min=0)] = 0,
    seed: Annotated[int, option("Random seed.", min=0)] = _RUN.seed,
    as_json: Annotated[bool, option("Summary as JSON.", "--json")] = False,
) -> None:
    """Teach a student the answers of fine-tuned models, or the sentence vectors of any model.

    Example: unmet distill --teacher heads --size small --task mood=a.csv --unlabelled b.csv --out small
    """
    given = dict(locals())
    need_torch(threads=threads)
    from unmet.training.distilling import distill as teach
    from unmet.training.tasks import read_pairs, read_texts
    from unmet.training.vector_distillation import distill_vectors

    run, how = picked(FinetuneConfig, given), picked(DistillConfig, given)
    folder, texts = Path(out), [t for name in unlabelled or [] for t in read_texts(Path(name))]
    files, held_out = named_files(task or []), named_files(dev or [])
    if files and not parallel:
        done = teach([Path(t) for t in teachers], student, files, folder, config=run, how=how, size=size,
                     unlabelled=texts, dev_files=held_out, report=note)  # fmt: skip
    elif files or held_out or len(teachers) > 1:
        raise InputError("vectors have one teacher and no tasks", hint="Leave --parallel or --task out.")
    else:
        first, separator, second = columns.partition(",")
        if not separator:
            raise InputError(f"{columns!r} are not two columns", hint="Example: --columns en,zh")
        read = [read_pairs(Path(name), (first.strip(), second.strip())) for name in parallel or []]
        pairs = [t for a, _ in read for t in a], [t for _, b in read for t in b]
        done = distill_vectors(
            Path(teachers[0]), student, texts, pairs, folder, config=run, size=size, report=note
        )
    tell_tuned(done, as_json)
