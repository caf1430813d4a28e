"""SageMaker: the framework container calls model_fn() once, and transform_fn() for each request."""

import json

import machines
import sensorscale


def model_fn(model_dir):
    return machines.load(model_dir)


def transform_fn(model, body, content_type, accept):
    answer = {"failing": machines.predict(model, json.loads(body)), "sensorscale": sensorscale.__version__}
    return json.dumps(answer), accept
