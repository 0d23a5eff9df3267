"""Plain baselines of the same run: TF-IDF + logistic regression, SnowNLP, word rules."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import subprocess
import warnings
from collections.abc import Sequence

import numpy as np
import rjieba
from numpy.typing import NDArray
from sklearn.exceptions import ConvergenceWarning
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression

from corpora_needs import ZH_REQUEST

_SNOWNLP = (
    "import json,sys\nfrom snownlp import SnowNLP\n"
    "print(json.dumps([SnowNLP(t).sentiments if t.strip() else 0.5 for t in json.load(sys.stdin)]))"
)
EN_REQUEST = re.compile(
    r"\b(please|should|suggest|recommend|would be (nice|great|good|better)|i wish|need(s)? to|allow|add|want"
    r"|could you|make sure|be sure|hope|why not|it('d| would) be|do not|don't|if you|try)\b"
)


def tfidf_characters(train: Sequence[str], labels: NDArray[np.int8], test: Sequence[str]) -> NDArray[np.int8]:
    """TF-IDF of characters 1–3 (sublinear, at least 2 texts) + logistic regression, C = 10."""
    vectorizer = TfidfVectorizer(
        analyzer="char", ngram_range=(1, 3), min_df=2, sublinear_tf=True, dtype=np.float32
    )
    return _logistic(vectorizer, train, labels, test)


def tfidf_words(train: Sequence[str], labels: NDArray[np.int8], test: Sequence[str]) -> NDArray[np.int8]:
    """TF-IDF of words 1–2 (rjieba for Chinese) + logistic regression, C = 10."""
    vectorizer = TfidfVectorizer(
        tokenizer=_words,
        token_pattern=None,
        ngram_range=(1, 2),
        min_df=2,
        sublinear_tf=True,
        dtype=np.float32,
    )
    return _logistic(vectorizer, train, labels, test)


def _words(text: str) -> list[str]:
    if text.isascii():
        return re.findall(r"[a-z']+|[^\sa-z']", text.lower())
    return [word for word in rjieba.cut(text) if word.strip()]


def _logistic(
    vectorizer: TfidfVectorizer, train: Sequence[str], labels: NDArray[np.int8], test: Sequence[str]
) -> NDArray[np.int8]:
    model = LogisticRegression(
        C=10.0, max_iter=100, class_weight="balanced" if len(set(labels)) > 2 else None
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        model.fit(vectorizer.fit_transform(train), labels)
    predicted: NDArray[np.int8] = model.predict(vectorizer.transform(test))
    return predicted


def snownlp(texts: Sequence[str]) -> NDArray[np.int8] | None:
    """SnowNLP's shipped model (0 or 2), or ``None`` where it is not installed.

    It is run by the interpreter named in ``SNOWNLP_PYTHON``, so that its packages stay apart.
    """
    python = os.environ.get("SNOWNLP_PYTHON")
    if python is None:
        if importlib.util.find_spec("snownlp") is None:
            return None
        python = "python"
    done = subprocess.run(
        [python, "-c", _SNOWNLP], input=json.dumps(list(texts)), capture_output=True, text=True, check=True
    )
    return np.where(np.array(json.loads(done.stdout)) > 0.5, 2, 0).astype(np.int8)


def request_words(texts: Sequence[str]) -> NDArray[np.int8]:
    """1 where the sentence holds a word of request (en) or the zh pattern."""
    return np.array(
        [bool(EN_REQUEST.search(t.lower()) or ZH_REQUEST.search(t)) for t in texts], dtype=np.int8
    )
