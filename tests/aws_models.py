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
