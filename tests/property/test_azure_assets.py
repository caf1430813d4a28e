"""Whatever is asked of Azure's assets, in whatever order: a modelled answer, and no version lost or changed."""

import json
from collections import Counter

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from twoclouds.azure import account, contract
from twoclouds.azure.identity import principals
from twoclouds.lab import Lab
from twoclouds.wire.errors import NotSimulated
from twoclouds.wire.http import Request

IMAGE = "mcr.microsoft.com/azureml/openmpi4.1.0-ubuntu20.04"

names = st.sampled_from(["a", "b", "A", "no name", "-x", "AzureML-mine", "AzureML-sklearn-1.5", "x" * 256])
versions = st.sampled_from(["1", "2", "best", "40", "a b", "0"])
uris = st.sampled_from(
    [
        "azureml://datastores/workspaceblobstore/paths/here",
        "azureml://datastores/workspaceblobstore/paths/nothing",
        "azureml://datastores/own/paths/here",
        "azureml://datastores/unknown/paths/x",
        "azureml://jobs/unknown/outputs/artifacts/paths/x",
        "azureml:///",
        f"https://{account.BLOB}/{account.BLOB_CONTAINER}/here",
        "https://example.org/x.csv",
        "runs:/unknown/model",
        "not a uri",
        "",
    ]
)
conda = st.sampled_from(["dependencies: [numpy]", "dependencies: [pandas]", "[", "dependencies: [{pip: [-r x]}]"])
said = st.fixed_dictionaries(
    {},
    optional={
        "description": st.sampled_from(["one", "two"]),
        "tags": st.dictionaries(st.sampled_from("kl"), st.sampled_from("vw")),
        "isArchived": st.booleans(),
        "isAnonymous": st.booleans(),
        "stage": st.sampled_from(["Dev", "Production"]),
        "unknownField": st.just(1),
    },
)
content = {
    "data": st.fixed_dictionaries(
        {}, optional={"dataUri": uris, "dataType": st.sampled_from(["uri_file", "uri_folder", "mltable", "parcel"])}
    ),
    "models": st.fixed_dictionaries(
        {}, optional={"modelUri": uris, "modelType": st.sampled_from(["custom_model", "mlflow_model", "pickle"])}
    ),
    "environments": st.fixed_dictionaries(
        {},
        optional={
            "image": st.sampled_from([IMAGE, "nowhere/x"]),
            "condaFile": conda,
            "build": st.fixed_dictionaries({"contextUri": uris}),
        },
    ),
}
kinds = st.sampled_from(sorted(content))
views = st.sampled_from(["ActiveOnly", "ArchivedOnly", "All", "Some"])


HERE = {
    "data": {"dataUri": "azureml://datastores/workspaceblobstore/paths/here", "dataType": "uri_folder"},
    "models": {"modelUri": "azureml://datastores/workspaceblobstore/paths/here", "modelType": "mlflow_model"},
    "environments": {"image": IMAGE},
}


@st.composite
def puts(draw):
    """A version, right or wrong."""
    kind = draw(kinds)
    body = draw(content[kind]) | draw(said)
    return "PUT", f"{kind}/{draw(names)}/versions/{draw(versions)}", body


@st.composite
def right_puts(draw):
    """A version that is in order, if there is no other of that name and number."""
    kind = draw(kinds)
    body = HERE[kind] | {
        key: value for key, value in draw(said).items() if key in ("description", "tags", "isArchived")
    }
    if kind != "environments" and draw(st.booleans()):
        body["description"] = "said"
    return "PUT", f"{kind}/{draw(st.sampled_from('ab'))}/versions/{draw(st.sampled_from('123'))}", body


plain = st.one_of(
    puts(),
    right_puts(),
    right_puts(),
    st.tuples(st.just("PUT"), st.builds("{}/{}".format, kinds, names), said),
    st.tuples(st.just("GET"), st.builds("{}/{}/versions/{}".format, kinds, names, versions), st.none()),
    st.tuples(st.just("GET"), st.builds("{}/{}/versions?listViewType={}".format, kinds, names, views), st.none()),
    st.tuples(st.just("GET"), st.builds("{}?listViewType={}".format, kinds, views), st.none()),
    st.tuples(
        st.just("PUT"),
        st.builds("datastores/{}".format, st.sampled_from(["own", "no name", "workspaceblobstore"])),
        st.fixed_dictionaries(
            {
                "datastoreType": st.sampled_from(["AzureBlob", "AzureBlob", "Drawer"]),
                "credentials": st.sampled_from(
                    [
                        {"credentialsType": "None"},
                        {"credentialsType": "AccountKey", "secrets": {"secretsType": "AccountKey", "key": "k"}},
                        {"credentialsType": "AccountKey"},
                    ]
                ),
            },
            optional={
                "accountName": st.sampled_from([account.STORAGE_ACCOUNT, "elsewhere"]),
                "containerName": st.just("raw"),
            },
        ),
    ),
    st.tuples(st.just("DELETE"), st.sampled_from(["datastores/own", "datastores/workspaceblobstore"]), st.none()),
    st.tuples(
        st.just("POST"),
        st.sampled_from(["datastores/own/listSecrets"]),
        st.sampled_from([{"expirableSecret": True}, {}, []]),
    ),
)


def test_a_modelled_answer_and_no_version_lost():
    answers = Counter()

    @settings(max_examples=80, suppress_health_check=[HealthCheck.too_slow], deadline=None)
    @given(st.lists(plain, min_size=5, max_size=25))
    def any_calls(calls):
        lab = Lab()
        lab.azure.state.blobs.put(account.BLOB_CONTAINER, "here/MLmodel", b"flavors: {python_function: {}}")
        before = kept(lab)
        for method, path, body in calls:
            answers[method, path.partition("/")[0].partition("?")[0], ask(lab, method, path, body)] += 1
            after = kept(lab)
            assert before.items() <= after.items(), "a version was lost, or its content has changed"
            before = after
        assert {entry["name"] for entry in listed(lab, "data")} == named(lab.azure.state.data)

    any_calls()
    good = {(method, kind) for (method, kind, status) in answers if status in (200, 201)}
    assert good >= {("PUT", kind) for kind in (*content, "datastores")}, (
        f"what is only refused proves nothing: {answers}"
    )


def ask(lab, method, path, body):
    """The status of the answer, which is held against the vendor's models; 501 for what is not simulated."""
    wrapped = {} if body is None else {"properties": body} if method == "PUT" else body
    separator = "&" if "?" in path else "?"
    url = f"https://{account.ARM}{account.WORKSPACE_ID}/{path}{separator}api-version=2025-12-01"
    request = Request(method, url, signed(lab), json.dumps(wrapped).encode())
    try:
        answer = lab.send(request)
    except NotSimulated:
        return 501
    content = json.loads(answer.body) if answer.body else {}
    if answer.status >= 400:
        assert set(content) == {"error"}
        assert {"code", "message"} <= set(content["error"])
    else:
        route, _ = lab.azure._router.match(request)
        assert contract.answer_problems(route.operation, content) == []
    assert answer.status in (200, 201, 204, 400, 404, 409)
    return answer.status


def signed(lab):
    """Who asks: somebody who may do everything."""
    who = principals.PEOPLE["administrator"][0]
    token = principals.token(lab.azure.state, who, f"https://{account.ARM}", lasts=10**9)
    return {"authorization": f"Bearer {token}"}


def kept(lab):
    """What never changes of every version."""
    state = lab.azure.state
    fixed = ("dataUri", "dataType", "modelUri", "modelType", "image", "condaFile", "build", "isAnonymous")
    return {
        (assets.kind.plural, version.name, version.version): json.dumps([version.properties.get(key) for key in fixed])
        for assets in (state.data, state.models, state.environments)
        for version in assets.every()
    }


def listed(lab, kind):
    url = f"https://{account.ARM}{account.WORKSPACE_ID}/{kind}?api-version=1&listViewType=All"
    return json.loads(lab.send(Request("GET", url, signed(lab))).body)["value"]


def named(assets):
    return {asset.name for asset in assets.named.values() if not asset.is_anonymous}
