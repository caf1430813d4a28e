"""The contract of SageMaker's framework images: model_fn() once, the other three for each request."""

import json

import formula


def model_fn(folder):
    return formula.load(folder + "/model.json")


def input_fn(body, content_type):
    return json.loads(body)


def predict_fn(values, model):
    return formula.probability(model, values)


def output_fn(answer, accept):
    return json.dumps(answer), "application/json"
