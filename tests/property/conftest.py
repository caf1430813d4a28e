import pytest

from tests.contract.conftest import _a_model_may_bring_its_own_server

__all__ = ["_a_model_may_bring_its_own_server"]


@pytest.fixture(scope="module")
def scenarios(_a_model_may_bring_its_own_server):
    """What the contract scenarios of AWS asked: played once, before anything is drawn."""
    from tests.contract import aws_scenarios

    return aws_scenarios.recorded()
