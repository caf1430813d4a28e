"""The built-in algorithms: they train on what they are given, and their own image answers with what they learned."""

import json
import re

import pytest

from tests.aws_algorithms import Endpoint, csv, image, model_files, put, recordio, table, train
from tests.aws_jobs import printed
from twoclouds.aws.images import published
from twoclouds.aws.images.containers import tables
from twoclouds.aws.images.containers.hyperparameters import Invalid, check
from twoclouds.aws.images.containers.recordio import read

IMAGES_SERVE = True


def lines(lab, name):
    return [line for _, line in printed(lab, name)]


def test_xgboost_trains_logs_its_metrics_and_serves(lab):
    where = put("train/train.csv", csv(table()))
    check = put("validation/validation.csv", csv(table(60, seed=2)))
    small = {"objective": "reg:squarederror", "num_round": "3", "max_depth": "3"}
    job = train("xgb", image("xgboost", "1.7-1"), small, train=where, validation=check)
    assert job["TrainingJobStatus"] == "Completed"
    rounds = [line for line in lines(lab, "xgb") if line.startswith("[")]
    assert [line.split("train-rmse")[0] for line in rounds] == ["[0]#011", "[1]#011", "[2]#011"]
    assert {metric["MetricName"] for metric in job["FinalMetricDataList"]} == {"train:rmse", "validation:rmse"}
    last = {metric["MetricName"]: round(metric["Value"], 5) for metric in job["FinalMetricDataList"]}
    assert rounds[-1] == f"[2]#011train-rmse:{last['train:rmse']:.5f}#011validation-rmse:{last['validation:rmse']:.5f}"
    deeper = train("deep", image("xgboost", "1.7-1"), {**small, "num_round": "30"}, train=where, validation=check)
    assert {m["MetricName"]: m["Value"] for m in deeper["FinalMetricDataList"]}["train:rmse"] < last["train:rmse"] / 5
    endpoint = Endpoint(lab, image("xgboost", "1.7-1"), model_files(deeper))
    status, kind, body = endpoint.ask("1,0,0,0\n0,1,0,0")
    assert (status, kind) == (200, "text/csv")
    assert [float(value) for value in body.split()] == pytest.approx([4, 1], abs=0.6)
    assert endpoint.ask("1,0,0,0", accept="application/json")[2]["predictions"][0]["score"] == float(body.split()[0])
    assert endpoint.ask("0:1", "text/libsvm")[0] == 200
    assert endpoint.ask("x", "text/plain")[0] == 415


def test_an_older_xgboost_pickles_its_model_and_can_serve_it(lab):
    where = put("train/train.csv", csv(table(classes=3)))
    hyperparameters = {"objective": "multi:softmax", "num_class": "3", "num_round": "3", "eval_metric": "merror"}
    for version in ("latest", "1.0-1"):
        job = train(f"old-{version.replace('.', '-')}", image("xgboost", version), hyperparameters, train=where)
        files = model_files(job)
        assert files["xgboost-model"].startswith(b"\x80")
        endpoint = Endpoint(lab, image("xgboost", version), files)
        assert endpoint.ask("1,-2,0,0\n-1,2,0,0") == (200, "text/csv", "2.0,0.0")
        status, _, said = endpoint.ask("1,2")
        assert status == 400
        assert said == (
            "Unable to evaluate payload provided: Feature size of csv inference data 2 is not consistent with feature "
            "size of trained model 4."
        )


@pytest.mark.parametrize(
    ("hyperparameters", "said"),
    [
        ({}, "Missing required hyperparameter: num_round"),
        ({"num_round": "0"}, "Hyperparameter num_round: 0 is not in [1, +inf)"),
        ({"num_round": "many"}, "Hyperparameter num_round: could not parse value (caused by ValueError)"),
        ({"num_round": "1", "epochs": "3"}, "Extraneous hyperparameter found: epochs"),
        (
            {"num_round": "1", "objective": "multi:softmax"},
            "Require input for parameter 'num_class' for multi-classification",
        ),
    ],
)
def test_hyperparameters_that_xgboost_refuses(hyperparameters, said):
    from twoclouds.aws.images.containers.xgboost_train import checked

    with pytest.raises(Exception, match=re.escape(said)) as refused:
        checked(hyperparameters, published.hyperparameters("xgboost"))
    assert refused.type.__name__ == "UserError"


def test_csv_that_is_not_called_csv_fails_as_libsvm(lab):
    where = put("train/train.csv", csv(table(20)))
    job = train("xgb", image("xgboost", "1.7-1"), {"num_round": "1"}, content_type="", train=where)
    assert job["FailureReason"].startswith("AlgorithmError: framework error: \nTraceback (most recent call last):")
    assert "is not 'LIBSVM' format. Please ensure the file is in 'LIBSVM' format." in job["FailureReason"]


def test_linear_learner_finds_the_line(lab):
    where = put("train/train.csv", csv(table()))
    chosen = {"predictor_type": "regressor", "mini_batch_size": "20", "epochs": "30"}
    job = train("line", image("linear-learner"), chosen, train=where)
    metrics = {metric["MetricName"]: metric["Value"] for metric in job["FinalMetricDataList"]}
    assert metrics["train:rmse"] < 0.05
    assert any(
        "#quality_metric: host=algo-1, epoch=0, train mse_objective <loss>=" in line for line in lines(lab, "line")
    )
    endpoint = Endpoint(lab, image("linear-learner"), model_files(job))
    _, _, body = endpoint.ask("0,0,0,0\n1,0,0,0")
    assert [row["score"] for row in body["predictions"]] == pytest.approx([3, 4], abs=0.1)
    worse = train("shrunk", image("linear-learner"), {**chosen, "wd": "5"}, train=where)
    assert {m["MetricName"]: m["Value"] for m in worse["FinalMetricDataList"]}["train:rmse"] > 1


def test_linear_learner_classifies_and_moves_its_threshold(lab):
    where = put("train/train.csv", csv(table(classes=2)))
    chosen = {"predictor_type": "binary_classifier", "mini_batch_size": "20"}
    job = train("two", image("linear-learner"), chosen, train=where)
    endpoint = Endpoint(lab, image("linear-learner"), model_files(job))
    assert [row["predicted_label"] for row in endpoint.ask("2,-2,0,0\n-2,2,0,0")[2]["predictions"]] == [1, 0]
    _, kind, text = endpoint.ask('{"features": [2, -2, 0, 0]}', "application/jsonlines", "application/jsonlines")
    assert (kind, json.loads(text)["predicted_label"]) == ("application/jsonlines", 1)
    assert endpoint.ask("1,2")[::2] == (
        400,
        "unable to evaluate payload provided: cannot copy sequence with size 2 to array axis with dimension 4",
    )
    three = put("three/train.csv", csv(table(classes=3)))
    many = {"predictor_type": "multiclass_classifier", "num_classes": "3", "mini_batch_size": "20"}
    job = train("three", image("linear-learner"), many, train=three)
    [row] = Endpoint(lab, image("linear-learner"), model_files(job)).ask("2,-2,0,0")[2]["predictions"]
    assert (row["predicted_label"], len(row["score"])) == (2, 3)


def test_kmeans_puts_what_lies_together_together(lab):
    import numpy as np

    rng = np.random.default_rng(3)
    centres = np.array([[0, 0], [10, 0], [0, 10]])
    points = np.vstack([centre + rng.normal(size=(50, 2)) for centre in centres])
    where = put("train/points.csv", csv(points))
    job = train(
        "km", image("kmeans"), {"k": "3", "feature_dim": "2"}, content_type="text/csv;label_size=0", train=where
    )
    assert {m["MetricName"]: m["Value"] for m in job["FinalMetricDataList"]}["train:msd"] < 3
    rows = Endpoint(lab, image("kmeans"), model_files(job)).ask("0,0\n10,0\n0,10\n0.5,0")[2]["predictions"]
    clusters = [row["closest_cluster"] for row in rows]
    assert len(set(clusters[:3])) == 3
    assert clusters[3] == clusters[0]
    assert all(row["distance_to_cluster"] < 1 for row in rows)


def test_knn_pca_and_random_cut_forest(lab):
    labelled, bare = put("a/train.csv", csv(table(classes=2))), put("b/train.csv", csv(table()[:, 1:]))
    one = train(
        "knn",
        image("knn"),
        {"k": "5", "feature_dim": "4", "sample_size": "200", "predictor_type": "classifier"},
        train=labelled,
        test=put("c/test.csv", csv(table(50, classes=2, seed=2))),
    )
    assert {m["MetricName"]: m["Value"] for m in one["FinalMetricDataList"]}["test:accuracy"] > 0.85
    [near] = Endpoint(lab, image("knn"), model_files(one)).ask("2,-2,0,0", accept="application/json; verbose=true")[2][
        "predictions"
    ]
    assert (near["predicted_label"], len(near["distances"]), near["labels"]) == (1.0, 5, [1.0] * 5)
    plain = "text/csv;label_size=0"
    two = train(
        "pca",
        image("pca"),
        {"num_components": "2", "feature_dim": "4", "mini_batch_size": "50"},
        content_type=plain,
        train=bare,
    )
    [row] = Endpoint(lab, image("pca"), model_files(two)).ask("1,1,1,1")[2]["projections"]
    assert len(row["projection"]) == 2
    three = train(
        "rcf", image("randomcutforest"), {"feature_dim": "4", "num_trees": "50"}, content_type=plain, train=bare
    )
    usual, odd = Endpoint(lab, image("randomcutforest"), model_files(three)).ask("0,0,0,0\n9,9,9,9")[2]["scores"]
    assert usual["score"] < 1 < 3 < odd["score"]


@pytest.mark.parametrize(
    ("hyperparameters", "said"),
    [
        ({"feature_dim": "4"}, "'k' is a required property"),
        ({"k": "3", "feature_dim": "abc"}, "'abc' is not valid under any of the given schemas"),
        (
            {"k": "3", "feature_dim": "4", "mini_batch_siz": "1"},
            "Additional properties are not allowed ('mini_batch_siz' was unexpected)",
        ),
        ({"k": "3", "feature_dim": "4", "init_method": "best"}, "'best' is not one of ['random', 'kmeans++']"),
    ],
)
def test_hyperparameters_that_kmeans_refuses(hyperparameters, said):
    with pytest.raises(Invalid, match=re.escape(said)):
        check(hyperparameters, published.hyperparameters("kmeans"))


@pytest.mark.parametrize(
    ("hyperparameters", "channel", "content_type", "said"),
    [
        ({"feature_dim": "4"}, "train", "text/csv", "Caused by: 'k' is a required property"),
        ({"k": "3", "feature_dim": "4"}, "training", "text/csv", "('training' was unexpected)"),
        ({"k": "3", "feature_dim": "4"}, "train", "", "Unable to read data channel 'train'. Requested content-type is"),
        (
            {"k": "3", "feature_dim": "7"},
            "train",
            "text/csv;label_size=0",
            "cannot copy sequence with size 5 to array axis with dimension 7",
        ),
    ],
)
def test_what_the_first_party_algorithms_refuse_is_the_callers_error(lab, hyperparameters, channel, content_type, said):
    where = put("train/train.csv", csv(table(20)))
    job = train("km", image("kmeans"), hyperparameters, content_type=content_type, **{channel: where})
    assert job["FailureReason"].startswith("ClientError: ")
    assert said in job["FailureReason"]
    assert job["FailureReason"].endswith(", exit code: 2")
    assert any("Customer Error: " in line for line in lines(lab, "km"))


def test_recordio_in_and_out(lab):
    import numpy as np

    data = table(classes=2)
    content = recordio(data[:, 1:], data[:, 0])
    features, found = tables.records(content)
    assert np.allclose(features, data[:, 1:], atol=1e-6)
    assert found.tolist() == data[:, 0].tolist()
    where = put("train/train.pbr", content)
    binary = {"predictor_type": "binary_classifier"}
    job = train("pb", image("linear-learner"), binary, content_type="", train=where)
    assert job["TrainingJobStatus"] == "Completed"
    kind = "application/x-recordio-protobuf"
    endpoint = Endpoint(lab, image("linear-learner"), model_files(job))
    headers = {"Content-Type": kind, "Accept": kind}
    answer = endpoint.server.ask("POST", "/invocations", headers, recordio([[2, -2, 0, 0]]))
    [record] = read(answer.body)
    assert list(record.label) == ["score", "predicted_label"]


def test_sparse_records_and_bad_ones():
    sparse = json.dumps({"instances": [{"data": {"features": {"keys": [1, 3], "shape": [5], "values": [2, 4]}}}]})
    assert tables.request(sparse.encode(), "application/json").tolist() == [[0, 2, 0, 4, 0]]
    for content in (b"", b"{}", b'{"instances": [1]}', b'{"instances": [[1], [1, 2]]}', b"[1, 2"):
        with pytest.raises(tables.Unreadable):
            tables.request(content, "application/json")
    with pytest.raises(tables.Unreadable):
        tables.records(b"label,a,b")


def test_metrics_of_an_algorithm_cannot_be_replaced(lab):
    from botocore.exceptions import ClientError

    where = put("train/train.csv", csv(table(20)))
    with pytest.raises(ClientError, match="You can't override the metric definitions for Amazon SageMaker algorithms"):
        train("x", image("xgboost", "1.7-1"), {"num_round": "1"}, train=where, metrics=[{"Name": "a", "Regex": "(a)"}])
