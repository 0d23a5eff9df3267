"""Augmentation: copies keep label and spans, read like the language, and never reach the held-out rows."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from training_fixtures import BLAME, PARTS, PRAISE, QUICK, labelled, opinions, write_rows

from unmet.core.config import FinetuneConfig
from unmet.core.errors import InputError, ModelError
from unmet.training.architectures import load_model
from unmet.training.augmentation.back_translation import BackTranslation
from unmet.training.augmentation.catalog import augment_rows, find_augmenter
from unmet.training.augmentation.edits import Edits
from unmet.training.augmentation.masked_replacement import MaskedReplacement
from unmet.training.augmentation.pieces import cut_pieces
from unmet.training.finetuning import finetune
from unmet.training.task_data import split_task
from unmet.training.tokenizing import load_reader


def spans_of(text: str) -> list[tuple[int, int, str]]:
    part = next(p for p in sorted(PARTS, key=len, reverse=True) if p in text)
    word = next(w for w in sorted(PRAISE + BLAME, key=len, reverse=True) if w in text)
    return [(text.index(x), text.index(x) + len(x), kind) for x, kind in ((part, "part"), (word, "word"))]


TEXTS = [text for text, _ in opinions(80, 4)]
SPANS = [spans_of(text) for text in TEXTS]


@pytest.mark.parametrize("name", ["eda", "mlm"])
def test_spans_still_hold_what_they_held(opinion_base: Path, name: str) -> None:
    config = FinetuneConfig(augment=name, augment_share=0.5)
    augmenter = find_augmenter(opinion_base, TEXTS, config)
    changed = 0
    for seed in range(3):
        made = augmenter(TEXTS, SPANS, np.random.default_rng(seed))
        for text, spans, (new, moved) in zip(TEXTS, SPANS, made, strict=True):
            before = sorted((text[a:b], kind) for a, b, kind in spans)
            assert sorted((new[a:b], kind) for a, b, kind in moved) == before
            changed += new != text
    assert changed > 100


def test_pieces_put_together_are_the_text() -> None:
    for text in [*TEXTS, "", "  ", "。", "👍很好!! ok"]:
        assert cut_pieces(text).joined()[0] == text


def test_chinese_is_edited_word_by_word_and_inserts_come_from_the_texts() -> None:
    texts = ["这个电池非常耐用", "屏幕模糊得厉害"]
    words = {w.text for t in texts for w in cut_pieces(t).words}
    edits = Edits(texts, 0.3)
    lengths = set()
    for seed in range(40):
        for text, _ in edits(texts, [[], []], np.random.default_rng(seed)):
            own = [word.text for word in cut_pieces(text).words]
            assert "".join(own) == text
            lengths.add(len(own) - len(cut_pieces(texts[0]).words))
            assert all(any(c in w for w in words) for c in text)
    assert {-1, 0, 1} <= lengths  # deleted, swapped, inserted
    assert Edits(texts, 0.3)(texts, [[], []], np.random.default_rng(1)) == edits(
        texts, [[], []], np.random.default_rng(1)
    )


def test_replaced_words_are_likelier_than_words_at_random(opinion_base: Path) -> None:
    reader = load_reader(opinion_base)
    replaced = MaskedReplacement(str(opinion_base), reader, 0.3)(TEXTS, [[]] * 80, np.random.default_rng(0))
    rng = np.random.default_rng(0)
    pool = [w.text for t in TEXTS for w in cut_pieces(t).words]
    drawn = []
    for text in TEXTS:  # as many words, at the same rate, from the same texts
        pieces = cut_pieces(text)
        for place in rng.permutation(len(pieces.words))[: max(1, round(0.3 * len(pieces.words)))]:
            pieces.words[place] = type(pieces.words[place])(str(rng.choice(pool)))
        drawn.append(pieces.joined()[0])
    model: Any = load_model(str(opinion_base), "mlm").eval()

    def loss(texts: list[str]) -> float:
        """Mean loss of each token when it alone is hidden."""
        found = []
        for encoding in reader.encode_batch(texts):
            ids = torch.tensor([[reader.start, *encoding.ids, reader.end]])
            n = ids.shape[1]
            hidden = ids.repeat(n - 2, 1)
            hidden[torch.arange(n - 2), torch.arange(1, n - 1)] = reader.mask
            with torch.no_grad():
                log = model(input_ids=hidden).logits.log_softmax(dim=2)
            found.append(-log[torch.arange(n - 2), torch.arange(1, n - 1), ids[0, 1:-1]].mean())
        return float(torch.stack(found).mean())

    assert loss([text for text, _ in replaced]) < 0.8 * loss(drawn)


def seq2seq(base: Path, folder: Path, seed: int) -> Path:
    """A tiny T5 with random weights behind our tokenizer."""
    from transformers import GenerationConfig, T5Config, T5ForConditionalGeneration

    torch.manual_seed(seed)
    reader = load_reader(base)
    small = {"d_model": 16, "d_kv": 8, "d_ff": 32, "num_layers": 1, "num_heads": 2}
    special = {"pad_token_id": reader.pad, "eos_token_id": reader.end, "decoder_start_token_id": reader.pad}
    shape = T5Config(vocab_size=reader.size, **small, **special)
    model = T5ForConditionalGeneration(shape)
    model.generation_config = GenerationConfig(min_new_tokens=3, max_new_tokens=6, **special)
    model.save_pretrained(folder)
    for name in ("tokenizer.json", "tokenizer_config.json"):
        shutil.copy(base / name, folder)
    return folder


def test_back_translation_goes_through_any_chain_of_models(opinion_base: Path, tmp_path: Path) -> None:
    there, back = (str(seq2seq(opinion_base, tmp_path / name, i)) for i, name in enumerate(("there", "back")))
    chain = BackTranslation([there, back], longest=12)
    made = chain(TEXTS[:20], [[]] * 20, np.random.default_rng(0))
    assert len(made) == 20
    assert sum(bool(text) for text, _ in made) > 15
    assert made == chain(TEXTS[:20], [[]] * 20, np.random.default_rng(0))
    assert made != chain(TEXTS[:20], [[]] * 20, np.random.default_rng(1))
    once = BackTranslation([there], longest=12)(TEXTS[:20], [[]] * 20, np.random.default_rng(0))
    assert once != made
    with pytest.raises(InputError, match="loses labelled spans"):
        chain(TEXTS[:1], SPANS[:1], np.random.default_rng(0))
    with pytest.raises(ModelError, match="no sequence-to-sequence model"):
        BackTranslation([str(opinion_base)])


def test_copies_are_added_to_the_training_rows_only(opinion_base: Path, tmp_path: Path) -> None:
    files = {"mood": labelled(tmp_path / "mood.jsonl", opinions(100, 5))}
    config = replace(QUICK, augment="eda", augment_copies=2)
    rows = split_task("mood", files["mood"], None, config)
    said: list[str] = []
    more = augment_rows(rows, Edits(rows.train.texts, 0.2), config, said.append)
    n, total = len(rows.train), len(more.train)
    assert more.dev is rows.dev
    assert 2 * n < total <= 3 * n
    assert f"{total - n} texts added by eda, {3 * n - total} left out" in said[0]
    # A copy whose words are all those of one row has that row's label.
    agreed: list[bool] = []
    for text, label in zip(more.train.texts[n:], more.train.targets[n:].tolist(), strict=True):
        own = {w.text for w in cut_pieces(text).words}
        likest = max(
            range(n), key=lambda i: len(own & {w.text for w in cut_pieces(rows.train.texts[i]).words})
        )
        if len(own & {w.text for w in cut_pieces(rows.train.texts[likest]).words}) == len(own) > 2:
            agreed.append(label == rows.train.targets[likest])
    assert np.mean(agreed) > 0.9
    done = finetune(opinion_base, files, tmp_path / "out", config=config)
    assert done.measures["mood"]["accuracy"] > 0.8


def test_tags_are_trained_with_copies_and_refused_where_spans_are_lost(
    opinion_base: Path, tmp_path: Path
) -> None:
    rows = [{"text": t, "spans": json.dumps(s)} for t, s in zip(TEXTS, SPANS, strict=True)]
    files = {"things": write_rows(tmp_path / "things.jsonl", rows)}
    plain = finetune(opinion_base, files, tmp_path / "plain", config=replace(QUICK, epochs=2))
    config = replace(QUICK, epochs=2, augment="mlm", augment_copies=3)
    more = finetune(opinion_base, files, tmp_path / "more", config=config)
    assert more.measures["things"]["span_f1"] > plain.measures["things"]["span_f1"]
    there = str(seq2seq(opinion_base, tmp_path / "there", 0))
    config = replace(QUICK, augment="back-translation", augment_models=(there,))
    with pytest.raises(InputError, match="loses the spans of things"):
        finetune(opinion_base, files, tmp_path / "no", config=config)
    with pytest.raises(InputError, match="no augmentation"):
        finetune(opinion_base, files, tmp_path / "no", config=replace(QUICK, augment="magic"))
