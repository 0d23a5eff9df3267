"""Read-out of the starter's sentence vectors: a linear map that is fitted after training.

The encoder gives a sentence the mean of its token states. Sentences with nearly the same words and another
meaning stay too close in it. The map learns, from parallel sentences only, (1) how close the English teacher
puts the translations of two Chinese sentences that share many characters, and (2) to find a sentence's own
translation among others (InfoNCE). Nothing of pairs_zh and no dev or test file is read; settings are chosen
on a tenth of the parallel sentences that the map is then not fitted on.

    python benchmarks/starter_vectors.py --work ~/.cache/unmet/student --tier TIER_FOLDER
"""

from __future__ import annotations

import argparse
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
import torch
from numpy.typing import NDArray
from scipy.stats import spearmanr
from sklearn.feature_extraction.text import TfidfVectorizer
from torch.nn.functional import cross_entropy, normalize

from starter_corpus import DATA
from starter_teacher import teacher_folder
from unmet.core.files import write_json
from unmet.models.encoder import load_encoder
from unmet.models.encoder_package import MODEL_FILE
from unmet.models.tier_file import TIER_FILE, read_tier
from unmet.models.vector_map import VectorMap, save_vector_map
from unmet.training.sentence_teachers import load_sentence_teacher

SETS = {"everyday": 12_500, "captions_train": 5_000}
"""Parallel sentences → most rows taken."""
NEIGHBOURS = 6
"""Lexically nearest sentences that each sentence is compared with."""
SEED = 1
TEMPERATURE = 0.05
STEPS, PAIRS, SENTENCES, RATE = 250, 512, 256, 2e-3
SIMILARITY = (2.0, 5.0, 20.0)  # weights that are tried
Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Lessons:
    """Parallel sentences of one set: vectors by the pupil (zh, en) and the teacher (en), and close pairs."""

    zh: Floats
    en: Floats
    teacher: Floats
    first: NDArray[np.int64]
    second: NDArray[np.int64]

    @property
    def similar(self) -> Floats:
        """What the teacher says of each close pair."""
        found: Floats = (self.teacher[self.first] * self.teacher[self.second]).sum(axis=1)
        return found


def lessons(name: str, tier: Path, cache: Path) -> Lessons:
    """Read one set; vectors are kept in the work folder, because the teacher is slow."""
    table = pl.read_csv(DATA / f"parallel/{name}.csv.gz", infer_schema_length=0).drop_nulls()
    table = table.filter((pl.col("zh") != "") & (pl.col("en") != ""))
    table = table.sample(table.height, seed=SEED).head(SETS[name])
    encoder = load_encoder(read_tier(tier).encoder, threads=1)
    path = cache / f"vectors_{name}_{encoder.package.manifest['files'][MODEL_FILE][:8]}.npz"
    if not path.is_file():
        zh, en = (encoder.run(table[c].to_list(), None, ("vector",))["vector"] for c in ("zh", "en"))
        teacher = load_sentence_teacher(teacher_folder()).vectors(table["en"].to_list())
        np.savez(path, zh=zh, en=en, t=teacher)
    with np.load(path) as stored:
        return Lessons(stored["zh"], stored["en"], stored["t"], *close_pairs(table["zh"].to_list()))


def close_pairs(texts: list[str]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Each sentence with its nearest others by character TF-IDF."""
    matrix = TfidfVectorizer(analyzer="char", ngram_range=(1, 2)).fit_transform(texts)
    seconds = []
    for begin in range(0, len(texts), 1_000):
        block = (matrix[begin : begin + 1_000] @ matrix.T).toarray()
        block[np.arange(len(block)), begin + np.arange(len(block))] = 0.0
        seconds.append(np.argpartition(-block, NEIGHBOURS, axis=1)[:, :NEIGHBOURS])
    return np.repeat(np.arange(len(texts)), NEIGHBOURS), np.concatenate(seconds).ravel()


def fit(sets: list[tuple[Lessons, NDArray[np.bool_]]], similarity: float) -> VectorMap:
    """The map with the least loss on the sentences that are marked; ``similarity`` weighs the first part."""
    torch.manual_seed(SEED)
    rng, width = np.random.default_rng(SEED), sets[0][0].zh.shape[1]
    weights = torch.zeros(width, width, requires_grad=True)
    bias = torch.zeros(width, requires_grad=True)
    optimizer = torch.optim.Adam([weights, bias], lr=RATE)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, STEPS)

    def read(vectors: Floats) -> torch.Tensor:
        x = torch.as_tensor(vectors)
        return normalize(x + x @ weights + bias, dim=1)

    ready = [
        (own, np.flatnonzero(kept), np.flatnonzero(kept[own.first] & kept[own.second]), own.similar)
        for own, kept in sets
    ]
    for _ in range(STEPS):
        loss = torch.zeros(())
        for own, sentences, pairs, similar in ready:
            picked = rng.choice(pairs, PAIRS)
            cosine = (read(own.zh[own.first[picked]]) * read(own.zh[own.second[picked]])).sum(dim=1)
            loss = loss + similarity * (cosine - torch.as_tensor(similar[picked])).square().mean()
            rows = rng.choice(sentences, SENTENCES)
            scores = read(own.zh[rows]) @ read(own.en[rows]).T / TEMPERATURE
            right = torch.arange(SENTENCES)
            both = cross_entropy(scores, right) + cross_entropy(scores.T, right)
            loss = loss + both / 2
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
    return VectorMap(weights.detach().numpy(), bias.detach().numpy())


def judged(sets: list[tuple[Lessons, NDArray[np.bool_]]], read: VectorMap) -> tuple[float, float]:
    """On sentences that are not marked: rank correlation with the teacher, own translation found first."""
    ranks, found = [], []
    for own, kept in sets:
        zh, en = read(own.zh), read(own.en)
        pairs = np.flatnonzero(~kept[own.first])
        cosine = (zh[own.first[pairs]] * zh[own.second[pairs]]).sum(axis=1)
        ranks.append(spearmanr(cosine, own.similar[pairs])[0])
        rows = np.flatnonzero(~kept)[:1_000]
        found.append(((zh[rows] @ en[rows].T).argmax(axis=1) == np.arange(len(rows))).mean())
    return float(np.mean(ranks)), float(np.mean(found))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--tier", type=Path, required=True)
    given = parser.parse_args()
    work, tier = given.work.expanduser(), given.tier.expanduser()
    torch.set_num_threads(1)
    rng = np.random.default_rng(SEED)
    sets = []
    for name in SETS:
        own = lessons(name, tier, work)
        sets.append((own, rng.random(len(own.zh)) >= 0.1))
    width = sets[0][0].zh.shape[1]
    plain = VectorMap(np.zeros((width, width), np.float32), np.zeros(width, np.float32))
    print("no map: rank correlation {:.4f}, own translation first {:.4f}".format(*judged(sets, plain)))
    scores = {}
    for similarity in SIMILARITY:
        rank, first = judged(sets, fit(sets, similarity))
        scores[similarity] = rank + first
        print(
            f"weight {similarity}: rank correlation {rank:.4f}, own translation first {first:.4f}", flush=True
        )
    best = max(scores, key=lambda weight: scores[weight])
    everything = [(own, np.ones(len(own.zh), dtype=bool)) for own, _ in sets]
    told = json.loads((tier / TIER_FILE).read_text("utf-8"))
    told["vectors"] = save_vector_map(tier, fit(everything, best))
    write_json(tier / TIER_FILE, told)
    print(f"written with weight {best}")


if __name__ == "__main__":
    main()
