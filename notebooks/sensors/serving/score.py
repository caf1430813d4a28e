"""Azure ML's contract: init() once, run() for each request."""

import json
import os

import formula


def init():
    global model
    model = formula.load(os.environ["AZUREML_MODEL_DIR"] + "/model/model.json")


def run(body):
    return formula.probability(model, json.loads(body))
