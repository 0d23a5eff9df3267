"""Back-translation (Sennrich et al. 2016): into another language and back, or through one paraphrasing model.

Any sequence-to-sequence folder of Hugging Face will do (Marian, T5, mBART, …). Translations are drawn, not
the likeliest ones, so that every copy is another.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

from unmet.core.errors import InputError, ModelError
from unmet.training.quiet import quietly
from unmet.training.tasks import Span

_ROWS = 16
_LIKELY_SHARE = 0.9  # tokens are drawn from the likeliest ones with this much probability together


class BackTranslation:
    """Translates texts through a chain of models.

    Args:
        folders: of the models, in their order.
        longest: tokens of a translation at most.

    Raises:
        InputError: no folder.
        ModelError: a folder that holds no sequence-to-sequence model with its tokenizer.
    """

    def __init__(self, folders: Sequence[str], longest: int = 256) -> None:
        if not folders:
            raise InputError("no model to translate with", hint="Give --augment-model, there and back.")
        self._steps = [_load(folder) for folder in folders]
        self._longest = longest

    def __call__(
        self, texts: Sequence[str], spans: Sequence[Sequence[Span]], rng: np.random.Generator
    ) -> list[tuple[str, list[Span]]]:
        """Each text, translated; labelled spans cannot be followed.

        Raises:
            InputError: a text has labelled spans.
        """
        if any(spans):
            raise InputError(
                "back-translation loses labelled spans", hint="Use --augment eda or mlm for them."
            )
        found = list(texts)
        for tokenizer, model in self._steps:
            found = [
                out
                for first in range(0, len(found), _ROWS)
                for out in self._translated(tokenizer, model, found[first : first + _ROWS], rng)
            ]
        return [(text, []) for text in found]

    @torch.no_grad()
    def _translated(
        self, tokenizer: Any, model: Any, texts: list[str], rng: np.random.Generator
    ) -> list[str]:
        inputs = tokenizer(
            texts, return_tensors="pt", padding=True, truncation=True, max_length=self._longest
        )
        inputs.pop("token_type_ids", None)
        with torch.random.fork_rng(), quietly():
            torch.manual_seed(int(rng.integers(2**31)))
            out = model.generate(
                **inputs, do_sample=True, top_p=_LIKELY_SHARE, num_beams=1, max_new_tokens=self._longest
            )
        written: list[str] = tokenizer.batch_decode(out, skip_special_tokens=True)
        return [text.strip() for text in written]


def _load(folder: str) -> tuple[Any, Any]:
    from transformers import AutoModelForSeq2SeqLM, AutoTokenizer

    try:
        with quietly():
            return (
                AutoTokenizer.from_pretrained(folder),
                AutoModelForSeq2SeqLM.from_pretrained(folder).eval(),
            )
    except (OSError, ValueError, ImportError) as error:
        what = f"no sequence-to-sequence model can be loaded: {str(error).strip().splitlines()[0]}"
        raise ModelError(what, where=folder) from error
