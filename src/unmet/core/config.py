"""Every parameter of a run, written once. Nothing else in the package carries defaults for these."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class CleanConfig:
    """Cleaning and privacy."""

    mask_private: bool = True  # mask phones, e-mails, ids, cards, orders, addresses, handles
    drop_boilerplate: bool = True  # the platform's filler text
    drop_spam: bool = True  # advertising and copy-paste spam
    drop_duplicates: bool = True  # exact copies (see ingest docs for the rule on short texts)
    near_duplicate_similarity: float = 0.85  # estimated Jaccard of character 4-grams
    min_duplicate_characters: int = 12  # shorter texts may repeat: many customers say "很好"
    max_text_characters: int = 20_000  # longer fields are rejected, not cut


@dataclass(frozen=True, slots=True)
class NeedsConfig:
    """Grouping mentions into needs and measuring them."""

    min_mentions: int = 8  # smaller groups stay unclustered (counted and shown)
    max_needs: int = 80
    quotes_per_need: int = 5
    confidence_level: float = 0.90
    bootstrap_replicates: int = 300
    min_months: int = 3  # fewer months with data: no trend


@dataclass(frozen=True, slots=True)
class MineConfig:
    """One `unmet mine` run."""

    seed: int = 0
    tier: str = "linear"
    language: str | None = None  # keep only this language; None keeps zh and en
    mapping: Mapping[str, str] = field(default_factory=dict)  # our field → the user's column
    previous: str | None = None  # folder of an earlier run whose need ids are kept
    kind: str = "review"
    chunk_rows: int = 20_000
    clean: CleanConfig = field(default_factory=CleanConfig)
    needs: NeedsConfig = field(default_factory=NeedsConfig)

    def to_dict(self) -> dict[str, Any]:
        """Plain dict for the manifest."""
        plain = asdict(self)
        plain["mapping"] = dict(self.mapping)
        return plain


@dataclass(frozen=True, slots=True)
class CorpusConfig:
    """Text for pretraining: how it is cut into sequences and which vocabulary reads it."""

    max_tokens: int = 128  # longest sequence, [CLS] and [SEP] included; longer texts become several
    held_out_share: float = 0.01  # of the documents, for the loss on unseen text
    vocabulary: int = 16_000  # entries of a new tokenizer
    min_frequency: int = 3  # rarer pieces are spelled out, rarer characters are unknown
    chunk_rows: int = 20_000


@dataclass(frozen=True, slots=True)
class PretrainConfig:
    """One `unmet pretrain` run."""

    objective: str = "mlm"  # mlm, mlm+nsp or clm
    size: str = "small"  # tiny, small or base; used when there is no base model
    architecture: str = "bert"  # bert or modernbert, of a new model
    base: str | None = None  # a Hugging Face folder or name to continue from
    counted_start: bool = True  # a new model's embeddings begin from token co-occurrence
    teacher: str | None = None  # folder of a teacher's sentence vectors (training.teacher)
    teacher_weight: float = 4.0  # of the distance from the teacher's vectors, beside the loss per token
    teacher_tokens: int = 512  # of the teacher's texts per step, padding included
    seed: int = 0
    steps: int = 20_000  # optimizer steps in all; a finished run can be given more
    tokens_per_batch: int = 4_096  # padding included
    accumulate: int = 1  # batches per optimizer step
    learning_rate: float = 7e-4
    warmup_steps: int = 500
    decay_share: float = 0.2  # the last share of the steps, in which the rate falls to 0
    weight_decay: float = 0.01
    gradient_norm: float = 1.0  # longer gradients are scaled down to it
    mask_share: float = 0.2  # of the tokens, chosen by whole words
    dropout: float = 0.0
    precision: str = "no"  # no, bf16 or fp16
    checkpoint_every: int = 500  # steps
    evaluate_every: int = 1_000  # steps
    track: tuple[str, ...] = ()  # tensorboard, wandb, mlflow


@dataclass(frozen=True, slots=True)
class FinetuneConfig:
    """One `unmet finetune` run: one encoder, one head per task."""

    method: str = "full"  # full, lora, adalora, adapter, prefix, prompt, bitfit
    seed: int = 0
    epochs: int = 5  # at most; training stops when held-out quality no longer rises
    patience: int = 2  # epochs without a better held-out result
    held_out_share: float = 0.1  # of each task's rows, by text, when no development file is given
    batch_rows: int = 32
    max_tokens: int = 128  # of one window, if the encoder reads as many; longer texts are read in several
    learning_rate: float | None = None  # None: the method's usual rate
    warmup_share: float = 0.1
    weight_decay: float = 0.01
    gradient_norm: float = 1.0
    dropout: float = 0.1
    label_smoothing: float = 0.0
    class_weights: bool = False  # weigh classes by 1 / frequency
    adversarial: str = "none"  # none, fgm, pgd or freelb
    adversarial_size: float = 0.5  # length of the perturbation, in units of the embedding's length
    consistency: float = 0.0  # weight of R-Drop's divergence
    rank: int = 8  # of LoRA and AdaLoRA
    bottleneck: int = 32  # of adapters
    virtual_tokens: int = 16  # of prefix and prompt tuning
    precision: str = "no"  # no, bf16 or fp16 (fp16 needs a GPU)
    checkpoint_every: int = 200  # steps; a killed run goes on from the last one
    augment: str = "none"  # none, eda, mlm or back-translation
    augment_copies: int = 1  # of each training text
    augment_share: float = 0.1  # of its words that a copy changes, at least one
    augment_models: tuple[str, ...] = ()  # back-translation: there and back; mlm: instead of the base
    average_epochs: int = 0  # also try the mean of the weights of so many last epochs
    teacher: str | None = None  # folder of sentence vectors that the encoder keeps giving beside the tasks
    teacher_tokens: int = 256  # of the teacher's texts per step, padding included
    teacher_weight: float = 1.0  # of the squared distance from the teacher's vectors


@dataclass(frozen=True, slots=True)
class DistillConfig:
    """What a student learns from besides labels (`unmet distill`); the rest is a :class:`FinetuneConfig`."""

    temperature: float = 2.0  # of the soft labels; > 1 shows how alike the classes are to the teacher
    label_share: float = 0.3  # weight of the labels; the soft labels have the rest
    vector_weight: float = 1.0  # of the squared distance of sentence vectors
    state_weight: float = 1.0  # of the squared distance of hidden states, where width and tokenizer are equal


@dataclass(frozen=True, slots=True)
class TuneConfig:
    """One `unmet tune` search."""

    trials: int = 20  # that end, pruned ones included
    search: tuple[str, ...] = ("method", "learning_rate", "batch_rows", "dropout", "label_smoothing")
    pruner: str = "median"  # median, hyperband or none
    unpruned_trials: int = 5  # first trials, drawn at random and run to their end
    seed: int = 0


@dataclass(frozen=True, slots=True)
class FewShotConfig:
    """Few-shot fine-tuning (`unmet finetune --method pet` or `setfit`)."""

    gap_steps: int = 100  # of each pattern's language model
    gap_rate: float = 1e-4  # learning rate of that, unless one is given
    soft_temperature: float = 2.0  # of the soft labels that patterns give
    pairs_per_text: int = 20  # of the same class, and as many of other classes


@dataclass(frozen=True, slots=True)
class SelfTrainConfig:
    """Self-training on texts without labels (`unmet finetune --unlabelled`)."""

    rounds: int = 3  # at most; a round that is no better ends it
    confidence: float = 0.9  # probability from which a label is taken in
    balance: float = 3.0  # a class takes in at most so many times the smallest one; 0: no limit


@dataclass(frozen=True, slots=True)
class ReplayConfig:
    """Learning in stages (`unmet continual`)."""

    replay_share: float = 0.1  # of each earlier stage's rows, trained along with the later ones
    shared_head: bool = True  # stages are domains of one task; False: each has a head of its own


@dataclass(frozen=True, slots=True)
class SelectConfig:
    """Active learning (`unmet select`)."""

    n: int = 50  # texts to label in a round
    strategy: str = "mixed"  # entropy, margin, k-center, k-means, mixed or random
    patience: int = 3  # rounds that the reasons to stop look at
    min_gain: float = 0.005  # of the held-out measure, in that many rounds
    stable_share: float = 0.99  # of the pool that keeps its class from round to round
    seed: int = 0
