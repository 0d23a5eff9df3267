"""Oracle for planted effects: least squares with the true indicators and robust intervals.

Written without any code of the package, so that it can judge both the shop and the miner.
"""

from __future__ import annotations

import numpy as np

Z90 = 1.6448536269514722


def least_squares(design: np.ndarray, response: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Coefficients and heteroscedasticity-robust (HC1) standard errors."""
    inverse = np.linalg.pinv(design.T @ design)
    coefficients = inverse @ (design.T @ response)
    residual = response - design @ coefficients
    meat = (design * (residual**2)[:, None]).T @ design
    n, k = design.shape
    return coefficients, np.sqrt(np.diag(inverse @ meat @ inverse) * n / (n - k))


def effect_intervals(
    states: np.ndarray, products: np.ndarray, rating: np.ndarray, min_documents: int = 8
) -> dict[tuple[int, int], tuple[float, float, float]]:
    """Effect of each (need, state) on the rating: estimate and 90% interval.

    Args:
        states: (n, k) integers, 0 for no mention.
        products: (n,) product index; each gets its own intercept.
        rating: (n,) recorded stars.
        min_documents: rarer mentions enter the regression but are not reported.
    """
    intercepts = (products[:, None] == np.unique(products)[None, :]).astype(float)
    keys = [(k, s) for k in range(states.shape[1]) for s in (1, 2, 3) if (states[:, k] == s).any()]
    indicators = np.stack([(states[:, k] == s).astype(float) for k, s in keys], axis=1)
    coefficients, errors = least_squares(np.hstack([intercepts, indicators]), rating.astype(float))
    first = intercepts.shape[1]
    return {
        key: (c, c - Z90 * e, c + Z90 * e)
        for key, c, e, count in zip(
            keys, coefficients[first:], errors[first:], indicators.sum(axis=0), strict=True
        )
        if count >= min_documents
    }
