"""sagemaker v3: processors with their own scripts, unmodified. One file: importing the SDK takes seconds."""

import textwrap

import boto3
import pytest

from tests.aws_jobs import BUCKET, IMAGE, ROLE


@pytest.fixture
def made(lab):
    """Makes a processor of a class."""
    from sagemaker.core import processing

    def made(kind, **options):
        return getattr(processing, kind)(
            role=ROLE, image_uri=IMAGE, instance_count=1, instance_type="ml.m5.xlarge", base_job_name="p", **options
        )

    return made


def output():
    from sagemaker.core.shapes import ProcessingOutput, ProcessingS3Output

    place = ProcessingS3Output(
        s3_uri=f"s3://{BUCKET}/out", local_path="/opt/ml/processing/out", s3_upload_mode="EndOfJob"
    )
    return ProcessingOutput(output_name="out", s3_output=place)


def result():
    return boto3.client("s3").get_object(Bucket=BUCKET, Key="out/result.txt")["Body"].read().decode()


def test_a_script_with_its_neighbours_and_requirements(made, tmp_path, capsys):
    (tmp_path / "helper.py").write_text("NUMBER = 3")
    (tmp_path / "requirements.txt").write_text("joblib\n")
    script = """
        import sys, joblib, helper
        print("arguments", sys.argv[1:])
        open("/opt/ml/processing/out/result.txt", "w").write(f"{helper.NUMBER} {bool(joblib)}")
    """
    (tmp_path / "process.py").write_text(textwrap.dedent(script))
    processor = made("FrameworkProcessor", command=["python3"])
    processor.run(
        code="process.py", source_dir=str(tmp_path), outputs=[output()], arguments=["--a", "1"], wait=True, logs=True
    )
    assert result() == "3 True"
    shown = capsys.readouterr().out
    assert shown.count("arguments ['--a', '1']") == 1, "what a job prints is shown once"


def test_a_script_alone(made, tmp_path):
    script = tmp_path / "process.py"
    script.write_text("open('/opt/ml/processing/out/result.txt', 'w').write('alone')")
    made("ScriptProcessor", command=["python3"]).run(code=str(script), outputs=[output()], wait=True, logs=False)
    assert result() == "alone"
