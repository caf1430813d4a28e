"""What a check sees of the two clouds: whatever is there, in whatever state, and the same attempt as the same."""

import boto3
import pytest

import twoclouds
from tests.aws_jobs import ROLE, finish, job
from tests.aws_models import config, model
from twoclouds.practice import worlds
from twoclouds.practice.evidence import Evidence, gather


@pytest.fixture
def lab():
    with twoclouds.open() as lab:
        yield lab


def test_an_empty_lab_holds_nothing(lab):
    seen = gather(lab)
    assert (seen.azure.jobs, seen.azure.environments, seen.aws.endpoints, seen.billing) == ((), (), (), ())
    assert seen.fingerprint == Evidence(cost={}).fingerprint


def test_looking_takes_no_time_and_costs_nothing(lab):
    before = repr(lab)
    gather(lab)
    assert repr(lab) == before


def test_an_azure_job_with_everything_inline(lab, tmp_path):
    from azure.ai.ml import command
    from azure.ai.ml.entities import Environment

    (tmp_path / "hello.py").write_text("open('outputs/a.txt', 'w').write('a')")
    image = "mcr.microsoft.com/azureml/openmpi4.1.0-ubuntu22.04"
    with worlds.quiet():
        worlds.azure().jobs.create_or_update(
            command(code=str(tmp_path), command="python hello.py", environment=Environment(image=image))
        )
    (begun,) = gather(lab).azure.jobs
    assert (begun.compute, begun.inputs, begun.artefacts, begun.started, begun.log) == ("", {}, {}, None, "")
    lab.settle()
    seen = gather(lab)
    (ended,) = seen.azure.jobs
    assert (ended.status, dict(ended.artefacts)) == ("Completed", {"outputs/a.txt": b"a"})
    assert ended.started < ended.ended <= seen.now
    assert "environments/" in ended.environment
    assert seen.azure.environments == ()


def test_a_training_job_without_data_and_one_that_failed(lab):
    sagemaker = boto3.client("sagemaker")
    bare = job("bare")
    del bare["InputDataConfig"]
    algorithm = bare["AlgorithmSpecification"] | {"ContainerEntrypoint": ["python3", "-c", "raise SystemExit(3)"]}
    sagemaker.create_training_job(**bare | {"AlgorithmSpecification": algorithm})
    assert gather(lab).aws.training_jobs[0].artefacts == {}
    finish(sagemaker, "bare")
    (seen,) = gather(lab).aws.training_jobs
    assert (seen.status, seen.channels, seen.artefacts) == ("Failed", {}, {})
    assert seen.command == "python3 -c raise SystemExit(3)"
    assert "exit code: 3" in seen.reason


def test_a_warm_pool_and_who_took_it_over(lab):
    sagemaker, quotas = boto3.client("sagemaker"), lab.world.quotas
    quotas.set("aws/ml.m5.xlarge for training warm pool usage", 1)
    resources = {"InstanceType": "ml.m5.xlarge", "InstanceCount": 1, "VolumeSizeInGB": 10}
    for name in ("first", "second"):
        keep = resources | ({"KeepAlivePeriodInSeconds": 600} if name == "first" else {})
        sagemaker.create_training_job(**job(name, ResourceConfig=keep))
        finish(sagemaker, name)
        lab.skip(minutes=1)
    first, second = gather(lab).aws.training_jobs
    assert (first.keep_alive, first.pool, first.kept > 0, first.reused) == (600, "Reused", True, False)
    assert (second.keep_alive, second.pool, second.reused) == (0, "", True)


def test_an_endpoint_in_the_making_and_in_service(lab):
    sagemaker = boto3.client("sagemaker")
    sagemaker.create_model(**model())
    sagemaker.create_endpoint_config(**config())
    sagemaker.create_endpoint(EndpointName="sensors", EndpointConfigName="config")
    seen = gather(lab).aws
    assert [each.status for each in seen.endpoints] == ["Creating"]
    assert [each.role for each in seen.models] == [ROLE]
    assert seen.endpoint_configs[0].models == ("model",)
    assert [each.name for each in seen.roles] == ["TwoCloudsExecutionRole"]
    assert not seen.roles[0].may("iam:CreateUser", "*")


def test_instances_data_and_environments(lab, tmp_path):
    from azure.ai.ml.entities import ComputeInstance, Data, Environment

    (tmp_path / "a.csv").write_text("a")
    ml_client = worlds.azure()
    with worlds.quiet():
        ml_client.data.create_or_update(Data(name="table", version="7", path=str(tmp_path), type="uri_folder"))
        ml_client.environments.create_or_update(
            Environment(name="mine", version="2", image="mcr.microsoft.com/azureml/openmpi4.1.0-ubuntu22.04")
        )
        desk = ComputeInstance(name="desk", size="Standard_D2s_v5", idle_time_before_shutdown_minutes=30)
        ml_client.compute.begin_create_or_update(desk).result()
    seen = gather(lab).azure
    assert [(each.name, each.version, each.type) for each in seen.data_assets] == [("table", "7", "uri_folder")]
    assert [(each.name, each.version, each.conda) for each in seen.environments] == [("mine", "2", "")]
    (instance,) = seen.compute_instances
    assert (instance.state, instance.idle_seconds) == ("Running", 1800)


def attempted(*names, **changes):
    with twoclouds.open() as lab:
        sagemaker = boto3.client("sagemaker")
        for name in names:
            sagemaker.create_training_job(**job(name, **changes))
            finish(sagemaker, name)
            lab.skip(minutes=7)
        return gather(lab).fingerprint


def test_the_same_attempt_again_is_no_other_attempt():
    limit = {"StoppingCondition": {"MaxRuntimeInSeconds": 7200}}
    prefix = {"HyperParameters": {"epochs": "3"}}
    once = attempted("one")
    assert once != attempted("one", **limit)
    assert once != attempted("one", **prefix)
