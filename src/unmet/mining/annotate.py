"""One read per text: language, sentiment, intensity, opinions, entities and needs.

Models read the cleaned text; every span that leaves this module is an offset into the text that was
given (Python code points), because the edits of cleaning are mapped back.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from unmet.core.errors import InputError
from unmet.core.records import (
    POLARITIES,
    Annotation,
    Entity,
    Intensity,
    NeedFlag,
    NeedSentence,
    Opinion,
    Polarity,
    Sentiment,
    Span,
)
from unmet.ingest.preparing import PreparedText, prepare
from unmet.models.linear import TextModels

TASKS = ("sentiment", "intensity", "aspects", "entities", "need")
"""Tasks of :func:`annotate_texts`, in output order."""


def check_tasks(tasks: Sequence[str]) -> tuple[str, ...]:
    """Return the tasks in output order.

    Raises:
        InputError: a task has another name than those in TASKS.
    """
    unknown = [task for task in tasks if task not in TASKS]
    if unknown:
        raise InputError(f"unknown task {', '.join(unknown)}", hint=f"Tasks are: {', '.join(TASKS)}.")
    return tuple(task for task in TASKS if task in tasks)


def annotate_texts(
    texts: Sequence[str],
    models: TextModels,
    *,
    tasks: Sequence[str] = TASKS,
    first_row: int = 0,
    aspects: Sequence[Sequence[str]] | None = None,
    explain: bool = False,
) -> list[Annotation]:
    """Annotate texts in one batch; the result of a text does not depend on its neighbours.

    Args:
        texts: source fields, as they stood.
        models: a loaded tier.
        tasks: which of TASKS to do.
        first_row: row number of the first text.
        aspects: aspects named for each text; each gets polarity, valence and arousal, in the given order.
        explain: add the weight of every word and the strength to the sentiment.

    Raises:
        InputError: an unknown task, or an explanation without the task ``sentiment``.
    """
    from unmet.text.language import detect_languages

    tasks = check_tasks(tasks)
    if explain and "sentiment" not in tasks:
        raise InputError("words explain the sentiment, and it is not among the tasks", hint="Add sentiment.")
    prepared = [prepare(text) for text in texts]
    languages = detect_languages([item.text for item in prepared])
    results = [
        Annotation(row=first_row + index, language=language) for index, language in enumerate(languages)
    ]
    for index, item in enumerate(prepared):
        if not item.text.strip():
            results[index] = replace(results[index], rejected="empty_text")
    for task in tasks:
        _RUNNERS[task](prepared, models, results)
    if explain:
        _run_explanations(prepared, models, results)
    if aspects is not None:
        _run_given_aspects(prepared, models, results, aspects)
    return results


def _run_sentiment(prepared: list[PreparedText], models: TextModels, results: list[Annotation]) -> None:
    rows, below = _readable(results), models.abstain_below("sentiment")
    probabilities, labels = models.sentiment_with_labels([prepared[i].text for i in rows])
    for i, label, p in zip(rows, labels, probabilities.tolist(), strict=True):
        found = Sentiment(label=Polarity(label), probabilities=(p[0], p[1], p[2]))
        results[i] = _unsure(replace(results[i], sentiment=found), "sentiment", max(p) < below)


def _unsure(result: Annotation, task: str, unsure: bool) -> Annotation:
    """The result, marked if the task's model is not sure of its answer."""
    return replace(result, abstained=(*result.abstained, task)) if unsure else result


def _run_explanations(prepared: list[PreparedText], models: TextModels, results: list[Annotation]) -> None:
    from unmet.models.attribution import explain_prepared

    rows = _readable(results)
    found = explain_prepared(models, [prepared[i] for i in rows], [results[i].language for i in rows])
    for i, explained in zip(rows, found, strict=True):
        sentiment = results[i].sentiment
        assert sentiment is not None  # checked by annotate_texts
        told = replace(sentiment, words=explained.words, strength=explained.strength)
        results[i] = replace(results[i], sentiment=told)


def _run_intensity(prepared: list[PreparedText], models: TextModels, results: list[Annotation]) -> None:
    rows = _readable(results)
    values = models.intensity([prepared[i].text for i in rows]).tolist()
    for i, (valence, arousal) in zip(rows, values, strict=True):
        results[i] = replace(results[i], intensity=Intensity(valence=valence, arousal=arousal))


def _run_aspects(prepared: list[PreparedText], models: TextModels, results: list[Annotation]) -> None:
    rows = _readable(results)
    found = models.opinions([prepared[i].text for i in rows])
    for i, opinions in zip(rows, found, strict=True):
        mapped = tuple(_map_opinion(opinion, prepared[i]) for opinion in opinions)
        results[i] = replace(results[i], aspects=mapped)


def _map_opinion(opinion: Opinion, item: PreparedText) -> Opinion:
    if not item.edits:
        return opinion
    aspect_span = item.span(opinion.aspect_span) if opinion.aspect_span else None
    opinion_span = item.span(opinion.opinion_span) if opinion.opinion_span else None
    return replace(
        opinion,
        aspect_span=aspect_span,
        opinion_span=opinion_span,
        aspect=item.original[slice(*aspect_span)] if aspect_span else None,
        opinion=item.original[slice(*opinion_span)] if opinion_span else None,
    )


def _run_entities(prepared: list[PreparedText], models: TextModels, results: list[Annotation]) -> None:
    rows = _readable(results)
    found = models.entities([prepared[i].text for i in rows])
    for i, entities in zip(rows, found, strict=True):
        mapped = []
        for entity in entities:
            first, last = prepared[i].span(entity.span)
            mapped.append(Entity(prepared[i].original[first:last], entity.type, (first, last)))
        results[i] = replace(results[i], entities=tuple(mapped))


def _run_given_aspects(
    prepared: list[PreparedText],
    models: TextModels,
    results: list[Annotation],
    aspects: Sequence[Sequence[str]],
) -> None:
    if len(aspects) != len(prepared):
        raise InputError(f"{len(prepared)} texts but aspects of {len(aspects)}")
    rows = _readable(results)
    found = models.given_aspects([prepared[i].text for i in rows], [aspects[i] for i in rows])
    for i, given in zip(rows, found, strict=True):
        unsure = not all(aspect.sure for aspect in given)
        results[i] = _unsure(replace(results[i], given_aspects=tuple(given)), "given_aspects", unsure)


def _run_need(prepared: list[PreparedText], models: TextModels, results: list[Annotation]) -> None:
    rows = _readable(results)
    spans, owners = sentence_spans([prepared[i].text for i in rows], [results[i].language for i in rows])
    sentences = [prepared[rows[o]].text[s:e] for o, (s, e) in zip(owners, spans, strict=True)]
    probabilities = models.need(sentences).tolist()
    per_row: list[list[NeedSentence]] = [[] for _ in rows]
    for owner, span, p in zip(owners, spans, probabilities, strict=True):
        per_row[owner].append(NeedSentence(prepared[rows[owner]].span(span), p))
    below = models.abstain_below("need")
    for position, i in enumerate(rows):
        # A text states a need when one of its sentences does, and is as unsure as the sentence that decides.
        best = max((s.probability for s in per_row[position]), default=0.0)
        stated = tuple(s for s in per_row[position] if s.probability >= models.need_threshold)
        flag = NeedFlag(label=best >= models.need_threshold, probability=best, sentences=stated)
        results[i] = _unsure(replace(results[i], need=flag), "need", max(best, 1 - best) < below)


_RUNNERS: dict[str, Callable[[list[PreparedText], TextModels, list[Annotation]], None]] = {
    "sentiment": _run_sentiment,
    "intensity": _run_intensity,
    "aspects": _run_aspects,
    "entities": _run_entities,
    "need": _run_need,
}


def sentence_spans(texts: Sequence[str], languages: Sequence[str]) -> tuple[list[Span], list[int]]:
    """Sentences of many texts as one flat list, with the index of the text each belongs to."""
    from unmet.text.sentences import split_sentences

    spans: list[Span] = []
    owners: list[int] = []
    for owner, (text, language) in enumerate(zip(texts, languages, strict=True)):
        found = split_sentences(text, language)
        spans.extend(found)
        owners.extend([owner] * len(found))
    return spans, owners


def _readable(results: list[Annotation]) -> list[int]:
    return [index for index, result in enumerate(results) if result.rejected is None]


def rejected_annotation(row: int, reason: str) -> Annotation:
    """The output object of a row that could not be read."""
    return Annotation(row=row, rejected=reason)


__all__ = ["POLARITIES", "TASKS", "annotate_texts", "check_tasks", "prepare", "rejected_annotation"]
