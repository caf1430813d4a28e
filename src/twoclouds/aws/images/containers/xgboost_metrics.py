"""Metrics that SageMaker's container adds to XGBoost's own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

OWN = (
    *("accuracy", "balanced_accuracy", "mse", "r2", "f1", "f1_binary", "f1_macro"),
    *("precision", "precision_macro", "precision_micro", "recall", "recall_macro", "recall_micro"),
)


def custom(asked: list[str]) -> tuple[list[str], Any]:
    """XGBoost's own metrics of a list, and a function for the others (None without any)."""
    others = [name for name in asked if name in OWN]
    if not others:
        return asked, None

    def evaluate(given: Any, data: Any) -> list[tuple[str, float]]:
        return [(name, _value(name, np.asarray(given), data.get_label())) for name in others]

    return [name for name in asked if name not in OWN], evaluate


def _value(name: str, given: Any, truth: Any) -> float:
    from sklearn import metrics

    if name == "mse":
        return float(metrics.mean_squared_error(truth, given))
    if name == "r2":
        return float(metrics.r2_score(truth, given))
    labels = given.argmax(axis=1) if given.ndim > 1 else (given > 0.5 if given.max() <= 1 else given).astype(int)
    if name == "accuracy":
        return float(metrics.accuracy_score(truth, labels))
    if name == "balanced_accuracy":
        return float(metrics.balanced_accuracy_score(truth, labels))
    kind, _, average = name.partition("_")
    score: Callable[..., float] = {
        "f1": metrics.f1_score,
        "precision": metrics.precision_score,
        "recall": metrics.recall_score,
    }[kind]
    plain = "macro" if kind == "f1" else "binary" if len(np.unique(truth)) <= 2 else "micro"
    return float(score(truth, labels, average=average or plain, zero_division=0))
