"""Entity columns against slow definitions; the shipped entity package's contract."""

from __future__ import annotations

from importlib.resources import files
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from unmet.core.errors import ModelError
from unmet.models.entities import load_entity_model
from unmet.models.entity_features import (
    ENTITY_TYPES,
    MAX_NAME,
    NameList,
    NameLists,
    name_hash,
    read_positions,
)
from unmet.models.package import save_package
from unmet.models.tagger_features import NO_CLASSES

FOLDER = Path(str(files("unmet.models") / "packages" / "linear" / "entities"))
NAMES = ["耐克", "充电宝", "充电", "iphone", "too cool", "阿迪达斯官方旗舰店专卖"]
TEXTS = [
    "耐克充电宝 IPHONE 手机壳",
    "iphones 不是 iphone6",
    "",
    "耐",
    "Too Cool 充电",
    "A" * 450,
    "耐克\x00充\ud800电",
]


def lists(names):
    keys = np.array([name_hash(n) for n in names], dtype=np.uint32)
    return NameLists.build(keys, keys[:1])


def slow_cover(folded, names):
    result, k = [0] * len(folded), 0
    while k < len(folded):
        for size in range(min(MAX_NAME, len(folded) - k), 1, -1):
            piece = folded[k : k + size]
            cut_left = k > 0 and latin(folded[k - 1]) and latin(folded[k])
            cut_right = k + size < len(folded) and latin(piece[-1]) and latin(folded[k + size])
            if piece in names and not cut_left and not cut_right:
                for j in range(k, k + size):
                    result[j] = min(size, 6) * 4 + 2 + (j == k) - (j == k + size - 1)
                k += size - 1
                break
        k += 1
    return result


def latin(c):
    return c.isascii() and c.isalnum()


def test_name_cover_equals_the_slow_definition():
    positions = read_positions(TEXTS, NO_CLASSES, lists(NAMES))
    expected = [
        v for t in TEXTS for v in slow_cover(t.lower().replace("\x00", " ").replace("\ud800", " "), NAMES)
    ]
    assert positions.columns["brand"][1:].tolist() == expected
    assert max(expected) > 0


def test_forgotten_names_are_not_seen():
    name = name_hash("耐克")
    positions = read_positions(
        ["耐克", "耐克"],
        NO_CLASSES,
        lists(NAMES),
        [{"brand": {name}, "product": set()}, {"brand": set(), "product": set()}],
    )
    assert (positions.columns["brand"][1:] > 0).tolist() == [False, False, True, True]


def test_positions_cover_every_character_once():
    positions = read_positions(TEXTS, NO_CLASSES, lists([]))
    lengths = [len(t) for t in TEXTS]
    assert positions.types.size == sum(lengths)
    assert positions.starts.tolist() == [k for n in lengths for k in range(n)]
    assert np.diff(positions.bounds).max() <= 200


def test_empty_name_list_contains_nothing():
    assert not NameList.build(np.zeros(0, np.uint32)).contains(np.array([0, 5], np.uint32)).any()


@pytest.fixture(scope="module")
def model():
    return load_entity_model(FOLDER)


TITLES = [
    "羚跑商务背包双肩包男士防盗多功能出差韩版休闲15.6寸电脑包",
    "小米手机充电器 Type-C 快充头",
    "apple iphone 11 case",
    "",
    "这个手机壳很好，快递也快",
    "\x00\ud800" * 20,
]


def test_contract_of_every_entity(model):
    for text, entities in zip(TITLES, model.extract(TITLES), strict=True):
        for e in entities:
            assert text[e.span[0] : e.span[1]] == e.text
            assert e.type in ENTITY_TYPES
        assert [e.span for e in entities] == sorted(e.span for e in entities)
        assert all(a.span[1] <= b.span[0] for a, b in pairwise(entities))


def test_batch_equals_one_by_one(model):
    assert model.extract(TITLES) == [model.extract([t])[0] for t in TITLES]
    assert model.extract(TITLES[::-1])[::-1] == model.extract(TITLES)


def test_products_of_a_title_are_found(model):
    found = {(e.text, e.type) for e in model.extract(TITLES[:1])[0]}
    assert ("双肩包", "product") in found


def test_a_package_of_another_task_is_refused(tmp_path):
    manifest = {"name": "x", "version": "1", "task": "sentiment", "labels": [], "training_data": []}
    save_package(tmp_path, manifest, {"a": np.zeros(1)})
    with pytest.raises(ModelError, match="not for entities"):
        load_entity_model(tmp_path)


@pytest.mark.real_data
def test_titles_unseen_in_training_reach_the_floor(model, monkeypatch):
    monkeypatch.syspath_prepend(str(Path(__file__).resolve().parents[2] / "benchmarks"))
    from corpora_spans import data_folder, read_titles

    if not (data_folder() / "entities_zh").is_dir():
        pytest.skip("public data not found: set UNMET_DATA")
    seen = {t.text for t in read_titles("train")}
    titles = list({t.text: t for t in read_titles("dev") if t.text not in seen}.values())
    found = [{(*e.span, e.type) for e in row} for row in model.extract([t.text for t in titles])]
    right = sum(len(f & set(t.spans)) for f, t in zip(found, titles, strict=True))
    total = sum(len(f) + len(t.spans) for f, t in zip(found, titles, strict=True))
    assert 2 * right / total >= 0.58
