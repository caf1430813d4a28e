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
    spot = {"MaxRuntimeInSeconds": 600, "MaxWaitTimeInSeconds": 900}
    sagemaker.create_training_job(**job("spot", EnableManagedSpotTraining=True, StoppingCondition=spot))
    kept = {"InstanceType": "ml.m7i.large", "VolumeSizeInGB": 10, "KeepAlivePeriodInSeconds": 60}
    sagemaker.create_training_job(**job("warm", ResourceConfig=kept))
    for name in ("spot", "warm"):
        finish(sagemaker, name)
    sagemaker.update_training_job(TrainingJobName="warm", ResourceConfig={"KeepAlivePeriodInSeconds": 600})
    sagemaker.create_training_job(**job("again", ResourceConfig=kept))
    sagemaker.list_training_jobs(WarmPoolStatusEquals="Reused")
    finish(sagemaker, "warm")
    sagemaker.delete_training_job(TrainingJobName="bad")
    arn = sagemaker.describe_training_job(TrainingJobName="good")["TrainingJobArn"]
    sagemaker.add_tags(ResourceArn=arn, Tags=[{"Key": "team", "Value": "sensors"}])
    sagemaker.list_tags(ResourceArn=arn)
    sagemaker.delete_tags(ResourceArn=arn, TagKeys=["team"])
