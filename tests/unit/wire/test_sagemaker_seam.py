"""What is changed in sagemaker while a lab is open."""

import sys

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
