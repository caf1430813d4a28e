"""`azureml://` URIs read by pandas and fsspec, as azureml-fsspec reads them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.contract.azure_lab import Session, folder


def test_a_data_asset_in_pandas(azure: Session, tmp_path: Path) -> None:
    import pandas as pd
    from azure.ai.ml.entities import Data

    path = folder(tmp_path / "data", sensors_csv="a,b\n1,2\n")
    pd.DataFrame({"c": [3]}).to_parquet(f"{path}/more.parquet")
    asset = azure.client.data.create_or_update(Data(name="d", path=path, type="uri_folder"))
    root = asset.path.rstrip("/")
    assert pd.read_csv(f"{root}/sensors.csv").to_dict("list") == {"a": [1], "b": [2]}
    assert pd.read_parquet(f"{root}/more.parquet").to_dict("list") == {"c": [3]}


def test_listing_and_what_is_not_there(azure: Session, tmp_path: Path) -> None:
    import fsspec
    from azure.ai.ml.entities import Data

    path = folder(tmp_path / "data", a_txt="1")
    (tmp_path / "data/deep").mkdir()
    (tmp_path / "data/deep/b.txt").write_text("2")
    uri = azure.client.data.create_or_update(Data(name="d", path=path, type="uri_folder")).path.rstrip("/")
    files = fsspec.filesystem("azureml")
    names = [(name.rsplit("/", 1)[-1], files.info(name)["type"]) for name in files.ls(uri, detail=False)]
    assert sorted(names) == [("a.txt", "file"), ("deep", "directory")]
    assert [name.rsplit("/", 1)[-1] for name in files.glob(f"{uri}/**/*.txt")] == ["a.txt", "b.txt"]
    assert files.isdir(f"{uri}/deep")
    with pytest.raises(FileNotFoundError):
        files.ls(f"{uri}/nope")
    with pytest.raises(ValueError, match="is not the URI of a path in a datastore"):
        files.open("azureml://datastores/x")
