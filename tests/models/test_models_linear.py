"""The shipped tier: what the packages must get right without any public data at hand."""

from pathlib import Path

import numpy as np
import pytest

from unmet.core.errors import ModelError
from unmet.evaluate.metrics import f1_of
from unmet.models.catalog import PACKAGES, load_models
from unmet.models.linear import LinearModels

ORACLES = Path(__file__).parents[1] / "oracles"
TEXTS = [
    "质量很好，非常喜欢",
    "用了三天就坏了，垃圾",
    "I love it, works great",
    "Terrible, broke after a day",
    "",
]


@pytest.fixture(scope="module")
def models():
    return load_models("linear")


def test_names_and_versions(models):
    assert models.name.startswith("linear@")
    assert {"sentiment", "intensity", "need"} <= set(models.versions)
    assert all("@" in version for version in models.versions.values())


def test_plain_sentences_in_both_languages(models):
    probabilities = models.sentiment(TEXTS)
    assert probabilities.shape == (5, 3)
    assert probabilities.dtype == np.float32
    assert probabilities.sum(axis=1) == pytest.approx(np.ones(5), abs=1e-5)
    expected = ["positive", "negative", "positive", "negative"]
    assert models.sentiment_labels(probabilities)[:4] == expected
    again, decided = models.sentiment_with_labels(TEXTS)
    assert (again == probabilities).all()
    assert decided[:4] == expected


def test_labels_of_nothing(models):
    assert models.sentiment_labels(np.empty((0, 3))) == []
    assert models.sentiment_with_labels([])[1] == []


def test_traditional_and_simplified_read_alike(models):
    assert models.sentiment(["螢幕很差，後悔買了"]) == pytest.approx(models.sentiment(["萤幕很差,后悔买了"]))


def test_intensity_orders_texts_and_stays_on_its_scale(models):
    texts = ["非常完美，太喜欢了！", "还可以", "太差了，气死我了，垃圾！", "x" * 500, ""]
    values = models.intensity(texts)
    assert values.shape == (5, 2)
    assert (values >= 1).all()
    assert (values <= 9).all()
    assert values[0, 0] > values[1, 0] > values[2, 0]


@pytest.mark.parametrize(("name", "lowest"), [("need_sentences_zh", 0.9), ("need_sentences_zh_fresh", 0.75)])
def test_need_oracle_in_chinese(models, name, lowest):
    rows = [line.split("\t") for line in (ORACLES / f"{name}.tsv").read_text("utf-8").splitlines()]
    truth = np.array([int(label) for label, _ in rows])
    decided = (models.need([sentence for _, sentence in rows]) >= models.need_threshold).astype(int)
    assert len(rows) >= 40
    assert f1_of(1)(truth, decided) >= lowest


def test_need_in_english(models):
    needs = models.need(["Please add a dark mode.", "It would be nice to have a smaller size."])
    others = models.need(["The delivery was quick.", "I bought this for my sister."])
    assert (needs >= models.need_threshold).all()
    assert (others < models.need_threshold).all()


@pytest.mark.parametrize("task", ["sentiment", "intensity", "need"])
def test_batch_equals_one_by_one_and_empty_is_fine(models, task):
    read = getattr(models, task)
    batch = read(TEXTS)
    assert len(read([])) == 0
    for index, text in enumerate(TEXTS):
        assert read([text])[0] == pytest.approx(batch[index], abs=1e-5)


def test_hostile_texts_do_no_harm(models):
    texts = [
        "\ud800\udfff",
        "\x00" * 100,
        "=cmd|' /C calc'!A0",
        "<script>alert(1)</script>",
        "好" * 100_000,
        "\u202e😀",
    ]
    for read in (models.sentiment, models.intensity, models.need):
        assert np.isfinite(read(texts)).all()


def test_shipped_size():
    own = [PACKAGES / "linear" / task for task in ("sentiment", "intensity", "need")]
    size = sum(path.stat().st_size for folder in own for path in folder.iterdir())
    assert size <= 6 * 2**20


def test_every_package_has_a_card_and_names_its_data():
    for task in ("sentiment", "intensity", "need"):
        card = (PACKAGES / "linear" / task / "CARD.md").read_text("utf-8")
        for heading in ("## Training data", "## Numbers", "## Limits"):
            assert heading in card


def test_unknown_tiers_say_what_there_is(tmp_path):
    with pytest.raises(ModelError, match="not shipped yet"):
        load_models("starter")
    with pytest.raises(ModelError, match="Tiers: linear"):
        load_models("no-such-tier")
    with pytest.raises(ModelError, match="no model packages"):
        load_models(str(tmp_path))


def test_folder_of_packages_loads(models):
    from_folder = load_models(str(PACKAGES / "linear"))
    assert (from_folder.sentiment(TEXTS) == models.sentiment(TEXTS)).all()


def test_task_without_a_package_is_named(tmp_path):
    with pytest.raises(ModelError, match="no model for the task 'need'"):
        LinearModels(tmp_path).need(["x"])
