"""Joins of spans: how much the encoder's tags count beside the linear taggers', and from which certainty.

    python benchmarks/starter_spans.py train --work ~/.cache/unmet/student    (linear taggers, minutes each)
    python benchmarks/starter_spans.py fit --work ~/.cache/unmet/student --tier TIER_FOLDER

Neither model may have learned from the texts that a join is fitted on. ``train`` fits linear taggers without
the development rows of the encoder's heads (``tasks/*.dev.csv``, drawn from training files) and without the
held-out fifth of cosmetics and farm products, which ``starter.py --parts held`` measures with them; ``fit``
chooses weights and thresholds on the development rows. A weight of 0 is the linear tagger alone. No dev or
test file of a benchmark is read. Opinion taggers are of one stage with the shipped word classes; the shipped
ones have two.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

import corpora_spans as spans
import train_entities
import train_opinions
from crf_training import tagger_of
from opinion_texts import drop_final_marks, tidy_farm, training_texts
from spans import found_items, gold_items, held_out_texts, micro_f1
from starter_tasks import opinion_texts
from unmet.core.files import write_json
from unmet.core.records import Entity, GivenAspect, Opinion, Polarity
from unmet.models.catalog import PACKAGES
from unmet.models.encoder import EncoderModel, load_encoder
from unmet.models.encoder_outputs import TokenScores
from unmet.models.entities import EntityModel, load_entity_model
from unmet.models.entity_features import ENTITY_LABELS, ENTITY_TYPES, NameLists
from unmet.models.linear import LinearModels
from unmet.models.opinion_templates import OPINION_LABELS
from unmet.models.opinions import OpinionModel, language_parts, load_opinion_model
from unmet.models.package import load_package
from unmet.models.span_join import JoinedTags, SpanJoin, tag_columns
from unmet.models.span_transfer import LABELS
from unmet.models.starter_given import about_aspects
from unmet.models.starter_spans import entities_of, sure_spans, with_polarity
from unmet.models.tagger_features import WordClasses
from unmet.models.tier_file import TIER_FILE, read_tier

WEIGHTS = (0.0, 0.15, 0.3, 0.45, 0.6, 0.8, 1.0, 1.3)
STEPS = (-0.15, -0.1, -0.05, 0.0, 0.05, 0.1, 0.15)
"""Changes of a threshold that are tried."""
LEAST_GAIN = 0.002
"""A threshold moves only for more than this much F1: the development rows are few."""
Texts = Sequence[spans.LabelledText]


def development(work: Path, head: str) -> set[str]:
    """Texts that neither the encoder nor the taggers of ``train`` learned from."""
    return set(pl.read_csv(work / "tasks" / f"{head}.dev.csv")["text"])


def train(work: Path, what: str) -> None:
    """Arrays of one linear tagger: ``entities``, or opinions in ``zh`` or ``en``."""
    if what == "entities":
        arrays = _train_entities(development(work, "entities"))
    else:
        held = {text.text for part in held_out_texts() for text in part}
        left_out = held | development(work, "opinions")
        texts = drop_final_marks(tidy_farm(training_texts(what)))
        kept = [text for text in texts if text.text not in left_out]
        arrays = train_opinions.train_one_stage(what, _classes("opinions", f"{what}_"), kept)
    np.savez(work / f"tagger_{what}.npz", **arrays)


def _classes(package: str, prefix: str) -> WordClasses:
    """Word classes of a shipped package."""
    stored = load_package(PACKAGES / "linear" / package).arrays
    arrays = {k.removeprefix(prefix): v for k, v in stored.items() if k.startswith(f"{prefix}class_")}
    return WordClasses.from_arrays(arrays)


def _train_entities(left_out: set[str]) -> dict[str, Any]:
    titles = [*train_entities.distinct_titles(), *spans.read_queries("train")]
    labelled = [title for title in titles if title.text not in left_out]
    names = train_entities.TrainingNames(labelled)
    classes = _classes("entities", "")
    arrays = train_entities.train([*labelled, *train_entities.distant_sentences(names)], classes, names)
    arrays |= {f"names_{k}": np.array(sorted(v), dtype=np.uint32) for k, v in names.all.items()}
    return {**arrays, **classes.to_arrays()}


def opinion_model(work: Path, files: Mapping[str, str]) -> OpinionModel:
    """The shipped model with taggers of ``train`` in place of its own (language → file)."""
    shipped = load_opinion_model(PACKAGES / "linear" / "opinions")
    parts = dict(shipped.parts)
    for language, what in files.items():
        with np.load(work / f"tagger_{what}.npz") as stored:
            arrays = {name: stored[name] for name in stored.files}
        parts[language] = language_parts(language, arrays, parts[language].thresholds)
    return replace(shipped, parts=parts)


def entity_model(work: Path) -> EntityModel:
    """The tagger of ``train`` as a model."""
    with np.load(work / "tagger_entities.npz") as stored:
        arrays = {name: stored[name] for name in stored.files}
    shipped = load_entity_model(PACKAGES / "linear" / "entities")
    names = NameLists.build(arrays["names_brand"], arrays["names_product"])
    tagger = tagger_of(arrays, ENTITY_LABELS, shipped.tagger.templates)
    return replace(shipped, tagger=tagger, names=names, classes=WordClasses.from_arrays(arrays))


def scores_of(encoder: EncoderModel, head: str, texts: Sequence[str]) -> tuple[list[TokenScores], list[int]]:
    """Token scores of a head, and its columns in the order of the linear labels."""
    read = encoder.run(texts, None, (head,), scored=(head,))[head]
    labels, names = (
        (OPINION_LABELS, LABELS) if head == "opinions" else (ENTITY_LABELS, {k: k for k in ENTITY_TYPES})
    )
    return read, tag_columns(labels, encoder.heads[head].task.labels, names)


def by_aspect_head(
    encoder: EncoderModel, linear: LinearModels, texts: Sequence[str], found: list[list[Opinion]]
) -> list[list[Opinion]]:
    """Opinions with the polarity that the encoder's aspect head gives to named aspects."""
    pairs = [
        (text, o.aspect) for text, own in zip(texts, found, strict=True) for o in own if o.aspect is not None
    ]
    said = about_aspects(encoder, linear, [t for t, _ in pairs], [a for _, a in pairs]) if pairs else []
    given = iter([GivenAspect("", Polarity(p), v, a) for p, v, a, _ in said])
    return [with_polarity(own, [next(given) for o in own if o.aspect is not None]) for own in found]


def triplets(texts: Texts, found: list[list[Opinion]], kind: str = "triplet") -> float:
    """Micro F1 of exact triplets."""
    gold = [gold_items(text)[kind] for text in texts]
    return micro_f1(gold, [found_items(own)[kind] for own in found])[0]


def fit_opinions(work: Path, encoder: EncoderModel, languages: Sequence[str]) -> dict[str, Any]:
    """The entry ``aspects``: by language, the weight and thresholds with the best triplet F1."""
    rows = [text for text in opinion_texts() if text.text in development(work, "opinions")]
    model = opinion_model(work, {language: language for language in languages})
    linear = LinearModels(PACKAGES / "linear")
    weights, thresholds, polarity = {}, {}, {}
    for language in languages:
        own = [text for text in rows if text.language.startswith(language)]
        texts = [text.text for text in own]
        scores, columns = scores_of(encoder, "opinions", texts)

        def read(join: SpanJoin, texts: list[str] = texts, language: str = language) -> list[list[Opinion]]:
            joined = JoinedTags(join, scores, columns)  # noqa: B023
            return model.extract(texts, [language] * len(texts), joined=joined)

        values = {weight: triplets(own, read(SpanJoin({language: weight}))) for weight in WEIGHTS}
        best = max(values, key=lambda weight: values[weight])
        shown = {weight: round(value, 4) for weight, value in values.items()}
        spans_alone = sure_spans(
            texts, encoder.run(texts, None, ("opinions",))["opinions"], encoder.heads["opinions"].threshold
        )
        alone = triplets(own, model.extract(texts, [language] * len(texts), spans=spans_alone))
        print(f"{language}, {len(own)} texts: triplet F1 by weight {shown}, encoder's spans {alone:.4f}")
        weights[language] = best
        thresholds[language] = _thresholds(own, read, model, language, best, values[best])
        chosen = read(SpanJoin(weights, thresholds))
        changed = by_aspect_head(encoder, linear, texts, chosen)
        polarity[language] = (triplets(own, chosen), triplets(own, changed))
        print(f"{language}: {thresholds[language]}, polarity by linear or aspect head {polarity[language]}")
    gain = sum(after - before for before, after in polarity.values())
    return {
        "by": "join",
        "weights": weights,
        "thresholds": thresholds,
        "polarity": "encoder" if gain > 0 else "linear",
    }


def merged(old: dict[str, Any] | None, new: dict[str, Any]) -> dict[str, Any]:
    """A join with what an earlier fit of other languages found; the polarity of the earlier fit stays."""
    if old is None or old["by"] != "join":
        return new
    both = {key: {**old[key], **new[key]} for key in ("weights", "thresholds")}
    return {**new, **both, "polarity": old["polarity"]}


def _thresholds(
    rows: Texts, read: Any, model: OpinionModel, language: str, weight: float, value: float
) -> dict[str, float]:
    """One threshold after another, moved where that gains enough."""
    shipped = model.parts[language].thresholds
    found: dict[str, float] = {}
    for name in ("aspect", "opinion", "pair", "lone_aspect"):
        for step in STEPS:
            tried = round(float(np.clip(shipped[name] + step, 0.02, 0.98)), 3)
            now = triplets(rows, read(SpanJoin({language: weight}, {language: {**found, name: tried}})))
            if now > value + LEAST_GAIN:
                value, found = now, {**found, name: tried}
    return found


def fit_entities(work: Path, encoder: EncoderModel) -> dict[str, Any]:
    """The entry ``entities``: a weight for Chinese titles and one for English queries."""
    left_out, model = development(work, "entities"), entity_model(work)
    rows = [*train_entities.distinct_titles(), *spans.read_queries("train")]
    weights: dict[str, float] = {}
    thresholds: dict[str, dict[str, float]] = {}
    for language, source in (("zh", "taobao"), ("en", "queries")):
        own = [title for title in rows if title.source == source and title.text in left_out]
        texts, gold = [title.text for title in own], [set(title.spans) for title in own]
        scores, columns = scores_of(encoder, "entities", texts)

        def value(weight: float, changed: dict[str, float]) -> float:
            join = SpanJoin({"zh": weight, "en": weight}, {"zh": changed, "en": changed})
            return entity_f1(gold, model.extract(texts, JoinedTags(join, scores, columns)))  # noqa: B023

        values = {weight: value(weight, {}) for weight in WEIGHTS}
        best = max(values, key=lambda weight: values[weight])
        raw = encoder.run(texts, None, ("entities",))["entities"]
        alone = entities_of(texts, sure_spans(texts, raw, encoder.heads["entities"].threshold))
        shown = {weight: round(found, 4) for weight, found in values.items()}
        print(f"{language}, {len(own)} texts: F1 by weight {shown}, encoder {entity_f1(gold, alone):.4f}")
        moved, now = dict[str, float](), values[best]
        for name in ENTITY_TYPES:
            for step in STEPS:
                tried = {**moved, name: round(float(np.clip(model.thresholds[name] + step, 0.02, 0.98)), 3)}
                found = value(best, tried)
                if found > now + LEAST_GAIN:
                    now, moved = found, tried
        weights[language], thresholds[language] = best, moved
        print(f"{language}: thresholds {moved}, F1 {now:.4f}")
    return {"by": "join", "weights": weights, "thresholds": thresholds}


def entity_f1(gold: list[set[Any]], found: list[list[Entity]]) -> float:
    """Micro F1 of exact typed spans."""
    return micro_f1(gold, [{(*entity.span, str(entity.type)) for entity in own} for own in found])[0]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("step", choices=("train", "fit"))
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--tier", type=Path)
    parser.add_argument(
        "--only", nargs="*", choices=("entities", "zh", "en"), default=["entities", "zh", "en"]
    )
    given = parser.parse_args()
    work = given.work.expanduser()
    if given.step == "train":
        for what in given.only:
            if not (work / f"tagger_{what}.npz").is_file():
                train(work, what)
        return
    tier = given.tier.expanduser()
    encoder = load_encoder(read_tier(tier).encoder, threads=1)
    told = json.loads((tier / TIER_FILE).read_text("utf-8"))
    if "entities" in given.only:
        told["tasks"]["entities"] = fit_entities(work, encoder)
    languages = [language for language in ("zh", "en") if language in given.only]
    if languages:
        told["tasks"]["aspects"] = merged(
            told["tasks"].get("aspects"), fit_opinions(work, encoder, languages)
        )
    write_json(tier / TIER_FILE, told)


if __name__ == "__main__":
    main()
