import boto3

from tests.aws_jobs import finish, job


def scenario(lab):
    sagemaker, logs = boto3.client("sagemaker"), boto3.client("logs")
    sagemaker.create_training_job(**job("good", HyperParameters={"epochs": "3"}, Tags=[{"Key": "a", "Value": "b"}]))
    sagemaker.create_training_job(**job("bad", script="raise SystemExit(1)"))
    sagemaker.create_training_job(**job("stopped"))
    lab.skip(seconds=150)
    sagemaker.stop_training_job(TrainingJobName="stopped")
    for name in ("good", "bad", "stopped"):
        finish(sagemaker, name)
    sagemaker.list_training_jobs(StatusEquals="Completed")
    group = "/aws/sagemaker/TrainingJobs"
    for stream in logs.describe_log_streams(logGroupName=group)["logStreams"]:
        page = logs.get_log_events(
            logGroupName=group, logStreamName=stream["logStreamName"], limit=3, startFromHead=True
        )
        logs.get_log_events(
            logGroupName=group, logStreamName=stream["logStreamName"], nextToken=page["nextForwardToken"]
        )
    logs.filter_log_events(logGroupName=group, limit=2)
    arn = sagemaker.describe_training_job(TrainingJobName="good")["TrainingJobArn"]
    sagemaker.add_tags(ResourceArn=arn, Tags=[{"Key": "team", "Value": "sensors"}])
    sagemaker.list_tags(ResourceArn=arn)
    sagemaker.delete_tags(ResourceArn=arn, TagKeys=["team"])
