"""What is changed in azure-ai-ml while a lab is open."""

import twoclouds


def test_a_deployment_named_in_one_lab_is_not_asked_in_the_next():
    """`online_endpoints.invoke(…, deployment_name="blue")` writes the name into this dictionary of the SDK's."""
    with twoclouds.open():
        from azure.ai.ml.constants._endpoint import EndpointInvokeFields as Fields

        Fields.DEFAULT_HEADER[Fields.MODEL_DEPLOYMENT] = "blue"
    with twoclouds.open():
        assert Fields.DEFAULT_HEADER == {"Content-Type": "application/json"}
    assert Fields.DEFAULT_HEADER == {"Content-Type": "application/json"}
