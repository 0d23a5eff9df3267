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


WISHES = [
    "希望改进",
    "希望改进。",
    "希望能出小号的",
    "建议增加一个静音模式",
    "要是再大一点就好了",
    "能不能出一个没有香味的版本",
    "please fix it",
    "I wish it had a longer cable",
    "I hope they improve the battery",
    "It would be nice to have a smaller size.",
]
WISHES_BEHIND_COMPLAINTS = [
    "电池不耐用，希望改进。",
    "充电太慢，建议改进",
    "质量不好，希望商家改进",
    "屏幕容易刮花，要是能送个膜就好了",
    "声音太小，希望下一代能大一点。",
    "Bad quality. Please fix it.",
    "The battery dies fast, please fix it.",
    "It broke after a week. I wish it was stronger.",
]
WISHES_BEHIND_PRAISE = [
    "东西不错，希望能便宜点",
    "很满意，希望继续保持",
    "Good product. Please add a longer cable.",
]


def test_a_wish_says_nothing_good(models):
    assert (models.sentiment(WISHES)[:, 2] < 0.25).all()
    assert "positive" not in models.sentiment_with_labels(WISHES)[1]


def test_a_wish_does_not_turn_a_complaint(models):
    probabilities = models.sentiment(WISHES_BEHIND_COMPLAINTS)
    assert (probabilities[:, 2] < 0.25).all()
    assert (probabilities[:, 0] > probabilities[:, 2]).all()
    assert "positive" not in models.sentiment_with_labels(WISHES_BEHIND_COMPLAINTS)[1]


def test_a_wish_does_not_turn_praise(models):
    assert models.sentiment_with_labels(WISHES_BEHIND_PRAISE)[1] == ["positive"] * 3


@pytest.mark.parametrize(
    ("label", "texts"),
    [
        ("negative", ["太差", "差评", "不好", "不推荐", "一点都不好用", "不是很满意", "没有想象中好"]),
        ("negative", ["bad", "not good", "not worth it", "broke", "I am not happy with it"]),
        (
            "positive",
            ["还行", "好评", "非常满意", "没有什么问题", "不错", "good", "no complaints", "works fine"],
        ),
    ],
)
def test_short_texts_and_negation(models, label, texts):
    assert models.sentiment_labels(models.sentiment(texts)) == [label] * len(texts)


@pytest.mark.parametrize("text", ["不算差", "不差", "并不贵", "not bad at all", "Not bad."])
def test_a_negated_complaint_is_none(models, text):
    assert models.sentiment_with_labels([text])[1] != ["negative"]


# A bare "ok" is left out: Chinese buyers write it as praise, and nothing tells the language.
@pytest.mark.parametrize("text", ["okay", "It is ok", "凑合", "meh"])
def test_lukewarm_words_are_not_sure(models, text):
    probabilities = models.sentiment([text])[0]
    assert probabilities[0] < 0.5
    assert probabilities[2] < 0.7


def test_the_clause_after_but_mostly_decides(models):
    cases = {
        "物流很快，但是质量太差": "negative",
        "价格便宜，不过不好用": "negative",
        "质量还可以，但是用了三天就坏了": "negative",
        "外观漂亮，可惜电池太差": "negative",
        "包装精美，但是里面全是坏的": "negative",
        "看着不错，但是完全不能用": "negative",
        "太贵，但是质量很好": "positive",
        "物流慢，但是东西很好": "positive",
        "服务一般，但味道很棒": "positive",
        "有点贵，不过很喜欢": "positive",
        "Great sound but it broke after a week": "negative",
        "Looks nice but it is useless": "negative",
        "Nice color but very poor quality": "negative",
        "cheap but works great": "positive",
        "A little expensive but I love it": "positive",
        "Shipping was slow, but the product is excellent": "positive",
    }
    decided = models.sentiment_with_labels(list(cases))[1]
    right = [found == label for found, label in zip(decided, cases.values(), strict=True)]
    # One linear score knows no order: the rest are close calls.
    assert sum(right) / len(right) >= 0.8


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
    needs = models.need(
        [
            "Please add a dark mode.",
            "It would be nice to have a smaller size.",
            "If you are tall, order a size up.",
            "Ask for a room at the back.",
            "I wish it came in other colors.",
        ]
    )
    others = models.need(
        [
            "The delivery was quick.",
            "I bought this for my sister.",
            "We asked for a quiet room and got one.",
            "It was cheaper than I thought.",
        ]
    )
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
