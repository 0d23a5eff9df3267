"""One batch of records: cleaned, masked, given a language, and judged row by row."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from unmet.core.config import MineConfig
from unmet.core.offsets import Edits, compose, dump_edits
from unmet.core.records import Kind
from unmet.ingest.boilerplate import boilerplate_column
from unmet.ingest.cleaning import clean_batch
from unmet.ingest.fingerprint import fold_column
from unmet.ingest.privacy import mask_batch, pseudonym
from unmet.ingest.spam import spam_column

DetectLanguages = Callable[[list[str]], Sequence[str]]
Masked = tuple[str, Edits, Mapping[str, int]]

EXCERPT_CHARACTERS = 500
KEPT_LANGUAGES = ("zh", "en", "und")  # "und": too short to tell, or emoji only

_LOOSE_END = 40
"""Characters dropped behind a cut: half a phone number is not recognised as one."""

_FIELD_FACTOR = 10  # a field this many times over the limit is not cleaned first: markup is not that long
_TOKEN = r"\[[A-Z]{2,12}\]"
# Words, pictures, the applause "666", or an emoticon: each says something.
_SIGNAL = r"[\p{L}\p{So}]|6{3,}|[:;=]['-]?[()]|\^[_.o-]?\^|>[_.]<|-_-"

_TEXT_KINDS = {Kind.REVIEW.value}  # whose filler, spam and copies are dropped; a repeated query is demand


@dataclass(frozen=True, slots=True)
class Judged:
    """A batch after judging.

    Attributes:
        frame: the records with ``text`` masked, ``folded``, ``language``, ``edits``, ``author_id``
            pseudonymised, and ``reason`` and ``detail`` (null where the row goes on).
        masked: private findings by kind, in texts and titles.
        n_edited: texts that cleaning (not masking) changed.
    """

    frame: pl.DataFrame
    masked: Counter[str]
    n_edited: int


def judge(records: pl.DataFrame, config: MineConfig, detect_languages: DetectLanguages) -> Judged:
    """Judge all rows of a batch by themselves (copies are found later, across batches)."""
    clean = config.clean
    source = records["text"].fill_null("")
    huge = source.str.len_chars() > clean.max_text_characters * _FIELD_FACTOR
    cleaned, edits = clean_batch(source.set(huge, ""))
    too_long = huge | (cleaned.str.len_chars() > clean.max_text_characters)
    shown = cleaned.set(too_long, None).fill_null(source.str.head(EXCERPT_CHARACTERS))
    n_edited = len(edits)

    texts, found = mask_column(shown, enabled=clean.mask_private)
    texts = texts.zip_with(~too_long, _without_loose_end(texts))
    counts: Counter[str] = Counter()
    masked_edits = {index: item[1] for index, item in found.items()}
    for item in found.values():
        counts.update(item[2])
    titles, title_counts = _clean_titles(records["title"], enabled=clean.mask_private)
    counts.update(title_counts)

    frame = records.with_columns(
        texts.alias("text"),
        titles.alias("title"),
        _pseudonyms(records["author_id"]).alias("author_id"),
        fold_column(texts).alias("folded"),
        _dumped(edits, masked_edits, len(records)),
    )
    verdicts = _verdicts(frame, source, too_long, config)
    frame = frame.with_columns(verdicts)
    frame = _with_language(frame, config, detect_languages)
    if clean.drop_spam:
        frame = _with_spam(frame)
    return Judged(frame, counts, n_edited)


def mask_column(texts: pl.Series, *, enabled: bool) -> tuple[pl.Series, dict[int, Masked]]:
    """Mask a column; returns it with the findings by index (only changed texts)."""
    if not enabled or not len(texts):
        return texts, {}
    results = mask_batch(texts.to_list())
    found: dict[int, Masked] = {index: result for index, result in enumerate(results) if result[1]}
    if not found:
        return texts, {}
    return pl.Series(texts.name, [result[0] for result in results], dtype=pl.String), found


def mask_excerpts(texts: pl.Series, *, enabled: bool) -> pl.Series:
    """Clean, mask and cut texts of which only the beginning is shown."""
    cut = texts.str.len_chars() >= EXCERPT_CHARACTERS
    cleaned, _ = clean_batch(texts.str.head(EXCERPT_CHARACTERS))
    masked, _ = mask_column(cleaned, enabled=enabled)
    return masked.zip_with(~cut, _without_loose_end(masked)).str.head(EXCERPT_CHARACTERS)


def _without_loose_end(texts: pl.Series) -> pl.Series:
    return texts.str.head(-_LOOSE_END)


def _clean_titles(titles: pl.Series, *, enabled: bool) -> tuple[pl.Series, Counter[str]]:
    counts: Counter[str] = Counter()
    if titles.null_count() == len(titles):
        return titles, counts
    cut = (titles.str.len_chars() > EXCERPT_CHARACTERS).fill_null(False)
    cleaned, _ = clean_batch(titles.fill_null("").str.head(EXCERPT_CHARACTERS))
    masked, found = mask_column(cleaned, enabled=enabled)
    masked = masked.zip_with(~cut, _without_loose_end(masked))
    for item in found.values():
        counts.update(item[2])
    return masked.set(masked == "", None), counts


def _pseudonyms(authors: pl.Series) -> pl.Series:
    known = authors.drop_nulls().unique().to_list()
    if not known:
        return authors
    return authors.replace_strict({raw: pseudonym(raw) for raw in known}, return_dtype=pl.String)


def _dumped(cleaned: dict[int, Edits], masked: dict[int, Edits], n: int) -> pl.Series:
    cells: list[str | None] = [None] * n
    for index in cleaned.keys() | masked.keys():
        cells[index] = dump_edits(compose(masked.get(index, ()), cleaned.get(index, ())))
    return pl.Series("edits", cells, dtype=pl.String)


def _verdicts(
    frame: pl.DataFrame, source: pl.Series, too_long: pl.Series, config: MineConfig
) -> tuple[pl.Series, pl.Series]:
    """First verdicts: too long, empty, no words, filler."""
    text = frame["text"]
    empty = (text == "") & ~too_long
    wordless = ~text.str.replace_all(_TOKEN, "").str.contains(_SIGNAL)
    filler = boilerplate_column(frame["folded"])
    if not config.clean.drop_boilerplate:
        filler = filler.clear(len(filler))
    filler = filler.set(~frame["kind"].is_in(_TEXT_KINDS), None)
    decided = pl.DataFrame(
        {"too_long": too_long, "empty": empty, "wordless": wordless, "filler": filler, "source": source}
    )
    result = decided.select(
        _reason().alias("reason"), _detail(config.clean.max_text_characters).alias("detail")
    )
    return result["reason"], result["detail"]


def _reason() -> pl.Expr:
    return (
        pl.when("too_long")
        .then(pl.lit("too_long"))
        .when("empty")
        .then(pl.lit("empty_text"))
        .when(pl.col("filler").is_not_null())
        .then(pl.lit("boilerplate"))
        .when("wordless")
        .then(pl.lit("no_words"))
    )


def _detail(limit: int) -> pl.Expr:
    length = pl.col("source").str.len_chars().cast(pl.String)
    nothing = pl.lit("nothing left after cleaning")
    return (
        pl.when("too_long")
        .then(pl.concat_str(length, pl.lit(f" characters, the limit is {limit}")))
        .when("empty")
        .then(pl.when(pl.col("source") == "").then(pl.lit("no text")).otherwise(nothing))
        .when(pl.col("filler").is_not_null())
        .then("filler")
        .when("wordless")
        .then(pl.lit("only punctuation, digits or masked tokens"))
    )


def _with_language(frame: pl.DataFrame, config: MineConfig, detect: DetectLanguages) -> pl.DataFrame:
    """Add ``language``; reject what the run does not keep. Masked tokens are not evidence."""
    open_rows = frame["reason"].is_null()
    texts = frame["text"].filter(open_rows).str.replace_all(_TOKEN, " ").to_list()
    languages = pl.Series(list(detect(texts)), dtype=pl.String)
    column = pl.Series("language", ["und"] * len(frame), dtype=pl.String)
    if len(languages):
        column = column.scatter(open_rows.arg_true(), languages)
    kept = KEPT_LANGUAGES if config.language is None else (config.language, "und")
    wrong = open_rows & ~column.is_in(kept)
    return frame.with_columns(
        column,
        frame["reason"].set(wrong, "other_language"),
        frame["detail"].zip_with(~wrong, column),
    )


def _with_spam(frame: pl.DataFrame) -> pl.DataFrame:
    rows = frame["reason"].is_null() & frame["kind"].is_in(_TEXT_KINDS)
    if not rows.any():
        return frame
    found = spam_column(frame["text"].filter(rows), frame["folded"].filter(rows))
    spam = pl.Series([None] * len(frame), dtype=pl.String).scatter(rows.arg_true(), found)
    hit = spam.is_not_null()
    return frame.with_columns(
        frame["reason"].set(hit, "spam"), frame["detail"].zip_with(~hit, spam).alias("detail")
    )
