"""Running a package: windows, batches, pairs that do not fit, abstention, calls that cannot be answered."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from inference_fixtures import shared_package

from unmet.core.errors import InputError, ModelError
from unmet.models.encoder import BATCH_TOKENS, EncoderModel, batches, load_encoder
from unmet.models.encoder_package import load_encoder_package
from unmet.models.windows import text_windows

SENTENCES = ["屏幕太暗了。", "物流很快！", "The battery dies after two hours. ", "很好", "strap is sturdy, "]


@pytest.fixture(scope="module")
def model() -> EncoderModel:
    return load_encoder(shared_package(), threads=1)


def test_every_character_of_a_long_text_is_read(model: EncoderModel) -> None:
    text = "".join(SENTENCES) * 20
    windows = text_windows([text], model.reader, 32)
    assert len(windows) > 10
    assert max(windows.lengths) <= 32
    read = np.concatenate([window[1:-1] for window in windows.ids])
    assert read.tolist() == model.reader.encode_batch([text])[0].ids


def test_a_long_text_is_the_mean_of_its_windows(model: EncoderModel) -> None:
    text = "屏幕太暗了。" * 12
    windows = text_windows([text], model.reader, 32)
    pieces = [text[w[1][0] : w[-2][1]] for w in windows.places]
    assert "".join(pieces) == text
    alone = model.run(pieces, None, ["sentiment"], calibrated=False)["sentiment"]
    whole = model.run([text], None, ["sentiment"], calibrated=False)["sentiment"][0]
    assert np.allclose(whole, np.average(alone, axis=0, weights=windows.lengths), atol=1e-5)


def test_batches_hold_windows_of_one_padded_length(model: EncoderModel) -> None:
    texts = [sentence * n for n in range(1, 6) for sentence in SENTENCES] * 30
    windows = text_windows(texts, model.reader, 30)
    seen: list[int] = []
    for numbers, length in batches(windows, 30):
        own = windows.lengths[numbers]
        assert length % 8 == 0 or length == 30
        assert (length - 8 < own).all()
        assert (own <= length).all()
        assert len(numbers) * length <= BATCH_TOKENS
        seen += numbers.tolist()
    assert sorted(seen) == list(range(len(windows)))


def test_heads_come_from_one_forward(model: EncoderModel) -> None:
    before = model.n_forwards
    found = model.run(["屏幕太暗了。"])
    assert model.n_forwards == before + 1
    assert {"sentiment", "need", "intensity", "opinions", "entities", "vector"} == set(found)
    assert np.linalg.norm(found["vector"][0]) == pytest.approx(1, abs=1e-5)


def test_a_pair_that_does_not_fit_is_counted_or_cut_around_its_aspect(model: EncoderModel) -> None:
    text = "很好。" * 30 + "電池不耐用。" + "物流很快。" * 30
    before = model.n_shortened
    model.run([text, "电池"], ["电池", "x"], ["given_aspect"])
    assert model.n_shortened == before + 1
    (shorter,) = model.around([text], ["电池"])
    assert "電池不耐用" in shorter
    assert shorter in text
    model.run([shorter], ["电池"], ["given_aspect"])
    assert model.n_shortened == before + 1
    assert model.around([text], ["zipper"])[0] == text[: len(shorter)]
    assert model.around(["屏幕很好"], ["屏幕"]) == ["屏幕很好"]


def test_half_characters_are_read_and_spans_stay_slices(model: EncoderModel) -> None:
    text = "\ud83d电池\ud800\udfff很好"
    for span in model.run([text])["opinions"][0]:
        assert 0 <= span.start < span.end <= len(text)


def test_nothing_in_nothing_out(model: EncoderModel) -> None:
    found = model.run([])
    assert found["sentiment"].shape == (0, 3)
    assert found["opinions"] == []
    assert model.run([], [])["given_aspect"].shape == (0, 3)


def test_unsure_rows_are_abstained_from(tmp_path: Path) -> None:
    folder = Path(shutil.copytree(shared_package(), tmp_path / "p"))
    told = json.loads((folder / "manifest.json").read_text("utf-8"))
    for head in told["heads"]:
        if head["name"] == "sentiment":
            head |= {"abstain_below": 0.6, "temperature": 3.0}
    (folder / "manifest.json").write_text(json.dumps(told), "utf-8")
    model, plain = load_encoder(folder), load_encoder(shared_package())
    sure = model.run(SENTENCES, None, ["sentiment"])["sentiment"]
    raw = plain.run(SENTENCES, None, ["sentiment"])["sentiment"]
    expected = raw ** (1 / 3) / (raw ** (1 / 3)).sum(axis=1, keepdims=True)
    assert np.allclose(sure, expected, atol=1e-5)
    assert model.abstains("sentiment", sure).tolist() == (sure.max(axis=1) < 0.6).tolist()
    assert not plain.abstains("sentiment", raw).any()


def test_threads_change_nothing() -> None:
    texts = [sentence * n for n in range(1, 9) for sentence in SENTENCES]
    first, second = (load_encoder(shared_package(), threads=n).run(texts) for n in (1, 2))
    for name, values in first.items():
        same = values == second[name] if isinstance(values, list) else np.array_equal(values, second[name])
        assert same, name


def test_calls_that_cannot_be_answered(model: EncoderModel) -> None:
    with pytest.raises(InputError, match="no head 'mood'"):
        model.run(["x"], None, ["mood"])
    with pytest.raises(InputError, match="reads two texts"):
        model.run(["x"], None, ["given_aspect"])
    with pytest.raises(InputError, match="reads one text"):
        model.run(["x"], ["y"], ["sentiment"])
    with pytest.raises(InputError, match="1 texts but 2"):
        model.run(["x"], ["y", "z"])
    with pytest.raises(InputError, match="one string"):
        model.run("屏幕")


def test_a_manifest_of_something_else_is_refused(tmp_path: Path) -> None:
    from unmet.models.catalog import PACKAGES

    with pytest.raises(ModelError, match="not an encoder"):
        load_encoder_package(PACKAGES / "linear" / "need")
    folder = Path(shutil.copytree(shared_package(), tmp_path / "p"))
    told = json.loads((folder / "manifest.json").read_text("utf-8"))
    for change, message in (
        ({"format": 99}, "format 99"),
        ({"heads": [{"name": "x", "magic": 1}]}, "cannot be read"),
        ({"heads": [{"name": "x", "kind": "magic"}]}, "unknown kind"),
    ):
        (folder / "manifest.json").write_text(json.dumps({**told, **change}), "utf-8")
        with pytest.raises(ModelError, match=message):
            load_encoder_package(folder)
