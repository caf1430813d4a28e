"""Linear learner: linear and logistic regression and their kin, by stochastic gradient descent on mini-batches."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from . import linear_metrics, tables
from .algorithm import CustomerError, check_dimension, labels, quality, say
from .linear_losses import NAMES, Optimiser, loss, sigmoid, softmax

TOP = "predictions"
WORK = 50_000_000
"""Numbers that are multiplied in all; beyond that, fewer models are trained side by side."""
CLOSE = ((1.0, 0.0), (10.0, 0.0), (0.1, 0.0), (1.0, 1e-4), (10.0, 1e-4), (30.0, 0.0), (100.0, 0.0), (0.1, 1e-4))
"""The models side by side: what the learning rate is multiplied by, and what is added to the weight decay."""

AUTO_LOSS = {"binary_classifier": "logistic", "multiclass_classifier": "softmax_loss", "regressor": "squared_loss"}


def train(parameters: Mapping[str, Any], data: Mapping[str, tuple[Any, Any]]) -> dict[str, Any]:
    """The best of some models, all trained on the same batches."""
    features, target = data["train"][0], labels(data, "train")
    check_dimension(features, parameters["feature_dim"])
    kind = parameters["predictor_type"]
    name = AUTO_LOSS[kind] if parameters["loss"] == "auto" else parameters["loss"]
    classes = _classes(parameters, target)
    scale = _scaler(parameters, features, target)
    held = "validation" if "validation" in data else "train"
    checks = data[held][0], labels(data, held)
    best: dict[str, Any] = {}
    models = CLOSE[: _models(parameters, features)]
    for number, (faster, decay) in enumerate(models):
        weights, least = _fit(
            {**parameters, "wd": parameters["wd"] + decay, "learning_rate": parameters["learning_rate"] * faster},
            name,
            (features - scale["mean"]) / scale["stdev"],
            _encoded(target, classes, scale),
            ((checks[0] - scale["mean"]) / scale["stdev"], _encoded(checks[1], classes, scale)),
            classes,
            log=held if number == 0 else "",
        )
        if not best or least < best["least"]:
            best = {"weights": weights, "least": least, "number": number}
    say(f"Best model found: number {best['number']} of {len(models)}, {NAMES[name]} {tables.number(best['least'])}")
    model = _model(best["weights"], scale, {"predictor_type": kind, "loss": name, "classes": classes})
    if kind == "binary_classifier":
        default = 0.0 if name == "hinge_loss" else 0.5
        model["meta"]["threshold"] = linear_metrics.threshold(_scores(model, checks[0]), checks[1], parameters, default)
    for channel in ("train", "validation", "test"):
        if channel in data:
            _report(model, channel, data[channel][0], labels(data, channel), parameters)
    return model


def predict(model: Mapping[str, Any], points: Any, verbose: bool) -> tables.Rows:
    """A score for each record and, of a classifier, the label."""
    scores, kind = _scores(model, points), model["meta"]["predictor_type"]
    if kind == "regressor":
        return [{"score": tables.number(score)} for score in scores]
    if kind == "binary_classifier":
        limit = model["meta"]["threshold"]
        return [{"score": tables.number(score), "predicted_label": int(score >= limit)} for score in scores]
    return [{"score": [tables.number(score) for score in row], "predicted_label": int(row.argmax())} for row in scores]


def _classes(parameters: Mapping[str, Any], target: Any) -> int:
    """How many classes there are (1: two classes, or a number). Raises CustomerError for labels that are none."""
    kind = parameters["predictor_type"]
    if kind == "regressor":
        return 1
    count = 2 if kind == "binary_classifier" else parameters["num_classes"]
    if kind == "multiclass_classifier" and count < 3:
        raise CustomerError("num_classes must be set, and be at least 3, if predictor_type is 'multiclass_classifier'.")
    if not np.isin(target, np.arange(count)).all():
        raise CustomerError(
            f"The labels of a {kind} must be integers from 0 to {count - 1}; found {sorted(set(target.tolist()))[:5]}."
        )
    return 1 if count == 2 else int(count)


def _models(parameters: Mapping[str, Any], features: Any) -> int:
    wanted = min(parameters["num_models"], len(CLOSE))
    return max(1, min(wanted, WORK // max(1, features.size * parameters["epochs"])))


def _scaler(parameters: Mapping[str, Any], features: Any, target: Any) -> dict[str, Any]:
    """Mean and deviation of features and label, from the first records; 0 and 1 where nothing is to be scaled."""
    some = features[: parameters["num_point_for_scaler"]]
    wide, one = some.shape[1], target[: parameters["num_point_for_scaler"]]
    normal = parameters["normalize_data"] != "false"
    regressor = parameters["predictor_type"] == "regressor" and parameters["normalize_label"] != "false"
    biased = parameters["use_bias"] != "true"
    deviation = np.std(some, axis=0)
    scale = {
        "mean": np.mean(some, axis=0) if normal and not biased else np.zeros(wide),
        "stdev": np.where(deviation > 0, deviation, 1.0) if normal else np.ones(wide),
        "label_mean": float(one.mean()) if regressor and not biased else 0.0,
        "label_stdev": float(one.std()) or 1.0 if regressor else 1.0,
    }
    say("Scaling model computed with parameters:")
    shown = {name: [tables.number(one) for one in np.atleast_1d(value)] for name, value in scale.items()}
    print(f"    {shown}", flush=True)
    return scale


def _encoded(target: Any, classes: int, scale: Mapping[str, Any]) -> Any:
    if classes > 1:
        return np.eye(classes)[target.astype(int)]
    return (target - scale["label_mean"]) / scale["label_stdev"]


def _fit(
    parameters: Mapping[str, Any], name: str, x: Any, y: Any, checks: tuple[Any, Any], classes: int, *, log: str
) -> tuple[Any, float]:
    """The weights, the bias in the last row, after the epoch that was best on `checks`, and the loss there."""
    rng, count = np.random.default_rng(0), len(x)
    weights = _start(parameters, x.shape[1], classes, rng)
    importance = _importance(parameters, y, classes)
    optimiser = Optimiser(parameters["optimizer"], weights.shape, parameters)
    multiple = np.ones_like(weights)
    multiple[-1] = parameters["bias_lr_mult"] if parameters["use_bias"] == "true" else 0.0
    best, least, waited = weights.copy(), np.inf, 0
    for epoch in range(parameters["epochs"]):
        order, total = rng.permutation(count), 0.0
        for start in range(0, count, parameters["mini_batch_size"]):
            batch = order[start : start + parameters["mini_batch_size"]]
            losses, slope = loss(name, _linear(x[batch], weights), y[batch], parameters)
            slope = (slope.T * importance[batch]).T
            gradient = np.vstack(
                [x[batch].T @ slope.reshape(len(batch), -1), slope.reshape(len(batch), -1).sum(axis=0)]
            )
            gradient = gradient / len(batch) + _penalty(weights, parameters)
            total += float((losses * importance[batch]).sum())
            weights = weights + optimiser.step(gradient, optimiser.rate(parameters["learning_rate"]) * multiple)
        now = float(loss(name, _linear(checks[0], weights), checks[1], parameters)[0].mean())
        if log:
            quality(f"train {NAMES[name]}", total / count, "loss", epoch=epoch)
            if log == "validation":
                quality(f"validation {NAMES[name]}", now, "loss", epoch=epoch)
            say(f"#progress_metric: host=algo-1, completed {100.0 * (epoch + 1) / parameters['epochs']:g} % of epochs")
        if now < least * (1 - parameters["early_stopping_tolerance"]) or not np.isfinite(least):
            waited = 0
        else:
            waited += 1
        if now < least:
            best, least = weights.copy(), now
        if waited > parameters["early_stopping_patience"]:
            if log:
                say(f"Early stop condition met. Stopping training after epoch {epoch}.")
            break
    return best, least


def _start(parameters: Mapping[str, Any], width: int, classes: int, rng: Any) -> Any:
    shape = (width + 1, classes)
    if parameters["init_method"] == "normal":
        weights = rng.normal(0, parameters["init_sigma"], shape)
    else:
        weights = rng.uniform(-parameters["init_scale"], parameters["init_scale"], shape)
    weights[-1] = parameters["init_bias"] if parameters["use_bias"] == "true" else 0.0
    return weights


def _importance(parameters: Mapping[str, Any], y: Any, classes: int) -> Any:
    """How much each example weighs."""
    weights = np.ones(len(y))
    if classes > 1 and parameters["balance_multiclass_weights"] == "true":
        frequency = np.maximum(y.mean(axis=0), 1e-12)
        return weights / (frequency[y.argmax(axis=1)] * classes)
    multiple = parameters["positive_example_weight_mult"]
    if parameters["predictor_type"] == "binary_classifier" and multiple != "auto":
        positive = max(1, int(y.sum()))
        weights[y > 0] = (len(y) - positive) / positive if multiple == "balanced" else multiple
    return weights


def _penalty(weights: Any, parameters: Mapping[str, Any]) -> Any:
    penalty = parameters["wd"] * weights + parameters["l1"] * np.sign(weights)
    penalty[-1] = parameters["wd"] * parameters["bias_wd_mult"] * weights[-1]
    return penalty


def _linear(x: Any, weights: Any) -> Any:
    z = x @ weights[:-1] + weights[-1]
    return z[:, 0] if z.shape[1] == 1 else z


def _model(weights: Any, scale: Mapping[str, Any], meta: dict[str, Any]) -> dict[str, Any]:
    """The weights for data as they come, unscaled."""
    slopes = weights[:-1] / scale["stdev"][:, None]
    bias = weights[-1] - scale["mean"] @ slopes
    deviation = scale["label_stdev"]
    return {"weight": slopes * deviation, "bias": bias * deviation + scale["label_mean"], "meta": meta}


def _scores(model: Mapping[str, Any], points: Any) -> Any:
    z = points @ np.float32(model["weight"]).astype(float) + np.float32(model["bias"]).astype(float)
    if model["meta"]["classes"] > 1:
        return softmax(z)
    return sigmoid(z[:, 0]) if model["meta"]["loss"] == "logistic" else z[:, 0]


def _report(model: Mapping[str, Any], channel: str, points: Any, truth: Any, parameters: Mapping[str, Any]) -> None:
    scores, kind, beta = _scores(model, points), model["meta"]["predictor_type"], parameters["f_beta"]
    if kind == "regressor":
        found = linear_metrics.regression(scores, truth)
    elif kind == "binary_classifier":
        found = linear_metrics.binary(scores, truth, model["meta"]["threshold"], beta)
    else:
        found = linear_metrics.multiclass(scores, truth, parameters["accuracy_top_k"], beta)
    for name, value in found.items():
        say(f"#{channel}_score (algo-1) : ('{name}', {tables.number(value)})")
    for name, value in found.items():
        quality(f"{channel} {name}", value, "score" if "mse" not in name and "loss" not in name else "loss")
