from __future__ import annotations

import polars as pl

from unmet.mining.sentences import Sentences

TEXTS = ["屏幕很亮。电池不行！", "Nice. The zipper broke 😤 twice.", ""]


def test_sentences_are_cut_by_code_points_in_the_order_of_the_mentions():
    spans = [(1, 6, 32), (0, 5, 10), (1, 0, 5), (0, 0, 5), (2, 0, 0)]
    mentions = pl.DataFrame(
        spans, schema={"position": pl.UInt32, "start": pl.Int32, "end": pl.Int32}, orient="row"
    )
    cut = [TEXTS[position][start:end] for position, start, end in spans]
    sentences = Sentences(pl.Series(TEXTS))
    assert sentences.of(mentions).to_list() == cut
    added = sentences.added_to(mentions)
    assert added["sentence"].to_list() == cut
    assert added.drop("sentence").equals(mentions)
