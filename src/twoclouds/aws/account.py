"""The account that every lab prepares: who pays, where, and the role that jobs run under."""

from __future__ import annotations

ACCOUNT = "123456789012"
REGION = "us-west-2"
CLOUD = "aws"
"""What the bill, the quotas and the events call this state."""

BUCKET = "two-clouds-data"
ROLE_NAME = "TwoCloudsExecutionRole"
ROLE_ARN = f"arn:aws:iam::{ACCOUNT}:role/{ROLE_NAME}"

TRUST_POLICY = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "sagemaker.amazonaws.com"}, "Action": "sts:AssumeRole"},
    ],
}
"""Who may become the execution role: SageMaker."""

PERMISSIONS = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Action": [
                "sagemaker:*",
                "s3:GetObject",
                "s3:PutObject",
                "s3:DeleteObject",
                "s3:AbortMultipartUpload",
                "s3:GetBucketLocation",
                "s3:ListBucket",
                "s3:ListAllMyBuckets",
                "ecr:GetAuthorizationToken",
                "ecr:BatchCheckLayerAvailability",
                "ecr:BatchGetImage",
                "ecr:GetDownloadUrlForLayer",
                "logs:CreateLogGroup",
                "logs:CreateLogStream",
                "logs:DescribeLogGroups",
                "logs:DescribeLogStreams",
                "logs:GetLogEvents",
                "logs:PutLogEvents",
                "cloudwatch:PutMetricData",
                "cloudwatch:GetMetricData",
                "cloudwatch:ListMetrics",
                "ec2:Describe*",
                "ec2:CreateNetworkInterface",
                "ec2:CreateNetworkInterfacePermission",
                "ec2:DeleteNetworkInterface",
                "ec2:DeleteNetworkInterfacePermission",
            ],
            "Resource": "*",
        },
        {
            "Effect": "Allow",
            "Action": ["iam:GetRole", "iam:PassRole"],
            "Resource": ROLE_ARN,
        },
    ],
}
"""What the execution role may do, once it is assumed, besides what `ROLE_POLICY` lets it."""

ROLE_POLICY = "AmazonSageMakerFullAccess"
"""The policy of AWS's that Studio's quick set-up attaches to the role that it makes."""


def arn(kind: str, name: str) -> str:
    """The ARN of one of SageMaker's resources, such as `arn("model", "churn")`."""
    return f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:{kind}/{name}"
