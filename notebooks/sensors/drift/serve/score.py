"""Azure ML: the inference server calls init() once, and run() for each request."""

import json
import os

import machines
import sensorscale


def init():
    global model
    model = machines.load(os.environ["AZUREML_MODEL_DIR"])


def run(body):
    return {"failing": machines.predict(model, json.loads(body)), "sensorscale": sensorscale.__version__}
