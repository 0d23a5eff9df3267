"""How fast the starter reads reviews, beside the models a user would take instead, in one run.

    python benchmarks/starter_speed.py --tier TIER_FOLDER [--threads 2] [--rows 400] [--processor]

``--processor`` counts processor seconds instead of seconds, with one thread, all rounds in turn and the best
of three: the ratio then holds on a machine that others use too.

All read the same real reviews, longest 128 tokens a piece; throughput with 32 together, latency one by one.
BERT-base has random weights (speed does not depend on them) and its own vocabulary's size.
"""

from __future__ import annotations

import argparse
import resource
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

import classifier_baselines as baselines
import corpora_sentiment as stars
from starter_teacher import teacher_folder
from unmet.models.catalog import load_models
from unmet.models.encoder import load_encoder

BATCH = 32
LONGEST = 128
Run = Callable[[Sequence[str]], object]


def torch_model(model: object, tokenizer: object) -> Run:
    """A Hugging Face encoder as people run it: padded batches, sorted by length, no gradients."""
    import torch

    def run(texts: Sequence[str]) -> object:
        found = [None] * len(texts)
        order = sorted(range(len(texts)), key=lambda i: len(texts[i]))
        with torch.inference_mode():
            for first in range(0, len(order), BATCH):
                rows = order[first : first + BATCH]
                batch = tokenizer(  # type: ignore[operator]
                    [texts[i] for i in rows],
                    padding=True,
                    truncation=True,
                    max_length=LONGEST,
                    return_tensors="pt",
                )
                states = model(**batch).last_hidden_state  # type: ignore[operator]
                for row, vector in zip(rows, states.mean(dim=1), strict=True):
                    found[row] = vector
        return found

    return run


def bert_base(tokenizer: object) -> Run:
    """BERT-base, fp32, torch."""
    from transformers import BertConfig, BertModel

    return torch_model(BertModel(BertConfig(vocab_size=30_522), add_pooling_layer=False).eval(), tokenizer)


def minilm() -> Run:
    """The teacher as a sentence model: six layers, fp32, torch."""
    from transformers import AutoModel, AutoTokenizer

    folder = str(teacher_folder())
    return torch_model(AutoModel.from_pretrained(folder).eval(), AutoTokenizer.from_pretrained(folder))


def starter_tokenizer(tier: Path) -> object:
    """The starter's tokenizer for torch: BERT-base shall read as many tokens as the starter does."""
    from transformers import PreTrainedTokenizerFast

    file = tier / "encoder" / "tokenizer.json"
    return PreTrainedTokenizerFast(
        tokenizer_file=str(file), pad_token="[PAD]", cls_token="[CLS]", sep_token="[SEP]", unk_token="[UNK]",
        mask_token="[MASK]",
    )  # fmt: skip


def measured(name: str, run: Run, texts: Sequence[str], singles: int) -> float:
    """Print texts/s of all together and milliseconds one by one; gives texts/s."""
    run(texts[:BATCH])
    began = time.perf_counter()
    run(texts)
    rate = len(texts) / (time.perf_counter() - began)
    waits = []
    for text in texts[:singles]:
        began = time.perf_counter()
        run([text])
        waits.append(1000 * (time.perf_counter() - began))
    p50, p95 = np.percentile(waits, [50, 95])
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"| {name} | {rate:,.1f} | {p50:.1f} | {p95:.1f} | {memory:,.0f} |", flush=True)
    return rate


def by_processor(texts: Sequence[str], runs: dict[str, tuple[Run, int]], rounds: int = 3) -> None:
    """Print texts per processor second of each model, on its number of texts, and the ratios to the first."""
    best = dict.fromkeys(runs, 0.0)
    for _ in range(rounds):
        for name, (run, rows) in runs.items():
            began = time.process_time()
            run(texts[:rows])
            best[name] = max(best[name], rows / (time.process_time() - began))
    first = next(iter(best.values()))
    print("| model | texts per processor second | the first is … times as fast |\n|---|---|---|")
    for name, rate in best.items():
        print(f"| {name} | {rate:,.1f} | {first / rate:.1f} |", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tier", type=Path, required=True)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rows", type=int, default=400)
    parser.add_argument("--processor", action="store_true")
    given = parser.parse_args()
    rng = np.random.default_rng(0)
    corpus = stars.shopping()
    texts = [corpus.texts[i] for i in rng.permutation(len(corpus))[: given.rows]]
    if given.processor:
        import torch

        torch.set_num_threads(1)
        encoder, base = (
            load_encoder(given.tier / "encoder", threads=1),
            bert_base(starter_tokenizer(given.tier)),
        )
        for run in (encoder.run, base):
            run(texts[:BATCH])
        by_processor(
            texts, {"starter, all heads": (encoder.run, given.rows), "BERT-base": (base, given.rows // 5)}
        )
        return
    print("| model | texts/s | p50 ms | p95 ms | most memory so far, MB |\n|---|---|---|---|---|")
    began = time.perf_counter()
    starter = load_models(str(given.tier))
    starter.encoder.session, starter.encoder.reader  # type: ignore[attr-defined]  # noqa: B018
    loaded = time.perf_counter() - began
    encoder = starter.encoder  # type: ignore[attr-defined]
    rates = {"starter": measured("starter, all heads, 8 bits", encoder.run, texts, 100)}
    measured("starter tier, sentiment (joined with n-grams)", starter.sentiment, texts, 100)
    measured("linear tier, sentiment", load_models().sentiment, texts, 100)
    import torch

    torch.set_num_threads(given.threads)
    rates["MiniLM"] = measured("all-MiniLM-L6-v2, torch fp32", minilm(), texts, 30)
    rates["BERT-base"] = measured(
        "BERT-base, torch fp32", bert_base(starter_tokenizer(given.tier)), texts, 15
    )
    found = time.perf_counter()
    if baselines.snownlp(texts[:100]) is not None:
        print(
            f"| SnowNLP (start of its process included) | {100 / (time.perf_counter() - found):.1f} | | | |"
        )
    for name in ("MiniLM", "BERT-base"):
        print(f"\nstarter / {name}: {rates['starter'] / rates[name]:.1f} times as fast")
    print(f"\npackage loaded in {loaded:.2f} s (ONNX Runtime's import included)")


if __name__ == "__main__":
    main()
