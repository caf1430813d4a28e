"""What is changed in sagemaker while a lab is open."""

import sys

import pytest

import twoclouds


def test_the_search_for_packages_knows_the_region(tmp_path):
    with twoclouds.open():
        from sagemaker.serve.detector import dependency_manager

        out = tmp_path / "region.txt"
        command = [sys.executable, "-c", f"import os; open({str(out)!r}, 'w').write(os.environ['AWS_DEFAULT_REGION'])"]
        dependency_manager.subprocess.run(command, env={"SETUPTOOLS_USE_DISTUTILS": "stdlib"}, check=True)
        assert out.read_text() == "us-west-2"
    assert dependency_manager.subprocess.__name__ == "subprocess"


def test_a_deployment_draws_no_panel_that_would_stay_in_a_notebook():
    with twoclouds.open():
        from sagemaker.serve.deployment_progress import EndpointDeploymentProgress

        with EndpointDeploymentProgress("endpoint") as progress:
            progress.update_status("InService")
            assert type(progress.live).__module__.startswith("twoclouds")


def test_a_file_of_defaults_is_checked_as_without_a_lab():
    import jsonschema
    from sagemaker.core.config import config_manager

    right, wrong = {"SchemaVersion": "1.0"}, {"SchemaVersion": "1.0", "SageMaker": {"TrainingJob": {"Colour": "blue"}}}
    with pytest.raises(jsonschema.ValidationError) as outside:
        config_manager.SageMakerConfig.validate_sagemaker_config(wrong)
    with twoclouds.open():
        for _ in range(2):
            config_manager.SageMakerConfig.validate_sagemaker_config(right)
            with pytest.raises(jsonschema.ValidationError) as inside:
                config_manager.SageMakerConfig.validate_sagemaker_config(wrong)
            assert str(inside.value) == str(outside.value)
    assert config_manager.jsonschema is jsonschema
