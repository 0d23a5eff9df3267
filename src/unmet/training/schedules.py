"""Learning rate: warm-up, constant, decay (WSD).

Hu et al., "MiniCPM" (2024); Hägele et al., "Scaling laws and compute-optimal training beyond fixed
training durations" (2024). The constant part does not depend on the end, so a run can be given more
steps, or be ended early, and nothing before the decay has to be done again.
"""

from __future__ import annotations

from unmet.core.config import PretrainConfig


def rate_factor(step: int, config: PretrainConfig) -> float:
    """Share of the full learning rate at a step, 0–1.

    >>> c = PretrainConfig(steps=100, warmup_steps=10, decay_share=0.2)
    >>> [round(rate_factor(s, c), 2) for s in (0, 9, 50, 80, 90, 99)]
    [0.1, 1.0, 1.0, 1.0, 0.5, 0.05]
    """
    warm = min(1.0, (step + 1) / max(config.warmup_steps, 1))
    n_decay = round(config.decay_share * config.steps)
    if n_decay == 0:
        return warm
    left = (config.steps - step) / n_decay
    return min(warm, 1.0, max(left, 0.0))
