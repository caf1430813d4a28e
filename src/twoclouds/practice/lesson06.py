"""The exercises of lesson 6: drift and reproducibility."""

from __future__ import annotations

import re
from collections.abc import Callable

from twoclouds.lab import Lab
from twoclouds.practice.checks import Finding, Met, Missing, last_line
from twoclouds.practice.evidence import Evidence
from twoclouds.practice.evidence.aws import EcrImage, Model, TransformJob
from twoclouds.practice.evidence.azure import Deployment
from twoclouds.practice.hints import Hint
from twoclouds.practice.nights import Nights, both_nights_agree, both_nights_answer, both_nights_train, live
from twoclouds.practice.replay import Replay
from twoclouds.practice.task import Prediction, Task
from twoclouds.practice.worlds import lesson06 as worlds
from twoclouds.practice.worlds import quiet

TRIED = 60_300
"""What the identifiers of the lab are made from in which a chain is tried."""

# 6.1: a model that no longer loads, on Azure ML

DEPLOY = Hint(
    "The first deployment was made for you, and failed. Is there another one?",
    "Register the second version of the environment, then make a deployment that names it: azureml:scoring:2.",
)
LOADS = Hint(
    "The container's log has the reason in its last line: a pickle asks for a class. Which package was to have it?",
    "The job monday says in its log with which version of sensorscale it worked. Which one does your image hold?",
)
SILENT = Hint(
    "It loads, which is all that a health probe asks. Does it still calculate what it calculated on Monday?",
    "Compare the version that is installed with the one in the log of the job monday, digit by digit.",
)
ANY_DAY = Hint(
    "Today the list comes out right. What will it come out as next week, in a workspace where nothing was built yet?",
    "A requirement that leaves the index a choice is answered by the index. Leave it none.",
)
OTHER_MODEL = Hint(
    "The task is to serve the model that there is. Which one does your deployment serve?",
    'model="azureml:failures:1": what has to change is the environment.',
)


def best(deployments: tuple[Deployment, ...]) -> Deployment | None:
    """The last deployment that came to life, or else the last one that somebody added."""
    made = [each for each in deployments if each.endpoint == worlds.ENDPOINT]
    return next((each for each in reversed(made) if each.state == "Succeeded"), made[-1] if made else None)


def it_loads(evidence: Evidence) -> Finding:
    found = best(evidence.azure.deployments)
    if found is None or (found.name == "blue" and found.state == "Failed"):
        return Missing("the endpoint has no deployment that answers.", "What did the last attempt lack?", DEPLOY)
    if found.state != "Succeeded":
        seen = f"{found.name} is {found.state}. Its log ends: {last_line(found.log)}"
        return Missing(seen, "Who was asked for what?", LOADS)
    return Met(f"{found.name} has loaded its model.")


def it_serves_the_model(evidence: Evidence) -> Finding:
    found = best(evidence.azure.deployments)
    assert found is not None
    if not re.search(rf"/{worlds.ENDPOINT}/versions/1$", found.model):
        name = "/".join(found.model.split("/")[-3::2])
        return Missing(f"{found.name} serves {name}.", "Is that Monday's model?", OTHER_MODEL)
    return Met("it is Monday's model, failures:1.")


def it_scales_as_in_training(evidence: Evidence) -> Finding:
    found = best(evidence.azure.deployments)
    assert found is not None
    version = found.packages.get("sensorscale", "no version at all")
    if version != worlds.TRAINED_WITH:
        return Missing(f"{found.name} scales with sensorscale {version}.", "Did the training, too?", SILENT)
    return Met("it scales the readings as the training did.")


def the_recipe_leaves_no_choice(evidence: Evidence) -> Finding:
    found = best(evidence.azure.deployments)
    assert found is not None
    recipes = {f"/{each.name}/versions/{each.version}": each.conda for each in evidence.azure.environments}
    conda = next((conda for end, conda in recipes.items() if found.environment.endswith(end)), "")
    asked = re.findall(r"sensorscale[^\s'\"]*", conda)
    if not any(re.fullmatch(r"sensorscale\s*={2,3}[\w.]+", each) for each in asked):
        seen = f"its environment asks for {' and '.join(asked) or 'no sensorscale by name'}."
        return Missing(seen, "Who decides what that comes to?", ANY_DAY)
    return Met("its environment says which version, and no other will do.")


def where_it_failed(evidence: Evidence) -> str:
    blue = next((each for each in evidence.azure.deployments if each.name == "blue"), None)
    if blue is None or blue.state != "Failed":
        return "not to be seen: the first deployment is gone."
    if "Can't get attribute" in blue.log:
        return "start. The image was built without a complaint; the container could not unpickle the model."
    return f"not as planned: {last_line(blue.log)}"


# 6.2: scores that changed overnight, on SageMaker

RUN_AGAIN = Hint(
    "The scores of two nights lie in the bucket. Which job is to show that the third night is like the first?",
    "Send the nightly request once more as scores-3, once you have changed what it stands on.",
)
STILL_MOVED = Hint(
    "List what a night's scores are made of: a table, a model file, an image. Of each, when was it last written?",
    "s3.head_object(…) has an ETag, the hash of the object, for table and model; ecr.describe_images(…) says of each "
    "image when it was pushed, and which one has the tag today.",
)
NIGHTLY = Hint(
    "Your job is right. The nightly request names a model; what does that one stand on tonight?",
    "A SageMaker model cannot be changed: delete failures, and create it again under the same name.",
)
MOVES_AGAIN = Hint(
    "Tonight the scores are right. The platform team builds again tomorrow night: who may move what you point to?",
    "An address that ends in @sha256:… is the content itself. ecr.describe_images(…) has the digest of every image.",
)
GONE = Hint(
    "What both nights stood on has to be there tomorrow, too: the scores in the bucket, the images in the registry.",
    "ex.restart() brings all of it back as it was.",
)


def nights(evidence: Evidence) -> dict[str, TransformJob]:
    return {job.name: job for job in evidence.aws.transform_jobs}


def a_third_night(evidence: Evidence) -> Finding:
    job = nights(evidence).get("scores-3")
    if job is None:
        return Missing("there is no job scores-3.", "How would you show that it is mended?", RUN_AGAIN)
    if job.status != "Completed":
        return Missing(f"scores-3 is {job.status}. {job.reason}".strip(), "Did anybody wait for it?", RUN_AGAIN)
    return Met("scores-3 is Completed.")


def it_scores_as_on_the_first_night(evidence: Evidence) -> Finding:
    first, third = nights(evidence)["scores-1"], nights(evidence)["scores-3"]
    if third.source != first.source or third.data != first.data:
        seen = f"scores-3 read {third.source} and {third.data}."
        return Missing(seen, "Are these the night's table and model?", STILL_MOVED)
    if not first.outputs:
        return Missing("the scores of the first night are gone.", "With what would you compare?", GONE)
    if list(third.outputs.values()) != list(first.outputs.values()):
        return Missing("scores-3 differs from scores-1.", "What is not as it was on the first night?", STILL_MOVED)
    return Met("its scores are those of the first night, to the last digit.")


def the_nightly_model_holds(evidence: Evidence) -> Finding:
    model = next((each for each in evidence.aws.models if each.name == "failures"), None)
    if model is None:
        return Missing("there is no model failures.", "Which model will the nightly request find?", NIGHTLY)
    image = _image(model, evidence)
    if image is None:
        return Missing(f"the registry has no {model.image}.", "What will be pulled tonight?", GONE)
    if f"sensorscale=={worlds.TRAINED_WITH}" not in image.packages:
        return Missing(f"failures stands on {model.image}.", "And which image is that, tonight?", NIGHTLY)
    if "@sha256:" not in model.image:
        return Missing(f"failures stands on {model.image}.", "What will that be tomorrow night?", MOVES_AGAIN)
    return Met("the model of the nightly request stands on an image that nobody can move.")


def _image(model: Model, evidence: Evidence) -> EcrImage | None:
    """The image in the registry that a model's address means now."""
    name, _, digest = model.image.partition("@")
    repository, _, tag = name.rpartition("/")[2].partition(":")
    held = [each for each in evidence.aws.ecr_images if each.repository == repository]
    return next((each for each in held if each.digest == digest or (not digest and tag in each.tags)), None)


def what_moved(evidence: Evidence) -> str:
    first, second = nights(evidence)["scores-1"], nights(evidence)["scores-2"]
    if first.outputs == second.outputs or first.image != second.image:
        return "not to be seen any more: the first two nights are not what they were."
    return f"image. Both nights asked for {first.image}, and in between somebody pushed that tag again."


# 6.3: pins, on either

RUN = Hint(
    "A chain is two functions: one that is called once, and one that is called every night with the night's name.",
    "ex.run(set_up, nightly) calls them as two nights would, with other people at work in between.",
)
ENDPOINT = Hint(
    "Each night has to leave an endpoint that has the night's name. What does yours leave, and where?",
    "on_sagemaker(name, …) and on_azure(name, …) make one; let nightly(name) call one of them and hand on the name.",
)
TRAIN = Hint(
    "A model that was trained once and is served for ever does not drift. But the chain is to train every night.",
    "nightly(name) trains, and serves what it has trained: one call of on_sagemaker or on_azure does both.",
)
PACKAGE = Hint(
    "The two trainings were the same script in different images. By which name does your chain ask for its image, and "
    "who can let that name mean another one?",
    "An address by digest cannot be moved. A version of an environment cannot either; what it is built from is up to "
    "the list that you wrote.",
)
TABLE = Hint(
    "The two trainings read the same address and found different tables. Who may write there?",
    "A copy, made in set_up, in a place where nobody else writes. A data asset has a version; does it have the data?",
)
SERVING = Hint(
    "Both trainings were alike, and the answers are not: what answers has changed. Which image serves?",
    "Pin the serving image as you have pinned the training's.",
)
SEEN_ALL = (
    both_nights_answer(RUN, ENDPOINT),
    both_nights_train(TRAIN),
    both_nights_agree(PACKAGE, TABLE, SERVING),
)


def try_nights(lab: Lab, *design: Callable[..., object]) -> Nights:
    """Two nights in a lab of their own: the chain can be tried as often as one likes."""
    with lab.elsewhere(seed=TRIED) as other, quiet():
        worlds.a_chain_with_nothing_pinned(other)
        return live(other, design, worlds.the_night_that_you_see(other), machines=worlds.readings())


def other_nights(lab: Lab, evidence: Evidence) -> Nights:
    return live(lab, evidence.design, worlds.another_night(lab), machines=worlds.readings())


def what_they_moved(evidence: Evidence) -> str:
    moved = "both" if any("table" in said for said in evidence.report.meanwhile) else "image"
    return f"{moved}: {'; '.join(evidence.report.meanwhile)}. On the other night somebody wrote the table, too."


TASKS = (
    Task(
        number="6.1",
        title="A model that no longer loads",
        minutes=4,
        prediction=Prediction(
            "At which moment will the first deployment fail: when its image is built, when its container starts, or "
            "at the first request?",
            choices=("build", "start", "request"),
            truth=where_it_failed,
        ),
        prepare=worlds.a_model_that_no_longer_loads,
        requirements=(it_loads, it_serves_the_model, it_scales_as_in_training, the_recipe_leaves_no_choice),
        because="A pickle names the class that it needs and leaves the arithmetic to whatever version is installed, so "
        "the image that serves a model needs exactly the version that made it, and the recipe has to say which.",
    ),
    Task(
        number="6.2",
        title="Nobody deployed anything",
        minutes=8,
        prediction=Prediction(
            "Which of these is not what it was on the first night: the table, the model file, or the image?",
            choices=("table", "model", "image"),
            truth=what_moved,
        ),
        prepare=worlds.scores_that_changed_overnight,
        requirements=(a_third_night, it_scores_as_on_the_first_night, the_nightly_model_holds),
        because="A job that names a tag asks anew each night which image that is, so somebody else's push was a "
        "deployment of yours; a digest names the content, and content does not move.",
    ),
    Task(
        number="6.3",
        title="Pins",
        minutes=15,
        prediction=Prediction(
            "ex.run lets a night pass in which other people work. What will they move: the image, the table, or both?",
            choices=("image", "table", "both"),
            truth=what_they_moved,
        ),
        prepare=worlds.a_chain_with_nothing_pinned,
        run=try_nights,
        requirements=SEEN_ALL,
        replay=Replay(told="On a night that you have not seen", run=other_nights, requirements=SEEN_ALL),
        because="Everything that a chain reads has to be named by what it is or kept where nobody else writes: the "
        "image by digest or built from exact versions, the table as a copy; one open name is enough for drift.",
    ),
)
