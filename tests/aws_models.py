"""Models as the tests of AWS ask for them."""

import io
import tarfile

import boto3

from tests.aws_jobs import BUCKET, IMAGE, ROLE


def put_model(key="models/model.tar.gz", **files):
    """Store an archive with these files, and return its URI. `__` in a name stands for a folder, `_py` for `.py`."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        for name, text in (files or {"model_txt": "a model"}).items():
            entry = tarfile.TarInfo(name.replace("__", "/").replace("_py", ".py").replace("_txt", ".txt"))
            data = text if isinstance(text, bytes) else text.encode()
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
    boto3.client("s3").put_object(Bucket=BUCKET, Key=key, Body=packed.getvalue())
    return f"s3://{BUCKET}/{key}"


def model(name="model", *, image=IMAGE, data="", **changes):
    """The parameters of create_model; its artefacts are stored first unless `data` says where they are."""
    container = {"Image": image, "ModelDataUrl": data or put_model()}
    return {"ModelName": name, "PrimaryContainer": container, "ExecutionRoleArn": ROLE, **changes}


def config(name="config", *, variant=None, **changes):
    """The parameters of create_endpoint_config with one variant, of which `variant` changes some members."""
    one = {
        "VariantName": "AllTraffic",
        "ModelName": "model",
        "InstanceType": "ml.m5.large",
        "InitialInstanceCount": 1,
        **(variant or {}),
    }
    return {"EndpointConfigName": name, "ProductionVariants": [one], **changes}


SERVER = """
import json, os, time

print("loading", sorted(os.listdir("/opt/ml/model")), flush=True)
FACTOR = float(open("/opt/ml/model/factor.txt").read())


def app(environ, start_response):
    body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    if environ["PATH_INFO"] == "/ping":
        start_response("200 OK", [])
        return [b""]
    asked = json.loads(body)
    print("asked", asked, flush=True)
    if asked == "fail":
        start_response("500 Internal Server Error", [("Content-Type", "text/plain")])
        return [b"it went wrong"]
    if asked == "die":
        os._exit(1)
    if isinstance(asked, dict):
        time.sleep(asked["sleep"])
        asked = 1
    start_response("200 OK", [("Content-Type", "application/json")])
    return [json.dumps(asked * FACTOR).encode()]
"""
"""A server that multiplies; told to, it fails, dies or sleeps."""


def multiplier(name, factor, **changes):
    """The parameters of create_model for a model that multiplies by `factor`."""
    data = put_model(f"models/{name}.tar.gz", server_py=changes.pop("server", SERVER), factor_txt=str(factor))
    return model(name, data=data, **changes)


def deploy(sagemaker, name="endpoint", *, factors=(2,), variants=None, wait=True, server=SERVER, **changes):
    """An endpoint with a variant for each factor."""
    import time

    for factor in factors:
        sagemaker.create_model(**multiplier(f"{name}-{factor}", factor, server=server))
    given = variants or [{} for _ in factors]
    production = [
        config(variant={"VariantName": f"times-{factor}", "ModelName": f"{name}-{factor}", **variant})[
            "ProductionVariants"
        ][0]
        for factor, variant in zip(factors, given, strict=True)
    ]
    for variant in production:
        if "ServerlessConfig" in variant:
            del variant["InstanceType"], variant["InitialInstanceCount"]
    sagemaker.create_endpoint_config(EndpointConfigName=name, ProductionVariants=production, **changes)
    sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=name)
    while wait and sagemaker.describe_endpoint(EndpointName=name)["EndpointStatus"] == "Creating":
        time.sleep(10)


def ask(value, name="endpoint", **parameters):
    """What an endpoint answers to a JSON value: its answer, and its variant."""
    import json

    runtime = boto3.client("sagemaker-runtime")
    answer = runtime.invoke_endpoint(
        EndpointName=name, Body=json.dumps(value), ContentType="application/json", **parameters
    )
    return json.loads(answer["Body"].read()), answer["InvokedProductionVariant"]
