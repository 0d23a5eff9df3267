"""Do the words that an explanation names decide the sentiment? Comprehensiveness, sufficiency, chance.

300 Chinese and 300 English reviews that no sentiment model was trained on: food delivery (waimai_10k) and
eprstmt dev; Amazon beauty reviews. The most important tenth, fifth and half of the words of each are taken
away (comprehensiveness: more is better) or kept alone (sufficiency: less is better), beside as many words at
random (five draws); 95% bootstrap intervals. Labels take no part: what the model says is explained.

    python benchmarks/explanations.py                 # linear tier
    python benchmarks/explanations.py --tier FOLDER
    python benchmarks/explanations.py --fillers       # chooses what stands where a word was, on other texts
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterable

import numpy as np
from scipy.stats import spearmanr

from corpora_sentiment import eprstmt, music, shopping, takeaway
from corpora_spans import read_amazon
from unmet.core.records import Estimate
from unmet.evaluate.explanations import SHARES, Weighed, faithfulness, mean_interval, random_control
from unmet.ingest.preparing import PreparedText, prepare
from unmet.models.attribution import Explained, explain_prepared, pieces_of
from unmet.models.catalog import load_models
from unmet.models.linear import TextModels

N_TEXTS, MIN_WORDS = 300, 8
FILLERS = {"nothing": "", "□": "□", "…": "…", ", or ，": ","}


def drawn(texts: Iterable[str], language: str, n_texts: int = N_TEXTS) -> list[PreparedText]:
    """Different texts of at least MIN_WORDS words, cleaned, drawn by a fixed seed."""
    pool = sorted({text.strip() for text in texts})
    found = []
    for number in np.random.default_rng(0).permutation(len(pool)):
        item = prepare(pool[number])
        if len(pieces_of(item, language)) >= MIN_WORDS:
            found.append(item)
        if len(found) == n_texts:
            break
    return found


def held_out() -> dict[str, list[PreparedText]]:
    """Reviews that no sentiment model saw."""
    beauty = [row.text for split in ("train", "dev") for row in read_amazon("beauty", split)]
    chinese = drawn(eprstmt("dev").texts, "zh", N_TEXTS // 2)
    chinese += drawn(takeaway().texts, "zh", N_TEXTS - len(chinese))
    return {"zh": chinese, "en": drawn(beauty, "en")}


def for_choosing() -> dict[str, list[PreparedText]]:
    """Other reviews, to choose by."""
    return {"zh": drawn(shopping().texts, "zh"), "en": drawn(music().texts, "en")}


def explained(models: TextModels, texts: list[PreparedText], language: str, filler: str) -> list[Explained]:
    return explain_prepared(models, texts, [language] * len(texts), filler)


def weighed(
    models: TextModels, texts: list[PreparedText], language: str, found: list[Explained]
) -> list[Weighed]:
    """The likelier of negative and positive is explained; for negative the weights are turned."""
    probabilities = models.sentiment([item.text for item in texts])
    rows = []
    for item, own, p in zip(texts, found, probabilities, strict=True):
        positive = p[2] >= p[0]
        importance = [word.weight if positive else -word.weight for word in own.words]
        rows.append(Weighed(item.text, pieces_of(item, language), importance, 2 if positive else 0))
    return rows


def shown(estimate: Estimate) -> str:
    return f"{estimate.value:.3f} ({estimate.low:.3f}–{estimate.high:.3f})"


def claim(models: TextModels) -> bool:
    """Print the table; whether every interval keeps clear of that of random words."""
    print("| texts | words | measure | occlusion | random words | apart |\n|---|---|---|---|---|---|")
    clear = True
    for language, texts in held_out().items():
        began = time.perf_counter()
        found = explained(models, texts, language, "")
        seconds = time.perf_counter() - began
        rows = weighed(models, texts, language, found)
        for share in SHARES:
            own = faithfulness(models.sentiment, rows, share)
            chance = random_control(models.sentiment, rows, share, seed=1)
            for name, better in (("comprehensiveness", 1), ("sufficiency", -1)):
                a, b = mean_interval(getattr(own, name)), mean_interval(getattr(chance, name))
                apart = a.low > b.high if better > 0 else a.high < b.low
                clear &= apart
                print(
                    f"| {language} | {share:.0%} | {name} {'↑' if better > 0 else '↓'} "
                    f"| {shown(a)} | {shown(b)} | {'yes' if apart else 'NO'} |"
                )
        probabilities = models.sentiment([item.text for item in texts])
        strengths = [e.strength for e in found]
        rank = spearmanr(strengths, probabilities[:, 2] - probabilities[:, 0]).statistic
        words = np.mean([len(row.spans) for row in rows])
        print(
            f"\n{language}: {len(texts)} texts of {words:.0f} words, {len(texts) / seconds:.0f} texts/s; "
            f"rank correlation of strength with the probabilities {rank:.2f}\n"
        )
    return clear


def choice(models: TextModels) -> None:
    """Every filler of the explanation, judged by every filler of the measure; its own flatters each."""
    print("| texts | a word gives way to | comprehensiveness ↑ at 20%, by each filler | mean of the others |")
    print("|---|---|---|---|")
    for language, texts in for_choosing().items():
        fillers = {name: f if language == "en" else f.replace(",", "，") for name, f in FILLERS.items()}
        for name, filler in fillers.items():
            rows = weighed(models, texts, language, explained(models, texts, language, filler))
            judged = {
                other: float(faithfulness(models.sentiment, rows, 0.2, as_judge).comprehensiveness.mean())
                for other, as_judge in fillers.items()
            }
            others = np.mean([value for other, value in judged.items() if other != name])
            each = ", ".join(f"{value:.3f}" for value in judged.values())
            print(f"| {language} | {name} | {each} | {others:.3f} |")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tier", default="linear")
    parser.add_argument("--fillers", action="store_true")
    arguments = parser.parse_args()
    models = load_models(arguments.tier)
    print(f"{models.name}\n")
    if arguments.fillers:
        choice(models)
        return 0
    return 0 if claim(models) else 1


if __name__ == "__main__":
    raise SystemExit(main())
