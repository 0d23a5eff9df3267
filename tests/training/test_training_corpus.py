"""Corpus, tokenizer and token store: nothing private, nothing of a test file, nothing lost."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from training_fixtures import SMALL, Prepared

from unmet.core.config import CorpusConfig
from unmet.core.errors import InputError, ModelError
from unmet.sample import make_shop
from unmet.text.folding import fold
from unmet.text.words import split_words
from unmet.training.corpus import LEAKED, build_corpus, iterate_texts
from unmet.training.preparing import prepare
from unmet.training.token_store import (
    SENTENCE_START,
    WORD_START,
    cut_windows,
    is_held_out,
    token_flags,
    write_store,
)
from unmet.training.tokenizing import SPECIAL, load_reader, train_tokenizer


def write_texts(path: Path, texts: list[str]) -> Path:
    path.write_text("".join(json.dumps({"text": t}, ensure_ascii=False) + "\n" for t in texts), "utf-8")
    return path


def test_texts_of_test_files_are_kept_out_and_kept_as_rejected(tmp_path: Path) -> None:
    texts = [
        "电池很耐用，充一次用两天",
        "The strap broke after a week of use",
        "屏幕清晰，颜色很正",
        "用着还行",
    ]
    source = write_texts(tmp_path / "all.jsonl", texts)
    never = write_texts(tmp_path / "test.jsonl", ["the strap broke, after a week of use!", "还行"])
    report = build_corpus([source], tmp_path / "corpus", never=[never], config=CorpusConfig())
    documents = pl.read_parquet(tmp_path / "corpus" / "documents.parquet")
    rejected = pl.read_parquet(tmp_path / "corpus" / "rejected.parquet")
    assert documents["text"].to_list() == [texts[0], texts[2], texts[3]]
    assert rejected.filter(pl.col("reason") == LEAKED)["text"].to_list() == [texts[1]]
    assert (report.rows, report.kept, report.rejected, report.leaked) == (4, 3, 0, 1)


def test_private_data_never_reach_the_corpus(tmp_path: Path) -> None:
    source = write_texts(
        tmp_path / "a.jsonl", ["客服让我打 13000001234 这个电话，态度很好", "很喜欢这个颜色"]
    )
    build_corpus([source], tmp_path / "corpus", config=CorpusConfig())
    assert "13000001234" not in "".join(
        text for chunk in iterate_texts(tmp_path / "corpus/documents.parquet", 1) for text in chunk["text"]
    )


def test_nothing_left_is_an_error(tmp_path: Path) -> None:
    source = write_texts(tmp_path / "a.jsonl", ["只有这一条评论文本而已"])
    with pytest.raises(InputError, match="no text is left"):
        build_corpus([source], tmp_path / "corpus", never=[source], config=CorpusConfig())


def test_tokens_are_single_characters_and_word_pieces_with_exact_offsets(prepared: Prepared) -> None:
    text = "這個 Battery 很耐用，GOOD👍 120元"
    encoding = prepared.reader.encode_batch([text])[0]
    assert "".join(text[a:b] for a, b in encoding.offsets) == text.replace(" ", "")
    for token, (start, end) in zip(encoding.tokens, encoding.offsets, strict=True):
        if token != "[UNK]":
            assert token.removeprefix("##") == fold(text[start:end])
        if any("\u4e00" <= c <= "\u9fff" or c.isdigit() for c in text[start:end]):
            assert end - start == 1


def test_the_store_holds_every_token_in_order(prepared: Prepared) -> None:
    texts = [t for c in iterate_texts(prepared.folder / "corpus/documents.parquet", 500) for t in c["text"]]
    expected = [i for encoding in prepared.reader.encode_batch(texts) for i in encoding.ids]
    store = prepared.store
    pieces = [store.sequence(n)[0] for n in range(len(store.lengths))]
    assert np.concatenate(pieces).tolist() == expected
    assert store.lengths.max() <= SMALL.max_tokens - 2
    assert sorted([*store.train, *store.held_out]) == list(range(len(store.lengths)))
    assert 0.05 < len(store.held_out) / len(store.lengths) < 0.2


def test_store_is_the_same_in_chunks_of_any_size(prepared: Prepared, tmp_path: Path) -> None:
    documents = prepared.folder / "corpus/documents.parquet"
    write_store(iterate_texts(documents, 77), prepared.reader, tmp_path / "store", SMALL)
    for name in ("tokens.bin", "flags.bin", "sequences.npy"):
        assert (tmp_path / "store" / name).read_bytes() == (prepared.folder / "store" / name).read_bytes()


def test_flags_mark_words_and_sentences(prepared: Prepared) -> None:
    text = "电池耐用。屏幕清晰"
    encoding = prepared.reader.encode_batch([text])[0]
    flags = token_flags(text, "zh", encoding)
    words = {start for start, _ in split_words(text)} | {text.index("。")}
    assert [bool(f & WORD_START) for f in flags] == [a in words for a, _ in encoding.offsets]
    sentence_starts = [encoding.offsets[i][0] for i in np.flatnonzero(flags & SENTENCE_START)]
    assert sentence_starts == [0, text.index("屏")]


def test_windows_cover_everything_and_never_exceed() -> None:
    rng = np.random.default_rng(0)
    for length in (0, 1, 29, 30, 31, 200):
        flags = rng.choice(np.array([0, 1, 3], dtype=np.uint8), length, p=[0.5, 0.4, 0.1])
        pieces = cut_windows(flags, 30)
        assert (pieces[:, 1] <= 30).all()
        assert np.concatenate([[0], np.cumsum(pieces[:, 1])])[:-1].tolist() == pieces[:, 0].tolist()
        assert pieces[:, 1].sum() == length


def test_more_data_moves_no_document_between_training_and_held_out() -> None:
    names = [f"d{n:016x}" for n in range(2_000)]
    first, second = is_held_out(names[:1_000], 0.1), is_held_out(names, 0.1)
    assert second[:1_000] == first
    assert 150 < sum(second) < 250


def test_a_folder_made_from_other_texts_is_refused(prepared: Prepared, tmp_path: Path) -> None:
    other = write_texts(tmp_path / "other.jsonl", ["完全不同的一条评论内容", "another text of its own"])
    with pytest.raises(InputError, match="other texts"):
        prepare([other], prepared.folder, base=None, never=(), mapping={}, config=SMALL)


def test_a_folder_without_tokenizer_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"tokenizer\.json"):
        load_reader(tmp_path)


def test_the_same_texts_give_the_same_vocabulary() -> None:
    texts = list(make_shop(seed=5, n_reviews=300).reviews["text"].drop_nulls())
    config = CorpusConfig(vocabulary=900, min_frequency=2)
    made = [train_tokenizer(lambda: texts, config).to_str() for _ in range(4)]
    assert len(set(made)) == 1
    vocabulary = json.loads(made[0])["model"]["vocab"]
    assert len(vocabulary) <= 900
    assert [token for token, number in sorted(vocabulary.items(), key=lambda i: i[1])][:5] == list(SPECIAL)


def test_rare_words_are_spelled_out(prepared: Prepared) -> None:
    encoding = prepared.reader.encode_batch(["zqzqzq battery"])[0]
    assert "[UNK]" not in encoding.tokens
    assert encoding.tokens[0].startswith("z")
