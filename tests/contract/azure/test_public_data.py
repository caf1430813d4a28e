"""Files on the web that Microsoft's samples read, as any client of HTTP reads them."""

from __future__ import annotations

import pytest
import requests

from tests.contract.azure_lab import session
from twoclouds.wire.errors import NotSimulated

IRIS = "https://azuremlexamples.blob.core.windows.net/datasets/iris.csv"


def test_a_public_file_is_stood_in_for() -> None:
    with session() as azure:
        assert requests.get(IRIS).text.startswith("sepal_length,sepal_width,petal_length,petal_width,species\n")
        assert requests.head(IRIS).headers["Content-Type"] == "text/csv"
        with pytest.raises(NotSimulated, match=r"a download of https://azuremlexamples.*/nothing\.csv"):
            requests.get(IRIS.replace("iris", "nothing"))
        assert azure.uncalled("public_data") == set()
