"""Integrated gradients add up, and name the word that a model with a known reason goes by."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from inference_fixtures import HEADS, LONG, TEXTS, TINY, predicted, tiny_encoder, tiny_model
from torch import nn
from training_fixtures import Prepared

from unmet.core.errors import InputError
from unmet.training.attribution import TOLERANCE, integrated_gradients, word_embeddings
from unmet.training.loading import LoadedModel
from unmet.training.methods.catalog import METHODS
from unmet.training.multitask import MultiTaskModel


def loaded(prepared: Prepared, method: str = "full", kind: str = "bert") -> LoadedModel:
    config = replace(TINY, method=method)
    model = tiny_model(prepared.reader, config, kind=kind, disturb=True)
    shape = tiny_encoder(prepared.reader, kind).config
    return LoadedModel(model, HEADS, prepared.reader, config, shape, {})


@pytest.mark.parametrize("kind", ["bert", "modernbert"])
def test_weights_add_up_to_the_difference_of_outputs(prepared: Prepared, kind: str) -> None:
    found = integrated_gradients(
        loaded(prepared, kind=kind), "sentiment", TEXTS, label="positive", against="negative"
    )
    differences = [g.output - g.baseline for g in found]
    assert max(map(abs, differences)) > 0.02, "nothing to add up"
    for gradients, difference in zip(found, differences, strict=True):
        assert gradients.gap <= TOLERANCE * max(abs(difference), 1e-3)


@pytest.mark.parametrize("method", list(METHODS))
def test_every_method_can_be_explained(prepared: Prepared, method: str) -> None:
    model = loaded(prepared, method)
    found = integrated_gradients(model, "need", TEXTS[:2], label="1")
    for gradients in found:
        assert gradients.words
        assert gradients.gap <= TOLERANCE * max(abs(gradients.output - gradients.baseline), 1e-3)


def test_outputs_are_those_of_prediction_also_in_windows(prepared: Prepared) -> None:
    model = loaded(prepared)
    found = integrated_gradients(model, "sentiment", [LONG, "物流很快"], label="neutral")
    right = predicted(model.model, HEADS[0], prepared.reader, TINY, [LONG, "物流很快"])
    assert [g.output for g in found] == pytest.approx(right[:, 1].tolist(), abs=1e-5)
    assert len(found[0].words) > 100
    assert all(LONG[w.start : w.end].strip() for w in found[0].words)


def test_a_text_is_weighed_the_same_alone(prepared: Prepared) -> None:
    model = loaded(prepared)
    many = integrated_gradients(model, "sentiment", TEXTS[:3], label="positive")
    alone = integrated_gradients(model, "sentiment", TEXTS[2:3], label="positive")[0]
    assert np.allclose([w.weight for w in many[2].words], [w.weight for w in alone.words], atol=1e-6)


def test_other_heads_and_labels_are_refused(prepared: Prepared) -> None:
    model = loaded(prepared)
    with pytest.raises(InputError, match="of kind tags"):
        integrated_gradients(model, "opinions", TEXTS, label="ASPECT")
    with pytest.raises(InputError, match="no label 'great'"):
        integrated_gradients(model, "sentiment", TEXTS, label="great")
    with pytest.raises(InputError, match="no task"):
        integrated_gradients(model, "mood", TEXTS, label="great")


def test_the_embeddings_are_found_in_the_encoder(prepared: Prepared) -> None:
    encoder = tiny_encoder(prepared.reader)
    assert word_embeddings(encoder) is encoder.embeddings.word_embeddings


class OneReason(nn.Module):
    """An encoder whose states are embeddings, all zero but that of one token."""

    def __init__(self, n_tokens: int, reason: int) -> None:
        super().__init__()
        self.table = nn.Embedding(n_tokens, 4)
        with torch.no_grad():
            self.table.weight.zero_()
            self.table.weight[reason, 2] = 5.0

    def get_input_embeddings(self) -> nn.Module:
        return self.table

    def forward(self, input_ids: torch.Tensor, **rest: torch.Tensor) -> Any:
        return SimpleNamespace(last_hidden_state=self.table(input_ids))


def test_the_one_word_that_counts_has_all_the_weight(prepared: Prepared) -> None:
    reader, text = prepared.reader, "The screen is good, but heavy."
    encoding = reader.encode_batch([text])[0]
    place = text.index("good")
    reason = next(i for i, (a, _) in zip(encoding.ids, encoding.offsets, strict=True) if a == place)
    model = MultiTaskModel(OneReason(reader.size, reason), 4, HEADS[:1], 0.0).eval()
    with torch.no_grad():
        model.heads["sentiment"].weight.zero_()
        model.heads["sentiment"].weight[2, 6] = 9.0  # the mean's third number speaks for positive
    given = LoadedModel(model, HEADS[:1], reader, TINY, SimpleNamespace(type_vocab_size=0), {})
    found = integrated_gradients(given, "sentiment", [text], label="positive", against="negative")[0]
    weights = {text[w.start : w.end]: w.weight for w in found.words}
    difference = found.output - found.baseline
    assert difference > 0.2
    assert weights.pop("good") + found.rest == pytest.approx(difference, rel=TOLERANCE)
    assert found.rest == pytest.approx(0, abs=1e-6)
    assert all(weight == pytest.approx(0, abs=1e-6) for weight in weights.values())
