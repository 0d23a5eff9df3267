"""A linear-chain tagger over hashed features: scores by table lookup, no training library at run time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from unmet.models.tagger_features import Column, Template, mix
from unmet.models.viterbi import Decoded, Scores, decode

SLOT_BITS = 20
LOOKUP_BLOCK = 65_536
"""Positions per table lookup: the temporaries stay in cache."""


@dataclass(frozen=True, slots=True)
class FeatureTable:
    """Weights by 32-bit feature key.

    The low bits of a key name a slot, the slot names a row, and the row's own key must match: an unseen
    feature scores zero instead of a stranger's weights.
    """

    keys: Column  # (n_rows,), row 0 is the empty row
    rows: Scores  # (n_rows, n_labels)
    slots: NDArray[np.int32]  # (2 ** SLOT_BITS,)

    @staticmethod
    def build(keys: Column, weights: Scores) -> FeatureTable:
        """Table over keys (one per slot, see :func:`one_per_slot`) and weights ``(n, n_labels)``."""
        slots = np.zeros(1 << SLOT_BITS, dtype=np.int32)
        slots[keys & np.uint32((1 << SLOT_BITS) - 1)] = np.arange(1, keys.size + 1, dtype=np.int32)
        rows = np.vstack([np.zeros((1, weights.shape[1]), dtype=np.float32), weights.astype(np.float32)])
        return FeatureTable(np.concatenate([np.zeros(1, dtype=np.uint32), keys]), rows, slots)

    def lookup(self, keys: Column) -> NDArray[np.int32]:
        """Row numbers of keys, shape as given; 0 for unknown ones."""
        found = self.slots[keys & np.uint32((1 << SLOT_BITS) - 1)]
        return np.where(self.keys[found] == keys, found, 0)


def one_per_slot(keys: Column, strength: NDArray[np.float64]) -> NDArray[np.int64]:
    """Positions of the strongest key of every slot, in order of key."""
    order = np.argsort(-strength, kind="stable")
    _, first = np.unique(keys[order] & np.uint32((1 << SLOT_BITS) - 1), return_index=True)
    kept = order[first]
    return kept[np.argsort(keys[kept], kind="stable")]


@dataclass(frozen=True, slots=True)
class Tagger:
    """A linear-chain CRF: feature templates, a weight table and label transitions."""

    labels: tuple[str, ...]
    templates: tuple[Template, ...]
    table: FeatureTable
    transitions: Scores  # (n_labels, n_labels)
    _single: dict[int, list[tuple[int, str]]] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        single: dict[int, list[tuple[int, str]]] = {}
        for seed, template in enumerate(self.templates):
            if len(template) == 1:
                column, offset = template[0]
                single.setdefault(offset, []).append((seed, column))
        object.__setattr__(self, "_single", single)

    def emissions(
        self, columns: Mapping[str, Column], types: NDArray[np.int64], bounds: NDArray[np.int64]
    ) -> Scores:
        """Label scores of every token, shape ``(n_tokens, n_labels)``.

        Features that read one position depend on the token's type only and are summed once per type.
        """
        padded, place = pad_sequences(types, bounds)
        result = np.zeros((types.size, len(self.labels)), dtype=np.float32)
        for offset, parts in sorted(self._single.items()):
            per_type = np.zeros((next(iter(columns.values())).size, len(self.labels)), dtype=np.float32)
            for seed, column in parts:
                per_type += self.table.rows[self.table.lookup(mix(seed, [columns[column]]))]
            result += per_type[padded[place + offset]]
        for first in range(0, types.size, LOOKUP_BLOCK):
            block = slice(first, first + LOOKUP_BLOCK)
            shifted: dict[tuple[str, int], Column] = {}
            for seed, template in enumerate(self.templates):
                if len(template) > 1:
                    for part in template:
                        if part not in shifted:
                            shifted[part] = columns[part[0]][padded[place[block] + part[1]]]
                    keys = mix(seed, [shifted[part] for part in template])
                    result[block] += self.table.rows[self.table.lookup(keys)]
        return result

    def tag(
        self,
        columns: Mapping[str, Column],
        types: NDArray[np.int64],
        bounds: NDArray[np.int64],
        added: Scores | None = None,
    ) -> Decoded:
        """Best labels with their probabilities.

        Args:
            columns, types, bounds: tokens, see :meth:`emissions`.
            added: what another model adds to the label scores of every token, shape ``(n_tokens, n_labels)``.
        """
        scores = self.emissions(columns, types, bounds)
        return decode(scores if added is None else scores + added, self.transitions, bounds)


MARGIN = 3
"""Padding positions between sequences: templates may look this far."""


def pad_sequences(
    types: NDArray[np.int64], bounds: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Types with MARGIN zeros around every sequence, and each token's place in that array."""
    sequence = np.repeat(np.arange(bounds.size - 1), np.diff(bounds))
    place = np.arange(types.size) + MARGIN * (sequence + 1)
    padded = np.zeros(types.size + MARGIN * bounds.size, dtype=np.int64)
    padded[place] = types
    return padded, place


def feature_keys(
    templates: Sequence[Template],
    columns: Mapping[str, Column],
    types: NDArray[np.int64],
    bounds: NDArray[np.int64],
) -> NDArray[np.uint32]:
    """Keys of all templates at every token, shape ``(n_tokens, n_templates)``: what training sees."""
    padded, place = pad_sequences(types, bounds)
    keys = [
        mix(seed, [columns[name][padded[place + offset]] for name, offset in template])
        for seed, template in enumerate(templates)
    ]
    return np.stack(keys, axis=1)


@dataclass(frozen=True, slots=True)
class TaggedSpan:
    """Tokens ``first:last`` (last exclusive) with one label and the probability of exactly this span.

    ``place`` is where it stands in the text (code points) if that is not where its tokens begin and end.
    """

    label: str
    first: int
    last: int
    probability: float
    place: tuple[int, int] | None = None


def tagged_spans(decoded: Decoded, labels: Sequence[str], bounds: NDArray[np.int64]) -> list[TaggedSpan]:
    """Spans of the best label sequences, in order of place.

    Labels are ``O``, ``B-x`` and ``I-x``. An ``I-x`` that follows no ``B-x`` or ``I-x`` starts a span.
    The probability is exact under the model: P(start) · Π P(inside | before) · P(not inside | last).
    """
    kind = np.array([label[2:] for label in labels])
    kinds = {k: i for i, k in enumerate(dict.fromkeys(kind.tolist()))}
    number = np.array([kinds[k] for k in kind.tolist()], dtype=np.int64)
    begins = np.array([label.startswith("B-") for label in labels])
    inside_of = {i: labels.index(f"I-{k}") for k, i in kinds.items() if k}
    tags = decoded.labels.astype(np.int64)
    if not tags.size:
        return []
    first_token = np.zeros(tags.size, dtype=bool)
    first_token[bounds[:-1][np.diff(bounds) > 0]] = True
    own = number[tags]
    before = np.concatenate([[-1], own[:-1]])
    starts = (own > 0) & (begins[tags] | first_token | (before != own))
    goes_on = (own > 0) & ~starts
    spans = []
    for first in np.flatnonzero(starts).tolist():
        last = first + 1
        probability = float(decoded.marginals[first, tags[first]])
        while last < tags.size and goes_on[last]:
            probability *= float(decoded.stays[last, tags[last]])
            last += 1
        name = own[first]
        if last < tags.size and not first_token[last]:
            probability *= 1.0 - float(decoded.stays[last, inside_of[int(name)]])
        spans.append(TaggedSpan(str(kind[tags[first]]), first, last, probability))
    return spans
