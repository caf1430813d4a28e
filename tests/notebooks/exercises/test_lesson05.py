"""Lesson 5: from training to an endpoint."""

from tests.notebooks.exercises.harness import Emptied, Lesson, Other, Wrong
from twoclouds.practice import lesson05

ANOTHER_ENDPOINT = """
sagemaker.create_endpoint(EndpointName="sensors-2", EndpointConfigName="sensors-2")
sagemaker.get_waiter("endpoint_in_service").wait(EndpointName="sensors-2")
"""
NOT_WAITED = 'sagemaker.update_endpoint(EndpointName="sensors", EndpointConfigName="sensors-2")'
GREEN_GONE = 'ml_client.online_deployments.begin_delete("green", "sensors").result()'
SERVING = "azureml://registries/azureml/environments/minimal-py311-inference/labels/latest"
OWN_IMAGE = f"""
from pathlib import Path
from tempfile import mkdtemp

from azure.ai.ml.entities import Environment

conda = Path(mkdtemp()) / "conda.yaml"
conda.write_text("dependencies:\\n- python=3.11\\n- pip:\\n  - azureml-inference-server-http\\n")
image = "mcr.microsoft.com/azureml/openmpi4.1.0-ubuntu22.04"
ml_client.environments.create_or_update(Environment(name="plain", version="2", image=image, conda_file=str(conda)))
second.name, second.environment = "teal", "azureml:plain:2"
ml_client.online_deployments.begin_create_or_update(second).result()
{GREEN_GONE}
"""

NOTHING = "def operate(hour, opens, closes):\n    pass"
WRITTEN_DOWN = """
def operate(hour, opens, closes):
    endpoint.traffic = {"blue": 100 if hour < 18 else 0}
    if hour == 7:
        ml_client.online_deployments.begin_create_or_update(blue).result()
    if hour in (7, 18):
        ml_client.online_endpoints.begin_create_or_update(endpoint).result()
    if hour == 18:
        ml_client.online_deployments.begin_delete("blue", "sensors").result()
"""


def served(variant: str) -> str:
    """An endpoint configuration of SageMaker's with one variant."""
    config = '{"VariantName": "blue", "ModelName": "sensors", ' + variant + "}"
    return f'sagemaker.create_endpoint_config(EndpointConfigName="open", ProductionVariants=[{config}])\n'


OPENED = 'sagemaker.create_endpoint(EndpointName="sensors", EndpointConfigName="open")\n'
SERVERLESS = served('"ServerlessConfig": {"MemorySizeInMB": 2048, "MaxConcurrency": 5}')
LARGE = served('"InstanceType": "ml.m5.large", "InitialInstanceCount": 1')
SMALL = served('"InstanceType": "ml.t2.medium", "InitialInstanceCount": 1')
SCHEDULED = f"""
def operate(hour, opens, closes):
    if hour == opens - 1:
        {OPENED}
    elif hour == closes:
        sagemaker.delete_endpoint(EndpointName="sensors")
"""


class TestLesson05(Lesson):
    number = 5
    wrong = (
        Wrong("05-1", "written and not handed over", {"update": ""}, lesson05.NOT_TOLD),
        Wrong("05-1", "an endpoint of its own", {"update": ANOTHER_ENDPOINT}, lesson05.ADDRESS),
        Wrong("05-1", "green alone", {"config": ("blue,\n", "\n")}, lesson05.BLUE_TOO),
        Wrong("05-1", "a weight taken for a share", {"config": ('Weight": 1', 'Weight": 0.2')}, lesson05.SHARES),
        Wrong("05-1", "a weight taken for a percentage", {"config": ('Weight": 1', 'Weight": 20')}, lesson05.SHARES),
        Wrong("05-1", "not waited for", {"update": NOT_WAITED}, lesson05.SETTLE),
        Wrong("05-2", "once more the same", {"deployment": (SERVING, "azureml:plain:1")}, lesson05.READ_LOG),
        Wrong("05-2", "deleted, and that was all", {"repair": GREEN_GONE}, lesson05.READ_LOG),
        Wrong(
            "05-2",
            "another name for the same",
            {"deployment": 'second = ManagedOnlineDeployment(name="teal", endpoint_name="sensors", '
             'model="azureml:sensors:2", environment="azureml:plain:1", instance_type="Standard_D4s_v5", '
             'instance_count=1, code_configuration=CodeConfiguration(code="../notebooks/sensors/serving", '
             'scoring_script="score.py"))'},
            lesson05.CAN_IT_SERVE,
        ),
        Wrong("05-2", "the first version", {"deployment": ("sensors:2", "sensors:1")}, lesson05.RIGHT_VERSION),
        Wrong("05-2", "no traffic", {"traffic": ""}, lesson05.NO_TRAFFIC),
        Wrong(
            "05-2",
            "all of it to the new one",
            {"traffic": ('{"blue": 90, "green": 10}', '{"blue": 0, "green": 100}')},
            lesson05.BLUE_STAYS,
        ),
        Wrong(
            "05-2",
            "the failed one left",
            {"deployment": ('name="green"', 'name="teal"'), "traffic": ('"green": 10', '"teal": 10')},
            lesson05.FAILED_STAYS,
        ),
        Wrong("05-3", "nothing done", {"operate": NOTHING}, lesson05.NOBODY_ANSWERED),
        Wrong("05-3", "begun when the doors open", {"operate": ("opens - 1", "opens")}, lesson05.TOO_LATE),
        Wrong("05-3", "never closed", {"operate": ("hour == closes", "hour == 24")}, lesson05.TOO_DEAR),
        Wrong("05-3", "large around the clock", {"standing": LARGE + OPENED, "operate": NOTHING}, lesson05.TOO_DEAR),
        Wrong("05-3", "the hours written down", {"operate": WRITTEN_DOWN}, lesson05.CALENDAR),
        Wrong("05-3", "serverless", {"standing": SERVERLESS + OPENED, "operate": NOTHING}, lesson05.TOO_SLOW),
    )  # fmt: skip
    others = (
        Other("05-2", "an image of its own, under another name", {"repair": OWN_IMAGE, "traffic": ("green", "teal")}),
        Other("05-3", "small around the clock", {"standing": SMALL + OPENED, "operate": NOTHING}),
        Other("05-3", "large, in time, on SageMaker", {"standing": LARGE, "operate": SCHEDULED}),
        Other("05-3", "an older size on Azure ML", {"standing": ("Standard_D2s_v5", "Standard_DS1_v2")}),
    )
    emptied = {
        "05-1": Emptied('sagemaker.delete_endpoint(EndpointName="sensors")\nex.lab.skip(minutes=1)'),
        "05-2": Emptied('ml_client.online_endpoints.begin_delete("sensors").result()'),
        "05-3": Emptied('ml_client.online_endpoints.begin_delete("sensors").result()'),
    }
