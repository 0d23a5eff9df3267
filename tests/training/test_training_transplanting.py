"""An English encoder given a bilingual vocabulary, and lessons of a teacher's sentence vectors."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import torch
from training_fixtures import Prepared

from unmet.core.config import CorpusConfig, FinetuneConfig, PretrainConfig
from unmet.core.errors import InputError, ModelError
from unmet.training.finetuning import finetune
from unmet.training.loading import load_finetuned
from unmet.training.pretraining import pretrain
from unmet.training.teacher import TEXTS, VECTORS, Teacher, lesson_loss, token_states, write_teacher
from unmet.training.tokenizing import SPECIAL, Reader, load_reader, save_reader, train_tokenizer
from unmet.training.transplanting import spelled, spread_like, translations, transplant

WORDS = "good bad price screen slow quality battery service fast cheap".split()
CHARACTERS = "好差价屏慢质电服快便"
MEANING = dict(zip(CHARACTERS, WORDS, strict=True))
CONTINUED = PretrainConfig(
    steps=6, tokens_per_batch=256, warmup_steps=2, learning_rate=1e-3, checkpoint_every=3, evaluate_every=3
)


def sentences(n: int, seed: int = 0) -> list[tuple[str, str]]:
    """Pairs whose words correspond one to one, in another order."""
    rng = np.random.default_rng(seed)
    chosen = [rng.choice(len(WORDS), 3, replace=False) for _ in range(n)]
    return [
        ("".join(CHARACTERS[i] for i in rng.permutation(row)), " ".join(WORDS[i] for i in row))
        for row in chosen
    ]


@pytest.fixture(scope="module")
def english(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A BERT with four layers that reads English only."""
    from transformers import BertConfig, BertModel

    folder = tmp_path_factory.mktemp("english")
    texts = [text for _, text in sentences(300)] + ["the phone is good but the price was bad"] * 5
    config = CorpusConfig(vocabulary=300, min_frequency=1)
    save_reader(train_tokenizer(lambda: texts, config), folder, folds=True)
    torch.manual_seed(0)
    shape = BertConfig(
        vocab_size=load_reader(folder).size,
        hidden_size=32,
        num_hidden_layers=4,
        num_attention_heads=2,
        intermediate_size=64,
        max_position_embeddings=64,
    )
    BertModel(shape, add_pooling_layer=False).save_pretrained(str(folder))
    return folder


def ids(reader: Reader, text: str) -> list[int]:
    return list(reader.encode_batch([text])[0].ids)


def test_translations_are_found_from_pairs_of_sentences() -> None:
    left, right, pair = [], [], []
    for number, (zh, en) in enumerate(sentences(200)):
        for character in zh:
            for word in en.split():
                left.append(CHARACTERS.index(character))
                right.append(len(WORDS) + WORDS.index(word))
                pair.append(number)
    found = translations(np.array(left), np.array(right), np.array(pair), 2 * len(WORDS))
    assert {piece: int(others[0]) - len(WORDS) for piece, (others, _) in found.items()} == {
        i: i for i in range(len(WORDS))
    }
    assert all(weights[0] > 0.8 and weights.sum() == pytest.approx(1) for _, weights in found.values())


def test_pieces_of_one_sentence_alone_are_not_believed() -> None:
    found = translations(np.array([0, 1, 1, 1]), np.array([3, 3, 3, 3]), np.array([0, 1, 2, 3]), 4)
    assert set(found) == {1}


def test_means_are_stretched_to_the_usual_distance() -> None:
    old = np.random.default_rng(0).normal(size=(50, 8)).astype(np.float32)
    table = np.stack([old[:20].mean(axis=0), old[3]])
    stretched = spread_like(table, old, np.array([True, True]))
    distance = np.linalg.norm(stretched - old.mean(axis=0), axis=1)
    usual = np.median(np.linalg.norm(old - old.mean(axis=0), axis=1))
    assert distance[0] == pytest.approx(usual, rel=1e-4)
    assert distance[1] >= usual * 0.999


def test_the_source_keeps_its_layers_and_gives_words_their_meaning(
    prepared: Prepared, english: Path, tmp_path: Path
) -> None:
    from transformers import AutoModel, AutoModelForMaskedLM

    reader = prepared.reader
    known = [(c, w) for c, w in MEANING.items() if len(ids(reader, c)) == 1 and len(ids(reader, w)) == 1]
    assert len(known) >= 5
    told = transplant(english, reader, prepared.store, sentences(400), tmp_path, layers=(1, 3))
    assert told.spelled + told.translated + told.by_company + told.left == reader.size
    assert told.translated >= len(known)
    model = AutoModelForMaskedLM.from_pretrained(str(tmp_path))
    source = AutoModel.from_pretrained(str(english))
    assert model.config.num_hidden_layers == 2
    for place, layer in enumerate((1, 3)):
        kept = model.bert.encoder.layer[place].output.dense.weight
        assert torch.equal(kept, source.encoder.layer[layer].output.dense.weight)
    table = model.get_input_embeddings().weight.detach()
    centred = torch.nn.functional.normalize(table - table.mean(0), dim=1)
    words = torch.tensor([ids(reader, w)[0] for _, w in known])
    for number, (character, _) in enumerate(known):
        near = centred[words] @ centred[ids(reader, character)[0]]
        assert int(near.argmax()) == number


def test_spelled_pieces_have_the_embedding_of_the_source(prepared: Prepared, english: Path) -> None:
    old_reader = load_reader(english)
    old = np.random.default_rng(1).normal(size=(old_reader.size, 4)).astype(np.float32)
    table, known = spelled(prepared.reader, old_reader, old)
    for word in ("good", "price"):
        new = prepared.reader.tokenizer.token_to_id(word)
        assert new is not None
        assert known[new]
        assert np.array_equal(table[new], old[old_reader.tokenizer.token_to_id(word)])
    for token, role in zip(SPECIAL, ("pad", "unknown", "start", "end", "mask"), strict=True):
        assert np.array_equal(
            table[prepared.reader.tokenizer.token_to_id(token)], old[getattr(old_reader, role)]
        )
    assert not known[prepared.reader.tokenizer.token_to_id("好")]


def test_unusable_sources_are_refused(prepared: Prepared, english: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="layers 0 to 3"):
        transplant(english, prepared.reader, prepared.store, sentences(9), tmp_path, layers=(4,))
    with pytest.raises(ModelError, match="no encoder"):
        transplant(tmp_path, prepared.reader, prepared.store, sentences(9), tmp_path, layers=(0,))


@pytest.fixture(scope="module")
def taught(prepared: Prepared, english: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A pupil to start from and a folder of lessons."""
    folder = tmp_path_factory.mktemp("taught")
    transplant(english, prepared.reader, prepared.store, sentences(400), folder / "start", layers=(1, 3))
    pairs = dict(sentences(60, seed=5))
    n_texts = write_teacher(english, ["good price"], pairs, folder / "teacher")
    assert n_texts == len({"good price", *pairs, *pairs.values()})
    return folder / "start", folder / "teacher"


def test_a_text_and_its_translation_get_the_same_vector(taught: tuple[Path, Path]) -> None:
    table = pl.read_parquet(taught[1] / TEXTS)
    rows = dict(zip(table["text"], table["vector"], strict=True))
    pairs = dict(sentences(60, seed=5))
    assert all(rows[zh] == rows[en] for zh, en in pairs.items())
    vectors = np.load(taught[1] / VECTORS).astype(np.float32)
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1.0, atol=2e-3)


def test_lessons_depend_on_seed_and_number_alone(prepared: Prepared, taught: tuple[Path, Path]) -> None:
    teacher = Teacher(taught[1], prepared.reader, 32, 64)
    begun, resumed = teacher.lessons(3, 0), teacher.lessons(3, 4)
    for _ in range(4):
        next(begun)
    for _ in range(30):  # more than one epoch
        (batch, vectors), (again, same) = next(begun), next(resumed)
        assert np.array_equal(batch.ids, again.ids)
        assert np.array_equal(vectors, same)


def test_a_pupil_draws_near_its_teacher(
    prepared: Prepared, taught: tuple[Path, Path], tmp_path: Path
) -> None:
    from transformers import AutoModelForMaskedLM

    shutil.copytree(prepared.folder, tmp_path / "run")
    config = replace(CONTINUED, base=str(taught[0]), teacher=str(taught[1]), steps=40, checkpoint_every=100)
    pretrain(prepared.store, prepared.reader, tmp_path / "run", config=config)
    lesson = next(Teacher(taught[1], prepared.reader, 32, 512).lessons(9, 0))
    distances = []
    for folder in (taught[0], tmp_path / "run"):
        model = AutoModelForMaskedLM.from_pretrained(str(folder)).eval()
        with torch.no_grad():
            distances.append(float(lesson_loss(token_states(model.bert), *lesson, torch.device("cpu"))))
    assert distances[1] < 0.7 * distances[0]


def test_a_teacher_of_another_width_is_refused(
    prepared: Prepared, taught: tuple[Path, Path], tmp_path: Path
) -> None:
    config = replace(CONTINUED, size="tiny", teacher=str(taught[1]))
    with pytest.raises(InputError, match="32 numbers"):
        pretrain(prepared.store, prepared.reader, tmp_path, config=config)
    with pytest.raises(InputError, match="no teacher's vectors"):
        Teacher(tmp_path / "nowhere", prepared.reader, 32, 64)


def test_finetuning_keeps_the_teachers_vectors(
    prepared: Prepared, taught: tuple[Path, Path], tmp_path: Path
) -> None:
    rows = [
        "text,label",
        *(f"{text},{number % 2}" for number, text in enumerate(en for _, en in sentences(40))),
    ]
    (tmp_path / "task.csv").write_text("\n".join(rows), encoding="utf-8")
    lesson = next(Teacher(taught[1], prepared.reader, 32, 512).lessons(9, 0))
    plain = FinetuneConfig(epochs=6, patience=6, learning_rate=1e-3, max_tokens=32, dropout=0.0)
    base = tmp_path / "base"
    shutil.copytree(taught[0], base)
    for path in prepared.folder.glob("*.json"):
        if path.name.startswith(("tokenizer", "reading")):
            shutil.copyfile(path, base / path.name)
    distances = []
    for name, config in (("without", plain), ("with", replace(plain, teacher=str(taught[1])))):
        finetune(base, {"mood": tmp_path / "task.csv"}, tmp_path / name, config=config)
        model = load_finetuned(tmp_path / name).model
        with torch.no_grad():
            distances.append(float(lesson_loss(model.states, *lesson, torch.device("cpu"))))
    assert distances[1] < 0.8 * distances[0]
