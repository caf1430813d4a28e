import boto3

from tests.unit.aws.test_going_on_billing import app, notebook, studio


def scenario(lab):
    sagemaker = boto3.client("sagemaker")
    named = {"NotebookInstanceName": "nb"}
    notebook(sagemaker, SecurityGroupIds=["sg-1"], SubnetId="subnet-1")
    lab.skip(minutes=10)
    sagemaker.create_presigned_notebook_instance_url(**named)
    sagemaker.stop_notebook_instance(**named)
    lab.skip(minutes=10)
    sagemaker.update_notebook_instance(**named, VolumeSizeInGB=10)
    lab.skip(minutes=10)
    sagemaker.describe_notebook_instance(**named)
    sagemaker.start_notebook_instance(**named)
    sagemaker.list_notebook_instances()
    lab.skip(minutes=10)
    sagemaker.stop_notebook_instance(**named)
    lab.skip(minutes=10)
    sagemaker.delete_notebook_instance(**named)

    domain = studio(lab, sagemaker, SpaceStorageSettings={"EbsStorageSettings": {"EbsVolumeSizeInGb": 10}})
    sagemaker.describe_domain(DomainId=domain)
    sagemaker.list_domains()
    sagemaker.describe_user_profile(DomainId=domain, UserProfileName="ada")
    sagemaker.list_user_profiles(DomainIdEquals=domain)
    sagemaker.describe_space(DomainId=domain, SpaceName="lab")
    sagemaker.list_spaces(DomainIdEquals=domain)
    app(sagemaker, "create_app", domain)
    lab.skip(minutes=10)
    app(sagemaker, "describe_app", domain)
    sagemaker.list_apps()
    app(sagemaker, "delete_app", domain)
    lab.skip(minutes=10)
    sagemaker.delete_space(DomainId=domain, SpaceName="lab")
    lab.skip(minutes=10)
    sagemaker.delete_user_profile(DomainId=domain, UserProfileName="ada")
    lab.skip(minutes=10)
    sagemaker.delete_domain(DomainId=domain)
