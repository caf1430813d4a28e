"""Who calls, and what they may: users, roles, sessions, boundaries, buckets' and keys' policies."""

import json

import boto3
import pytest
from botocore.exceptions import ClientError

from tests.aws_jobs import BUCKET, ROLE, finish, job, printed

ACCOUNT = "123456789012"
EVA = f"arn:aws:iam::{ACCOUNT}:user/eva"
JOB = f"arn:aws:sagemaker:us-west-2:{ACCOUNT}:training-job/job"


def policy(*statements):
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(action, resource="*", **more):
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def deny(action, resource="*", **more):
    return {**allow(action, resource, **more), "Effect": "Deny"}


def user(name, *statements):
    """A new user with one inline policy, and a session with the user's own key."""
    iam = boto3.client("iam")
    iam.create_user(UserName=name)
    if statements:
        iam.put_user_policy(UserName=name, PolicyName="p", PolicyDocument=policy(*statements))
    key = iam.create_access_key(UserName=name)["AccessKey"]
    return boto3.Session(
        aws_access_key_id=key["AccessKeyId"], aws_secret_access_key=key["SecretAccessKey"], region_name="us-west-2"
    )


def refused(call, **parameters):
    """(code, message) of what a call is refused with."""
    with pytest.raises(ClientError) as raised:
        call(**parameters)
    error = raised.value.response["Error"]
    return error["Code"], error["Message"]


def test_the_learner_is_an_administrator(lab):
    caller = boto3.client("sts").get_caller_identity()
    assert (caller["Account"], caller["Arn"]) == (ACCOUNT, f"arn:aws:iam::{ACCOUNT}:user/administrator")
    attached = boto3.client("iam").list_attached_user_policies(UserName="administrator")["AttachedPolicies"]
    assert [held["PolicyName"] for held in attached] == ["AdministratorAccess"]


def test_what_no_policy_allows_is_refused_and_leaves_nothing(lab, sagemaker):
    asked = job()
    mine = user("eva", allow("sagemaker:Describe*")).client("sagemaker")
    assert refused(mine.create_training_job, **asked) == (
        "AccessDeniedException",
        (
            f"User: {EVA} is not authorized to perform: sagemaker:CreateTrainingJob on resource: "
            f"{JOB} because no identity-based policy allows the sagemaker:CreateTrainingJob action"
        ),
    )
    assert refused(mine.list_training_jobs)[1].endswith(
        f"sagemaker:ListTrainingJobs on resource: arn:aws:sagemaker:us-west-2:{ACCOUNT}:training-job/* because no "
        "identity-based policy allows the sagemaker:ListTrainingJobs action"
    )
    assert sagemaker.list_training_jobs()["TrainingJobSummaries"] == []


def test_handing_over_a_role_needs_pass_role(lab):
    asked = job()
    may_train = allow("sagemaker:*")
    assert refused(user("eva", may_train).client("sagemaker").create_training_job, **asked) == (
        "AccessDeniedException",
        (
            f"User: {EVA} is not authorized to perform: iam:PassRole on resource: {ROLE} because "
            "no identity-based policy allows the iam:PassRole action"
        ),
    )
    to = {"Condition": {"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}}}
    user("ada", may_train, allow("iam:PassRole", ROLE, **to)).client("sagemaker").create_training_job(**asked)
    elsewhere = {"Condition": {"StringEquals": {"iam:PassedToService": "lambda.amazonaws.com"}}}
    other = user("bob", may_train, allow("iam:PassRole", ROLE, **elsewhere)).client("sagemaker")
    assert "iam:PassRole" in refused(other.create_training_job, **asked)[1]


def test_a_condition_on_instance_types(lab):
    small = {"Condition": {"ForAllValues:StringLike": {"sagemaker:InstanceTypes": ["ml.m5.*"]}}}
    mine = user("eva", allow("sagemaker:CreateTrainingJob", **small), allow("iam:PassRole", ROLE)).client("sagemaker")
    asked = job()
    large = {**asked, "ResourceConfig": {**asked["ResourceConfig"], "InstanceType": "ml.c5.xlarge"}}
    assert refused(mine.create_training_job, **large)[0] == "AccessDeniedException"
    mine.create_training_job(**asked)


def test_one_deny_outweighs_every_allow_and_a_boundary_bounds(lab):
    mine = user("eva", allow("*"), deny("sagemaker:Stop*")).client("sagemaker")
    asked = job()
    assert refused(mine.stop_training_job, TrainingJobName="job")[1] == (
        f"User: {EVA} is not authorized to perform: sagemaker:StopTrainingJob on resource: "
        f"{JOB} with an explicit deny in an identity-based policy"
    )
    iam = boto3.client("iam")
    arn = "arn:aws:iam::aws:policy/AmazonSageMakerReadOnly"
    iam.put_user_permissions_boundary(UserName="eva", PermissionsBoundary=arn)
    assert mine.list_training_jobs()["TrainingJobSummaries"] == []
    assert refused(mine.create_training_job, **asked)[1].endswith(
        "because no permissions boundary allows the sagemaker:CreateTrainingJob action"
    )
    iam.delete_user_permissions_boundary(UserName="eva")
    mine.create_training_job(**asked)


def test_groups_and_the_policies_that_aws_manages(lab):
    session = user("eva")
    iam = boto3.client("iam")
    assert refused(session.client("sagemaker").list_training_jobs)[0] == "AccessDeniedException"
    iam.create_group(GroupName="readers")
    iam.attach_group_policy(GroupName="readers", PolicyArn="arn:aws:iam::aws:policy/AmazonSageMakerReadOnly")
    iam.add_user_to_group(GroupName="readers", UserName="eva")
    assert session.client("sagemaker").list_training_jobs()["TrainingJobSummaries"] == []
    pages = iam.get_paginator("list_policies").paginate(Scope="AWS")
    assert "AmazonSageMakerFullAccess" in {found["PolicyName"] for page in pages for found in page["Policies"]}


def test_a_tag_says_whose_it_is(lab, sagemaker):
    own = {"Condition": {"StringEquals": {"aws:ResourceTag/owner": "${aws:username}"}}}
    mine = user("eva", allow("sagemaker:StopTrainingJob", **own)).client("sagemaker")
    sagemaker.create_training_job(**job("hers", Tags=[{"Key": "owner", "Value": "eva"}]))
    sagemaker.create_training_job(**job("his", Tags=[{"Key": "owner", "Value": "bob"}]))
    mine.stop_training_job(TrainingJobName="hers")
    assert refused(mine.stop_training_job, TrainingJobName="his")[0] == "AccessDeniedException"


# Sessions


def assume(session_name="me", role="Lab", **more):
    given = boto3.client("sts").assume_role(
        RoleArn=f"arn:aws:iam::{ACCOUNT}:role/{role}", RoleSessionName=session_name, **more
    )["Credentials"]
    return boto3.Session(given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"], region_name="us-west-2")


def lab_role(*statements):
    trust = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "Action": "sts:AssumeRole"}
    iam = boto3.client("iam")
    iam.create_role(RoleName="Lab", AssumeRolePolicyDocument=policy(trust))
    iam.put_role_policy(RoleName="Lab", PolicyName="p", PolicyDocument=policy(*statements))


def test_the_credentials_of_a_role_work_until_they_expire(lab):
    lab_role(allow("sagemaker:List*"))
    session = assume(DurationSeconds=900)
    assert session.client("sts").get_caller_identity()["Arn"] == f"arn:aws:sts::{ACCOUNT}:assumed-role/Lab/me"
    assert session.client("sagemaker").list_training_jobs()["TrainingJobSummaries"] == []
    code, message = refused(session.client("sagemaker").stop_training_job, TrainingJobName="job")
    assert (code, message.split(" is not")[0]) == (
        "AccessDeniedException",
        f"User: arn:aws:sts::{ACCOUNT}:assumed-role/Lab/me",
    )
    lab.skip(minutes=15)
    assert refused(session.client("sagemaker").list_training_jobs) == (
        "ExpiredTokenException",
        "The security token included in the request is expired",
    )
    assert refused(session.client("s3").list_buckets)[0] == "ExpiredToken"


def test_who_is_not_trusted_cannot_assume(lab):
    arn = f"arn:aws:iam::{ACCOUNT}:user/administrator"
    assert refused(assume, role="TwoCloudsExecutionRole") == (
        "AccessDenied",
        f"User: {arn} is not authorized to perform: sts:AssumeRole on resource: {ROLE}",
    )
    assert refused(assume, role="Nobody")[0] == "AccessDenied"
    assert "MaxSessionDuration" in refused(lambda: (lab_role(allow("*")), assume(DurationSeconds=7200)))[1]


def test_a_session_policy_only_takes_away(lab):
    lab_role(allow("sagemaker:*"))
    session = assume(Policy=policy(allow("sagemaker:List*"), allow("s3:*")))
    assert session.client("sagemaker").list_training_jobs()["TrainingJobSummaries"] == []
    assert (
        "no session policy allows" in refused(session.client("sagemaker").stop_training_job, TrainingJobName="job")[1]
    )
    assert "no identity-based policy allows" in refused(session.client("s3").list_buckets)[1]


def test_a_key_that_nobody_has(lab):
    session = boto3.Session("AKIANOBODYSKEYATALL1", "secret", region_name="us-west-2")
    assert refused(session.client("sagemaker").list_training_jobs)[0] == "UnrecognizedClientException"
    assert refused(session.client("sts").get_caller_identity)[0] == "InvalidClientTokenId"
    assert refused(session.client("s3").list_buckets)[0] == "InvalidAccessKeyId"


# The other services


def test_s3_by_prefix_and_by_bucket_policy(lab):
    s3 = boto3.client("s3")
    s3.put_object(Bucket=BUCKET, Key="open/a", Body=b"a")
    s3.put_object(Bucket=BUCKET, Key="closed/a", Body=b"a")
    bucket = f"arn:aws:s3:::{BUCKET}"
    only = {"Condition": {"StringLike": {"s3:prefix": "open/*"}}}
    mine = user("eva", allow("s3:GetObject", f"{bucket}/open/*"), allow("s3:ListBucket", bucket, **only)).client("s3")
    assert mine.get_object(Bucket=BUCKET, Key="open/a")["Body"].read() == b"a"
    assert mine.list_objects_v2(Bucket=BUCKET, Prefix="open/")["KeyCount"] == 1
    assert refused(mine.list_objects_v2, Bucket=BUCKET) == (
        "AccessDenied",
        (
            f"User: {EVA} is not authorized to perform: s3:ListBucket on resource: "
            f'"{bucket}" because no identity-based policy allows the s3:ListBucket action'
        ),
    )
    assert refused(mine.get_object, Bucket=BUCKET, Key="closed/a")[0] == "AccessDenied"
    assert refused(mine.get_object, Bucket=BUCKET, Key="open/not-there")[0] == "AccessDenied"
    hers = {"Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:user/eva"}}
    s3.put_bucket_policy(Bucket=BUCKET, Policy=policy(allow("s3:GetObject", f"{bucket}/closed/*", **hers)))
    assert mine.get_object(Bucket=BUCKET, Key="closed/a")["Body"].read() == b"a"
    s3.put_bucket_policy(Bucket=BUCKET, Policy=policy(deny("s3:GetObject", f"{bucket}/*", Principal="*")))
    assert "explicit deny in a resource-based policy" in refused(mine.get_object, Bucket=BUCKET, Key="open/a")[1]


def test_iam_logs_ecr_and_kms(lab):
    mine = user("eva", allow("ecr:DescribeRepositories"))
    assert (
        "iam:CreateUser on resource: arn:aws:iam::123456789012:user/new"
        in refused(mine.client("iam").create_user, UserName="new")[1]
    )
    assert "logs:DescribeLogStreams" in refused(mine.client("logs").describe_log_streams, logGroupName="g")[1]
    assert mine.client("ecr").describe_repositories()["repositories"] == []
    assert "ecr:CreateRepository" in refused(mine.client("ecr").create_repository, repositoryName="repository")[1]
    key = boto3.client("kms").create_key()["KeyMetadata"]
    code, message = refused(mine.client("kms").encrypt, KeyId=key["KeyId"], Plaintext=b"x")
    assert code == "AccessDeniedException"
    assert f"kms:Encrypt on resource: {key['Arn']}" in message


def test_a_key_policy_that_does_not_let_the_account_in(lab):
    only = {"Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:user/eva"}}
    hers = user("eva", allow("kms:Encrypt"))
    kms = boto3.client("kms")
    key = kms.create_key(Policy=policy(allow("kms:*", **only)), BypassPolicyLockoutSafetyCheck=True)["KeyMetadata"]
    assert "no resource-based policy allows" in refused(kms.encrypt, KeyId=key["KeyId"], Plaintext=b"x")[1]
    assert hers.client("kms").encrypt(KeyId=key["KeyId"], Plaintext=b"x")["CiphertextBlob"]


# Jobs


def test_a_jobs_own_calls_are_those_of_its_role(lab, sagemaker):
    trust = {"Effect": "Allow", "Principal": {"Service": "sagemaker.amazonaws.com"}, "Action": "sts:AssumeRole"}
    iam = boto3.client("iam")
    iam.create_role(RoleName="Narrow", AssumeRolePolicyDocument=policy(trust))
    iam.put_role_policy(RoleName="Narrow", PolicyName="p", PolicyDocument=policy(allow("s3:*")))
    script = """
        import boto3
        print(boto3.client("sts").get_caller_identity()["Arn"])
        for call in (boto3.client("sagemaker").list_training_jobs, boto3.client("iam").list_users):
            try:
                call()
            except Exception as error:
                print(error.response["Error"]["Code"], error.response["Error"]["Message"].split(" on ")[0])
    """
    sagemaker.create_training_job(**job(script=script, RoleArn=f"arn:aws:iam::{ACCOUNT}:role/Narrow"))
    assert finish(sagemaker)["TrainingJobStatus"] == "Completed"
    who = f"arn:aws:sts::{ACCOUNT}:assumed-role/Narrow/SageMaker"
    assert [line for _, line in printed(lab)] == [
        who,
        f"AccessDeniedException User: {who} is not authorized to perform: sagemaker:ListTrainingJobs",
        f"AccessDenied User: {who} is not authorized to perform: iam:ListUsers",
    ]


# The simulator


@pytest.mark.parametrize(
    ("actions", "context", "decisions"),
    [
        (["sagemaker:CreateTrainingJob", "iam:CreateUser"], None, ["allowed", "implicitDeny"]),
        (["s3:GetObject"], "open", ["allowed"]),
        (["s3:GetObject"], "closed", ["explicitDeny"]),
    ],
)
def test_what_the_simulator_says(lab, actions, context, decisions):
    bad = {"Condition": {"StringEquals": {"aws:PrincipalTag/door": "closed"}}}
    user("eva", allow(["sagemaker:*", "s3:*"]), deny("s3:GetObject", **bad))
    entry = {"ContextKeyName": "aws:PrincipalTag/door", "ContextKeyType": "string"}
    found = boto3.client("iam").simulate_principal_policy(
        PolicySourceArn=f"arn:aws:iam::{ACCOUNT}:user/eva",
        ActionNames=actions,
        ContextEntries=[{**entry, "ContextKeyValues": [context]}] if context else [],
    )
    assert [result["EvalDecision"] for result in found["EvaluationResults"]] == decisions


def test_the_simulator_on_policies_alone(lab):
    found = boto3.client("iam").simulate_custom_policy(
        PolicyInputList=[policy(allow("s3:Get*", "arn:aws:s3:::b/*"))],
        ActionNames=["s3:GetObject"],
        ResourceArns=["arn:aws:s3:::b/k", "arn:aws:s3:::c/k"],
    )
    assert [result["EvalDecision"] for result in found["EvaluationResults"]] == ["allowed", "implicitDeny"]
