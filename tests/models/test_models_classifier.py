import numpy as np
import pytest

from unmet.core.errors import ModelError
from unmet.models.calibration import MixtureHead, biased_argmax, softmax
from unmet.models.classifier import load_classifier
from unmet.models.ngrams import NgramConfig, hashed_ngrams
from unmet.models.package import save_package

CONFIG = NgramConfig(orders=(1,), bits=12)


def toy_arrays():
    """One column that counts 好 minus 坏, read as the log odds of the second class."""
    column = np.zeros(CONFIG.n_buckets, dtype=np.int8)
    for character, weight in (("好", 100), ("坏", -100)):
        column[hashed_ngrams([character], CONFIG).indices] = weight
    experts = np.zeros((1, 3, 2), dtype=np.float32)
    experts[0, 0, 1] = 1.0
    return {
        "column_0": column,
        "scale": np.array([0.03], dtype=np.float32),
        "gate": np.zeros((3, 1), dtype=np.float32),
        "experts": experts,
        "label_bias": np.zeros((1, 2), dtype=np.float32),
    }


MANIFEST = {
    "name": "toy",
    "version": "1",
    "task": "toy",
    "labels": ["bad", "good"],
    "training_data": [],
    "threshold": 0.5,
    "features": {"orders": [1], "skip_pairs": False, "bits": 12, "borders": False},
}


@pytest.fixture
def folder(tmp_path):
    save_package(tmp_path, MANIFEST, toy_arrays())
    return tmp_path


def test_score_is_the_sum_over_the_root_of_the_count(folder):
    classifier = load_classifier(folder, "toy")
    features = classifier.columns.features(["好", "好坏", "好猫狗鸟", ""])
    assert features[:, 0] == pytest.approx([3.0, 0.0, 1.5, 0.0])
    assert features[:, 1] == pytest.approx(np.log1p([1, 2, 4, 0]))
    assert features[:, 2].tolist() == [1.0] * 4
    probabilities = classifier.probabilities(["好", "坏", ""])
    assert probabilities[:, 1] == pytest.approx([1 / (1 + np.exp(-3)), 1 / (1 + np.exp(3)), 0.5])


def test_batch_equals_single_to_the_last_bit(folder):
    classifier = load_classifier(folder, "toy")
    texts = [f"好{i}坏 {'好' * (i % 7)} text" for i in range(5000)]
    batch = classifier.probabilities(texts)
    for index in (0, 17, 2047, 2048, 4999):
        assert (classifier.probabilities([texts[index]])[0] == batch[index]).all()
    assert classifier.probabilities([]).shape == (0, 2)


def test_short_column_is_read_by_leading_bits(tmp_path):
    arrays = toy_arrays()
    short = np.zeros(1 << 8, dtype=np.int8)
    short[hashed_ngrams(["好"], CONFIG).indices >> 4] = 100
    save_package(tmp_path, MANIFEST, {**arrays, "column_0": short})
    assert load_classifier(tmp_path, "toy").columns.features(["好"])[0, 0] == pytest.approx(3.0)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"gate": np.zeros((5, 1), np.float32)}, "does not fit"),
        ({"column_0": np.zeros(100, np.int8)}, "power of two"),
        ({"column_0": np.zeros(128, np.int16)}, "int8"),
    ],
)
def test_parts_that_do_not_fit_are_refused(tmp_path, change, message):
    save_package(tmp_path, MANIFEST, {**toy_arrays(), **change})
    with pytest.raises(ModelError, match=message):
        load_classifier(tmp_path, "toy")


@pytest.mark.parametrize("name", ["column_0", "scale", "gate", "experts", "label_bias"])
def test_missing_parts_are_refused(tmp_path, name):
    save_package(tmp_path, MANIFEST, {k: v for k, v in toy_arrays().items() if k != name})
    with pytest.raises(ModelError, match="lacks a part"):
        load_classifier(tmp_path, "toy")


def test_wrong_task_is_refused(folder):
    with pytest.raises(ModelError, match="'toy', not 'need'"):
        load_classifier(folder, "need")


def test_mixture_of_two_registers():
    # The gate follows feature 0; each register has an opinion of its own.
    gate = np.array([[-50.0, 50.0], [0.0, 0.0]], dtype=np.float32)
    experts = np.array([[[0, 0], [2, 0]], [[0, 0], [0, 2]]], dtype=np.float32)
    head = MixtureHead(gate, experts)
    probabilities = head.probabilities(np.array([[-1.0, 1.0], [1.0, 1.0], [0.0, 1.0]], dtype=np.float32))
    high = np.exp(2) / (1 + np.exp(2))
    assert probabilities[:, 0] == pytest.approx([high, 1 - high, 0.5], abs=1e-6)


def test_softmax_survives_large_logits():
    assert softmax(np.array([[1e4, 0.0, -1e4]], dtype=np.float32)).tolist() == [[1.0, 0.0, 0.0]]


def test_bias_moves_the_decision():
    probabilities = np.array([[0.3, 0.7], [0.6, 0.4]])
    assert biased_argmax(probabilities, np.zeros(2)).tolist() == [1, 0]
    assert biased_argmax(probabilities, np.array([1.0, 0.0])).tolist() == [0, 0]
