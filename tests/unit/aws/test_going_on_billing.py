"""What goes on billing when nobody works: notebook instances, Studio applications, and the volumes of both."""

from fractions import Fraction
from functools import partial

import pytest

from tests.aws_jobs import ROLE
from tests.unit.aws.test_refusals import refused
from twoclouds.wire.errors import NotSimulated

T3, GB = Fraction("0.05"), Fraction("0.14") / 730


def lasted(lab, resource):
    """(item, phase, hours, dollars an hour) of what a resource was billed for."""
    lines = lab.world.bill.lines(resource=resource)
    now = lab.world.clock.now
    return [(line.item, line.phase, line.lasted(now) / 3_600_000, float(line.hourly)) for line in lines]


def notebook(sagemaker, **changes):
    return sagemaker.create_notebook_instance(
        **{"NotebookInstanceName": "nb", "InstanceType": "ml.t3.medium", "RoleArn": ROLE, **changes}
    )


def status(sagemaker):
    return sagemaker.describe_notebook_instance(NotebookInstanceName="nb")["NotebookInstanceStatus"]


def test_a_weekend_of_a_notebook_instance(lab, sagemaker):
    notebook(sagemaker)
    assert status(sagemaker) == "Pending"
    sagemaker.get_waiter("notebook_instance_in_service").wait(NotebookInstanceName="nb")
    lab.skip(hours=63)
    url = sagemaker.create_presigned_notebook_instance_url(NotebookInstanceName="nb")["AuthorizedUrl"]
    assert url.startswith("https://nb-")
    assert ".notebook.us-west-2.sagemaker.aws?authToken=" in url
    sagemaker.stop_notebook_instance(NotebookInstanceName="nb")
    sagemaker.get_waiter("notebook_instance_stopped").wait(NotebookInstanceName="nb")
    assert lab.world.quotas.used("aws/ml.t3.medium for notebook instance usage") == 0
    machine = lasted(lab, "nb")
    assert [entry[:2] for entry in machine] == [("ml.t3.medium", "provisioning"), ("ml.t3.medium", "idle")]
    assert 63 < machine[1][2] < 63.1
    before = lab.world.bill.total()
    lab.skip(hours=100)
    assert float(lab.world.bill.total() - before) == pytest.approx(float(100 * 5 * GB))
    sagemaker.delete_notebook_instance(NotebookInstanceName="nb")
    sagemaker.get_waiter("notebook_instance_deleted").wait(NotebookInstanceName="nb")
    assert lab.world.bill.running() == []
    assert sagemaker.list_notebook_instances()["NotebookInstances"] == []


def test_a_notebook_instance_that_is_changed_while_it_is_stopped(lab, sagemaker):
    notebook(sagemaker)
    lab.skip(minutes=10)
    sagemaker.stop_notebook_instance(NotebookInstanceName="nb")
    lab.skip(minutes=10)
    sagemaker.update_notebook_instance(NotebookInstanceName="nb", InstanceType="ml.m5.xlarge", VolumeSizeInGB=20)
    assert status(sagemaker) == "Updating"
    lab.skip(minutes=10)
    sagemaker.start_notebook_instance(NotebookInstanceName="nb")
    lab.skip(minutes=10)
    assert [line.item for line in lab.world.bill.running()] == ["ML storage, 20 GB", "ml.m5.xlarge"]
    assert [line.item for line in lab.world.bill.lines(resource="nb/volume")] == [
        "ML storage, 5 GB",
        "ML storage, 20 GB",
    ]


def test_what_is_refused_of_notebook_instances(lab, sagemaker):
    arn = notebook(sagemaker)["NotebookInstanceArn"]
    said = (
        f"Status (Pending) not in ([Stopped, Failed]). Unable to transition to (Deleting) for Notebook Instance ({arn})"
    )
    assert refused(sagemaker.delete_notebook_instance, NotebookInstanceName="nb") == (
        "ValidationException",
        said,
    )
    assert refused(notebook, sagemaker=sagemaker) == (
        "ValidationException",
        f"Cannot create a duplicate Notebook Instance ({arn})",
    )
    assert refused(sagemaker.describe_notebook_instance, NotebookInstanceName="x") == (
        "ValidationException",
        "RecordNotFound",
    )
    notebook(sagemaker, NotebookInstanceName="second")
    code, message = refused(notebook, sagemaker=sagemaker, NotebookInstanceName="third")
    assert (code, "'ml.t3.medium for notebook instance usage' is 2 Instances" in message) == (
        "ResourceLimitExceeded",
        True,
    )
    assert len(lab.world.bill.lines(resource="third/volume")) == 0
    with pytest.raises(NotSimulated, match="LifecycleConfigName"):
        notebook(sagemaker, NotebookInstanceName="fourth", LifecycleConfigName="auto-stop")


def studio(lab, sagemaker, *, idle=None, **settings):
    """A domain with a user and a space; `idle` minutes after which applications are deleted."""
    managed = {"LifecycleManagement": "ENABLED", "IdleTimeoutInMinutes": idle}
    user = {"JupyterLabAppSettings": {"AppLifecycleManagement": {"IdleSettings": managed}}} if idle else {}
    domain = sagemaker.create_domain(
        DomainName="team", AuthMode="IAM", DefaultUserSettings={"ExecutionRole": ROLE, **user}
    )["DomainId"]
    lab.skip(minutes=10)
    sagemaker.create_user_profile(DomainId=domain, UserProfileName="ada")
    sagemaker.create_space(
        DomainId=domain,
        SpaceName="lab",
        OwnershipSettings={"OwnerUserProfileName": "ada"},
        SpaceSharingSettings={"SharingType": "Private"},
        SpaceSettings={"AppType": "JupyterLab", **settings},
    )
    lab.skip(minutes=1)
    return domain


def app(sagemaker, call, domain, **more):
    return getattr(sagemaker, call)(DomainId=domain, SpaceName="lab", AppType="JupyterLab", AppName="default", **more)


def test_a_space_and_its_application_go_on_billing(lab, sagemaker):
    domain = studio(lab, sagemaker)
    app(sagemaker, "create_app", domain, ResourceSpec={"InstanceType": "ml.t3.medium"})
    assert app(sagemaker, "describe_app", domain)["Status"] == "Pending"
    lab.skip(hours=63)
    assert app(sagemaker, "describe_app", domain)["Status"] == "InService"
    app(sagemaker, "delete_app", domain)
    lab.skip(minutes=5)
    assert app(sagemaker, "describe_app", domain)["Status"] == "Deleted"
    assert [(item, phase) for item, phase, _, _ in lasted(lab, f"{domain}/lab")] == [
        ("ml.t3.medium", "provisioning"),
        ("ml.t3.medium", "idle"),
    ]
    assert [line.resource for line in lab.world.bill.running()] == [f"{domain}/lab/volume"]
    assert refused(sagemaker.delete_domain, DomainId=domain) == (
        "ResourceInUse",
        f"Unable to delete Domain {domain} because UserProfile(s) are associated with it.",
    )
    sagemaker.delete_space(DomainId=domain, SpaceName="lab")
    lab.skip(minutes=1)
    sagemaker.delete_user_profile(DomainId=domain, UserProfileName="ada")
    lab.skip(minutes=1)
    sagemaker.delete_domain(DomainId=domain)
    lab.skip(minutes=10)
    assert sagemaker.list_domains()["Domains"] == []
    assert lab.world.bill.running() == []
    assert [name for name in lab.world.quotas if lab.world.quotas.used(name)] == []


def test_an_idle_application_is_deleted(lab, sagemaker):
    domain = studio(lab, sagemaker, idle=60)
    app(sagemaker, "create_app", domain)
    lab.skip(hours=12)
    assert app(sagemaker, "describe_app", domain)["Status"] == "Deleted"
    hours = [hours for _, phase, hours, _ in lasted(lab, f"{domain}/lab") if phase == "idle"]
    assert hours == [pytest.approx(1 + 30 / 3600)]
    app(sagemaker, "create_app", domain)
    assert len(sagemaker.list_apps(DomainIdEquals=domain)["Apps"]) == 1


def test_what_is_refused_in_studio(lab, sagemaker):
    domain = studio(lab, sagemaker)
    app(sagemaker, "create_app", domain)
    assert refused(partial(app, sagemaker, "create_app", domain))[0] == "ResourceInUse"
    assert refused(sagemaker.delete_space, DomainId=domain, SpaceName="lab") == (
        "ResourceInUse",
        "Unable to delete Space lab because App(s) are associated with it.",
    )
    assert refused(sagemaker.describe_domain, DomainId="d-none") == (
        "ResourceNotFound",
        "Domain with id d-none does not exist.",
    )
    assert refused(sagemaker.delete_user_profile, DomainId=domain, UserProfileName="ada")[0] == "ResourceInUse"
