"""Embeddings to start from: what tokens occur together, before the first gradient.

A new masked language model spends its first thousands of steps on how frequent each token is and on which
tokens are alike. Counting tells both in a minute: the output bias becomes the log frequency, and the
embeddings the truncated SVD of shifted positive pointwise mutual information, which is what word2vec
factorises (Levy & Goldberg, "Neural word embedding as implicit matrix factorization", 2014).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.sparse as sp
import torch
from numpy.typing import NDArray
from torch import nn

from unmet.training.token_store import TokenStore
from unmet.training.tokenizing import SPECIAL

WINDOW = 4
"""Tokens to each side that count as company, weighted by 1 / distance."""

_SMOOTHING = 0.75  # of context frequencies, as in word2vec
_BLOCK = 2_000_000  # tokens counted at a time
_SPREAD = 0.02  # standard deviation that BERT's weights start with

Floats = NDArray[np.float32]


def start_embeddings(model: nn.Module, store: TokenStore, seed: int) -> None:
    """Put counted embeddings and log frequencies into a new model, in place.

    Args:
        model: BERT-like, with tied or free output embeddings.
        store: the corpus; only its training part is counted.
        seed: of the randomised SVD.
    """
    network: Any = model
    table = network.get_input_embeddings().weight
    n_tokens, width = table.shape
    counts = company(store, int(n_tokens))
    vectors = factorise(counts, int(width), seed)
    frequency = np.asarray(counts.sum(axis=1)).ravel() + 1.0
    known = np.flatnonzero(np.abs(vectors).sum(axis=1) > 0)
    with torch.no_grad():
        table[torch.as_tensor(known), : vectors.shape[1]] = torch.as_tensor(vectors[known])
        bias = getattr(network.get_output_embeddings(), "bias", None)
        if bias is not None:
            bias.copy_(torch.as_tensor(np.log(frequency / frequency.sum()), dtype=bias.dtype))


def company(store: TokenStore, n_tokens: int) -> sp.csr_matrix:
    """How often each token stands near each other one, shape ``(n_tokens, n_tokens)``, symmetric."""
    total: Any = 0
    sequence = np.repeat(np.arange(len(store.lengths)), store.lengths)
    learnt = np.zeros(len(store.lengths), dtype=bool)
    learnt[store.train] = True
    for first in range(0, len(store.tokens), _BLOCK):
        ids = np.asarray(store.tokens[first : first + _BLOCK], dtype=np.int64)
        inside = sequence[first : first + _BLOCK]
        for distance in range(1, WINDOW + 1):
            together = (inside[distance:] == inside[:-distance]) & learnt[inside[distance:]]
            left, right = ids[:-distance][together], ids[distance:][together]
            keep = (left >= len(SPECIAL)) & (right >= len(SPECIAL))
            weights = np.full(int(keep.sum()), 1.0 / distance, dtype=np.float32)
            shape = (n_tokens, n_tokens)
            total = total + sp.csr_matrix((weights, (left[keep], right[keep])), shape=shape)
    both: sp.csr_matrix = (total + total.T).tocsr()
    return both


def factorise(counts: sp.csr_matrix, width: int, seed: int) -> Floats:
    """Vectors whose products approximate the mutual information of tokens, shape ``(n_tokens, width)``."""
    from sklearn.utils.extmath import randomized_svd

    table = counts.tocoo()
    own = np.asarray(counts.sum(axis=1)).ravel()
    context = own**_SMOOTHING
    context /= max(context.sum(), 1e-12)
    expected = own[table.row] * context[table.col]
    information = np.maximum(np.log(np.maximum(table.data, 1e-12) / np.maximum(expected, 1e-12)), 0.0)
    positive = sp.csr_matrix((information, (table.row, table.col)), shape=counts.shape)
    positive.eliminate_zeros()
    width = min(width, min(counts.shape) - 1)
    u, s, _ = randomized_svd(positive, width, n_iter=3, random_state=seed)
    vectors = u * np.sqrt(s)
    result: Floats = vectors.astype(np.float32) * np.float32(
        _SPREAD / max(float(vectors[own > 0].std()), 1e-12)
    )
    return result
