import numpy as np
import pytest

from unmet.core.errors import ModelError
from unmet.models.calibration import MixtureHead
from unmet.models.classifier import load_classifier
from unmet.models.ngrams import NgramConfig, hashed_ngrams
from unmet.models.package import save_package
from unmet.models.piece_scores import PieceReadOut, pieces_of, pooled_scores

CONFIG = NgramConfig(orders=(1,), bits=12)
MANIFEST = {
    "name": "toy",
    "version": "1",
    "task": "toy",
    "labels": ["bad", "good"],
    "training_data": [],
    "threshold": 0.5,
    "registers": ["review", "forum"],
    "piece_register": "forum",
    "features": {"orders": [1], "skip_pairs": False, "bits": 12, "borders": False},
}


def toy_arrays():
    """好 minus 坏 in the first column, 帖 in the second, which gates forum posts; experts know nothing.

    Only the read-out on pieces decides: by the highest piece score of the first column.
    """
    columns = np.zeros((2, CONFIG.n_buckets), dtype=np.int8)
    for column, character, weight in ((0, "好", 100), (0, "坏", -100), (1, "帖", 100)):
        columns[column, hashed_ngrams([character], CONFIG).indices] = weight
    gate = np.zeros((4, 2), dtype=np.float32)
    gate[1, 1], gate[3, 1] = 40.0, -20.0
    pieces = np.zeros((4 + 3, 2), dtype=np.float32)
    pieces[4, 1] = 2.0
    return {
        "column_0": columns[0],
        "column_1": columns[1],
        "scale": np.array([0.03, 0.03], dtype=np.float32),
        "gate": gate,
        "experts": np.zeros((2, 4, 2), dtype=np.float32),
        "label_bias": np.zeros((2, 2), dtype=np.float32),
        "piece_columns": np.array([0], dtype=np.int32),
        "piece_read_out": pieces,
    }


def load(folder, **change):
    save_package(folder, MANIFEST, {**toy_arrays(), **change})
    return load_classifier(folder, "toy")


def test_pieces_end_at_punctuation_and_blanks():
    pieces, starts = pieces_of(["油耗高，动力 不错。", "。。", "", "one"])
    assert pieces == ["油耗高", "动力", "不错", "。。", "", "one"]
    assert starts.tolist() == [0, 3, 4, 5]


def test_highest_lowest_and_count(tmp_path):
    classifier = load(tmp_path)
    pooled = pooled_scores(["好，坏猫狗鸟", "猫"], classifier.columns.only([0]).scores)
    assert pooled == pytest.approx(np.array([[3.0, -1.5, np.log(2)], [0.0, 0.0, 0.0]]))


def test_a_piece_decides_in_its_register_only(tmp_path):
    classifier = load(tmp_path)
    probabilities = classifier.probabilities(["帖，好，坏", "猫，好，坏"])
    sure = 1 / (1 + np.exp(-2 * 3.0))
    assert probabilities[0, 1] == pytest.approx(sure, abs=1e-3)
    assert probabilities[1, 1] == 0.5  # no forum post: as if there were no read-out on pieces


def test_a_text_reads_the_same_alone_and_in_a_batch(tmp_path):
    classifier = load(tmp_path)
    texts = [f"{'帖' * (i % 3)}好{i}，坏{'好' * (i % 7)}。 text{i % 11}" for i in range(3000)]
    features, batch = classifier.read(texts)
    for index in (0, 1, 2, 2047, 2048, 2999):
        alone_features, alone = classifier.read([texts[index]])
        assert (alone == batch[index]).all()
        assert (alone_features == features[index]).all()
    assert classifier.probabilities([]).shape == (0, 2)


def test_without_rows_of_the_register_the_head_answers():
    head = MixtureHead(np.array([[0.0, 0.0], [9.0, -9.0]], np.float32), np.zeros((2, 2, 2), np.float32))
    pieces = PieceReadOut(1, np.array([0]), np.ones((5, 2), np.float32))
    features = np.ones((1, 2), np.float32)

    def never(_):
        raise AssertionError("no text needs to be cut")

    assert pieces.probabilities(head, ["a，b"], features, never).tolist() == [[0.5, 0.5]]


@pytest.mark.parametrize(
    "change",
    [
        {"piece_read_out": np.zeros((6, 2), np.float32)},
        {"piece_columns": np.array([2], np.int32)},
        {"piece_columns": np.array([-1], np.int32)},
    ],
)
def test_parts_that_do_not_fit_are_refused(tmp_path, change):
    with pytest.raises(ModelError, match="read-out on pieces does not fit"):
        load(tmp_path, **change)


def test_missing_parts_are_refused(tmp_path):
    save_package(tmp_path, MANIFEST, {k: v for k, v in toy_arrays().items() if k != "piece_columns"})
    with pytest.raises(ModelError, match="lacks a part"):
        load_classifier(tmp_path, "toy")
    save_package(tmp_path, {**MANIFEST, "piece_register": "chat"}, toy_arrays())
    with pytest.raises(ModelError, match="lacks a part"):
        load_classifier(tmp_path, "toy")
