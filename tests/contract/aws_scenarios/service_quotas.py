"""Service Quotas: every operation."""

import boto3


def scenario(lab):
    quotas = boto3.client("service-quotas")
    assert quotas.list_services()["Services"] == [{"ServiceCode": "sagemaker", "ServiceName": "Amazon SageMaker"}]
    quotas.list_service_quotas(ServiceCode="sagemaker", MaxResults=5)
    (quota, *_) = quotas.list_aws_default_service_quotas(ServiceCode="sagemaker", MaxResults=2)["Quotas"]
    which = {"ServiceCode": "sagemaker", "QuotaCode": quota["QuotaCode"]}
    quotas.get_service_quota(**which)
    quotas.get_aws_default_service_quota(**which)
    asked = quotas.request_service_quota_increase(**which, DesiredValue=quota["Value"] + 1)["RequestedQuota"]
    quotas.get_requested_service_quota_change(RequestId=asked["Id"])
    quotas.list_requested_service_quota_change_history(ServiceCode="sagemaker")
    quotas.list_requested_service_quota_change_history_by_quota(**which)
