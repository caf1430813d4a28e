"""Losses of linear models, and the optimisers that make them small: z is what the model says, y the label."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

NAMES = {
    "logistic": "binary_classification_cross_entropy_objective",
    "softmax_loss": "multiclass_cross_entropy_objective",
    "squared_loss": "mse_objective",
    "absolute_loss": "absolute_loss_objective",
    "hinge_loss": "hinge_loss_objective",
    "huber_loss": "huber_loss_objective",
    "quantile_loss": "quantile_loss_objective",
    "eps_insensitive_squared_loss": "eps_insensitive_squared_loss_objective",
    "eps_insensitive_absolute_loss": "eps_insensitive_absolute_loss_objective",
}
"""What the log calls the mean of a loss."""


def sigmoid(z: Any) -> Any:
    """The probability of 1."""
    return 1 / (1 + np.exp(-np.clip(z, -500, 500)))


def softmax(z: Any) -> Any:
    """The probability of each class."""
    shifted = np.exp(z - z.max(axis=1, keepdims=True))
    return shifted / shifted.sum(axis=1, keepdims=True)


def loss(name: str, z: Any, y: Any, parameters: Mapping[str, Any]) -> tuple[Any, Any]:
    """The loss of each example, and its derivative by z. Of a classifier y is 0 or 1, or (softmax) a row of them."""
    if name == "softmax_loss":
        given = softmax(z)
        return -(y * np.log(np.maximum(given, 1e-12))).sum(axis=1), given - y
    if name == "logistic":
        return np.logaddexp(0, z) - y * z, sigmoid(z) - y
    if name == "hinge_loss":
        sign = 2 * y - 1
        short = parameters["margin"] - sign * z
        return np.maximum(short, 0), np.where(short > 0, -sign, 0.0)
    error = z - y
    if name == "squared_loss":
        return error**2, 2 * error
    if name == "absolute_loss":
        return np.abs(error), np.sign(error)
    if name == "huber_loss":
        delta = parameters["huber_delta"]
        small = np.abs(error) <= delta
        return (
            np.where(small, error**2 / 2, delta * (np.abs(error) - delta / 2)),
            np.where(small, error, delta * np.sign(error)),
        )
    if name == "quantile_loss":
        q = parameters["quantile"]
        return np.where(error < 0, -q * error, (1 - q) * error), np.where(error < 0, -q, 1 - q)
    over = np.maximum(np.abs(error) - parameters["loss_insensitivity"], 0)
    if name == "eps_insensitive_squared_loss":
        return over**2, 2 * over * np.sign(error)
    return over, np.where(over > 0, np.sign(error), 0.0)


class Optimiser:
    """Takes steps against gradients: `sgd`, `adam` or `rmsprop`."""

    def __init__(self, name: str, shape: tuple[int, ...], parameters: Mapping[str, Any]) -> None:
        self._name = name
        self._parameters = parameters
        self._mean, self._square = np.zeros(shape), np.zeros(shape)
        self._steps = 0

    def step(self, gradient: Any, rate: Any) -> Any:
        """How far to go; `rate` is the learning rate of each weight."""
        self._steps += 1
        if self._name == "sgd":
            self._mean = self._parameters["momentum"] * self._mean - rate * gradient
            return self._mean
        first, second = self._parameters["beta_1"], self._parameters["beta_2"]
        self._square = second * self._square + (1 - second) * gradient**2
        if self._name == "rmsprop":
            return -rate * gradient / (np.sqrt(self._square) + 1e-8)
        self._mean = first * self._mean + (1 - first) * gradient
        mean, square = self._mean / (1 - first**self._steps), self._square / (1 - second**self._steps)
        return -rate * mean / (np.sqrt(square) + 1e-8)

    def rate(self, base: float) -> float:
        """The learning rate after the steps so far."""
        if self._parameters["use_lr_scheduler"] != "true":
            return base
        times = self._steps // self._parameters["lr_scheduler_step"]
        return max(base * self._parameters["lr_scheduler_factor"] ** times, self._parameters["lr_scheduler_minimum_lr"])
