"""Made-up tables in place of public data: their columns, that they are the same every time, and that a model learns."""

import csv
import io
import urllib.error
import urllib.request

import pytest

import twoclouds
from twoclouds.wire.errors import NetworkRefused, NotSimulated
from twoclouds.world import samples

CREDIT = "https://azuremlexamples.blob.core.windows.net/datasets/credit_card/default_of_credit_card_clients.csv"
ABALONE = ("sagemaker-sample-files", "datasets/tabular/uci_abalone/abalone.csv")


def rows(name):
    return list(csv.reader(io.StringIO(samples.make(name).decode())))


@pytest.mark.parametrize("name", samples.NAMES)
def test_a_table_is_the_same_every_time_and_every_row_is_whole(name):
    assert samples.make(name) == samples.make(name)
    assert len({len(row) for row in rows(name)}) == 1
    assert len(rows(name)) > 100


def test_the_label_of_the_credit_cards_can_be_learned():
    table = rows("credit card")
    assert table[1][-1] == "default payment next month"
    late = [int(row[-1]) for row in table[2:] if int(row[6]) > 0]
    never = [int(row[-1]) for row in table[2:] if int(row[6]) < 0]
    assert sum(late) / len(late) > 3 * sum(never) / len(never) > 0


def test_pandas_reads_what_stands_in_for_a_url_and_the_lab_says_so():
    import pandas

    with twoclouds.open() as lab:
        table = pandas.read_csv(CREDIT, header=1, index_col=0)
        assert len(table.columns) == 24
        assert [event.subject for event in lab.world.events.of("stand-in")] == [CREDIT]


def test_a_sample_bucket_can_be_read_and_belongs_to_somebody_else():
    import boto3
    from botocore.exceptions import ClientError

    with twoclouds.open() as lab:
        s3 = boto3.client("s3")
        body = s3.get_object(Bucket=ABALONE[0], Key=ABALONE[1])["Body"].read()
        assert body == samples.make("abalone")
        assert [event.subject for event in lab.world.events.of("stand-in")] == ["s3://" + "/".join(ABALONE)]
        with pytest.raises(ClientError, match="AccessDenied"):
            s3.put_object(Bucket=ABALONE[0], Key="mine", Body=b"")


def test_what_nothing_stands_in_for_is_not_downloaded():
    import boto3

    with twoclouds.open():
        with pytest.raises(NotSimulated, match="a download of https://azuremlexamples"):
            urllib.request.urlopen("https://azuremlexamples.blob.core.windows.net/datasets/mnist.csv")
        with pytest.raises(NotSimulated, match="a download of s3://sagemaker-sample-files/datasets/image"):
            boto3.client("s3").get_object(Bucket=ABALONE[0], Key="datasets/image/cat.jpg")
        with pytest.raises((urllib.error.URLError, NetworkRefused), match=r"example\.org"):
            urllib.request.urlopen("https://example.org/")
