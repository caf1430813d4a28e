"""The exercises of lesson 5: from training to an endpoint."""

from __future__ import annotations

from fractions import Fraction

from twoclouds.figures import dollars
from twoclouds.lab import Lab
from twoclouds.practice import traffic
from twoclouds.practice.checks import Finding, Met, Missing
from twoclouds.practice.evidence import Evidence
from twoclouds.practice.evidence.aws import Endpoint, Variant
from twoclouds.practice.evidence.azure import Deployment
from twoclouds.practice.hints import Hint
from twoclouds.practice.replay import Replay
from twoclouds.practice.task import Prediction, Task
from twoclouds.practice.traffic import Day, Operate, Served
from twoclouds.practice.worlds import lesson05 as worlds
from twoclouds.practice.worlds.lesson05 import ENDPOINT

# 5.1: a second variant on SageMaker

NOT_TOLD = Hint(
    "A configuration is a document. Who has to be told that there is a new one?",
    "The endpoint: sagemaker.update_endpoint(EndpointName=…, EndpointConfigName=…); then wait until it is InService.",
)
ADDRESS = Hint(
    "Customers know one address, and it stays as it is. Which endpoint did you give the second model to?",
    "Leave the endpoint's name, and give it another configuration, with update_endpoint.",
)
BLUE_TOO = Hint(
    "A new configuration replaces the old one as a whole. Does yours name everything that is to answer?",
    "ProductionVariants is a list: one entry for each model that is to get a share.",
)
SHARES = Hint(
    "A variant's share is its weight, divided by the sum of all weights. What is the sum of yours?",
    "Blue's weight is in the configuration that you began with. Which weight makes green's share of the sum right?",
)
SETTLE = Hint(
    "An update takes minutes, in which the endpoint answers as before. Has a cell waited for it?",
    'sagemaker.get_waiter("endpoint_in_service").wait(EndpointName=…) waits.',
)
SHARE = 20
"""Percent of the requests that green is to have."""


def the_endpoint(evidence: Evidence) -> Endpoint | None:
    return next((each for each in evidence.aws.endpoints if each.name == ENDPOINT), None)


def of_model(endpoint: Endpoint, model: str) -> Variant | None:
    return next((variant for variant in endpoint.variants if variant.model == model), None)


def it_is_in_service(evidence: Evidence) -> Finding:
    endpoint = the_endpoint(evidence)
    if endpoint is None:
        return Missing("there is no endpoint sensors.", "Where do customers send their questions now?", ADDRESS)
    if endpoint.status != "InService":
        seen = f"the endpoint is {endpoint.status}. {endpoint.reason}".rstrip()
        return Missing(seen, "What has to happen before it has changed?", SETTLE)
    return Met("the endpoint is InService.")


def it_has_the_second_model(evidence: Evidence) -> Finding:
    endpoint = the_endpoint(evidence)
    assert endpoint is not None
    if of_model(endpoint, f"{ENDPOINT}-v2"):
        return Met("sensors-v2 stands behind it.")
    seen = f"behind it is {', '.join(variant.model for variant in endpoint.variants)}."
    if any(of_model(each, f"{ENDPOINT}-v2") for each in evidence.aws.endpoints):
        return Missing(seen, "And where is the second model?", ADDRESS)
    return Missing(seen, "What did the endpoint learn of your configuration?", NOT_TOLD)


def it_kept_the_first_model(evidence: Evidence) -> Finding:
    endpoint = the_endpoint(evidence)
    assert endpoint is not None
    if of_model(endpoint, f"{ENDPOINT}-v1") is None:
        return Missing("sensors-v1 is no longer behind it.", "What became of blue?", BLUE_TOO)
    return Met("and so does sensors-v1.")


def the_shares_are_right(evidence: Evidence) -> Finding:
    endpoint = the_endpoint(evidence)
    assert endpoint is not None
    variant = of_model(endpoint, f"{ENDPOINT}-v2")
    assert variant is not None
    if abs(variant.share - SHARE) > 0.5:
        return Missing(f"green gets {variant.share:.1f} % of the requests.", "How is a share made of weights?", SHARES)
    return Met("green gets a fifth of the requests.")


def what_it_does_to_the_bill(evidence: Evidence) -> str:
    count = sum(1 for each in evidence.billing if each.resource.startswith(f"{ENDPOINT}/"))
    words = {1: "nothing", 2: "double"}
    return f"{words.get(count, 'more')}. {count} machines work for the endpoint: a weight moves questions, not money."


# 5.2: a deployment that never became healthy, on Azure ML

READ_LOG = Hint(
    "The deployment says ResourceNotReady, which is true of every container that dies. What does its own log end with?",
    'ml_client.online_deployments.get_logs("green", "sensors", lines=100): skip the probes, and read what follows '
    '"Container logs:".',
)
CAN_IT_SERVE = Hint(
    "It fails as the one before did. What did the log ask for, and is that in the image that you chose?",
    "An image can run a training script and lack a server. Choose an environment that has one, or make a new version "
    "with a conda file that installs the package of which the log speaks.",
)
RIGHT_VERSION = Hint(
    "It is healthy. Which version of the model does it answer with?",
    "The deployment's model= names a version, and the task is about the second one.",
)
BLUE_STAYS = Hint(
    "Most customers are to notice nothing. What answers them now?",
    "Leave the deployment blue as it was, and give the second version a small share beside it.",
)
NO_TRAFFIC = Hint(
    "A healthy deployment waits. Where is it written how many questions it gets?",
    "In the endpoint: endpoint.traffic is a dictionary of percents that add up to 100; then update the endpoint.",
)
FAILED_STAYS = Hint(
    "The new one works. Is the one that failed still there, and does it have a machine?",
    "Look at ex.lab.bill(). A deployment that nobody needs: ml_client.online_deployments.begin_delete(…).result().",
)
TENTH = 10


def second(evidence: Evidence) -> list[Deployment]:
    """The deployments of the second version of the model."""
    return [each for each in evidence.azure.deployments if each.model.endswith(f"/{ENDPOINT}/versions/2")]


def the_second_version_is_healthy(evidence: Evidence) -> Finding:
    tried = second(evidence)
    if any(each.state == "Succeeded" for each in tried):
        return Met("the second version of the model runs.")
    beside = [each for each in evidence.azure.deployments if each.name != "blue" and each.state == "Succeeded"]
    if beside:
        served = beside[0].model.rpartition("/models/")[2].replace("/versions/", ":")
        return Missing(f"{beside[0].name} is healthy, with {served}.", "Is that what was trained last?", RIGHT_VERSION)
    if len(tried) > 1 or any("/environments/plain/versions/1" not in each.environment for each in tried):
        seen = ", ".join(f"{each.name} is {each.state}" for each in tried)
        return Missing(f"{seen}.", "What is the same in all of them?", CAN_IT_SERVE)
    seen = "green is Failed." if tried else "no deployment has the second version of the model."
    return Missing(seen, "Why did it never become healthy?", READ_LOG)


def blue_answers_as_before(evidence: Evidence) -> Finding:
    blue = next((each for each in evidence.azure.deployments if each.name == "blue"), None)
    if blue is None or not blue.model.endswith("/versions/1") or blue.traffic == 0:
        return Missing("blue no longer answers with the first version.", "Was that the task?", BLUE_STAYS)
    return Met("blue answers as before.")


def a_tenth_goes_to_it(evidence: Evidence) -> Finding:
    share = sum(each.traffic for each in second(evidence) if each.state == "Succeeded")
    if share != TENTH:
        return Missing(f"the second version gets {share} % of the questions.", "Who decides that?", NO_TRAFFIC)
    return Met("a tenth of the questions goes to the second version.")


def nothing_that_failed_is_left(evidence: Evidence) -> Finding:
    failed = [each.name for each in evidence.azure.deployments if each.state == "Failed"]
    if failed:
        return Missing(f"{', '.join(failed)} is Failed, and on the bill.", "For how much longer?", FAILED_STAYS)
    return Met("nothing that failed is left.")


def what_the_failed_hour_cost(evidence: Evidence) -> str:
    idle = evidence.spent.get(("azure", "idle"), Fraction(0))
    if not idle:
        return "the minutes until it failed: nothing was billed after that."
    return f"every minute: {dollars(idle)} after it had failed, besides what came before."


# 5.3: open from nine to five, within a budget

NOBODY_ANSWERED = Hint(
    "Where do customers send their questions, and was there anything behind that address at that time?",
    f"To the endpoint {ENDPOINT}, on the cloud that has one. On SageMaker it must be InService; on Azure ML a "
    "deployment must be healthy, and get traffic.",
)
TOO_LATE = Hint(
    "Most were answered; who was not? Print the report's .unanswered, and look at the time of day of each.",
    "What you begin at the hour at which the doors open is not ready at that hour. How long does it take, and when is "
    "your function called next before it?",
)
TOO_SLOW = Hint(
    "Each of these customers waited seconds, though nobody was before them. What was made ready for each of them?",
    "A serverless container goes when nobody asks for a while. Whether that matters depends on how often somebody "
    "comes, and you do not decide that.",
)
TOO_DEAR = Hint(
    "Divide the cost by the price of an hour. For how many hours did you pay, and for how many are the doors open?",
    "Three ways lead below it: a cheaper machine around the clock, a machine that is there only when it has to be, or "
    "no machine at all.",
)
CALENDAR = Hint(
    "The doors were open at other hours. What does your function know of that?",
    "It is told, at every hour: opens and closes. Compare the hour with these, and not with what you know of Thursday.",
)
BUDGET = "1.30"
PROMISE = 1000
"""Ms in which a customer has an answer, save one in SAVE."""
SAVE = 100

MINUTES = (1, 4, 8, 11, 15, 18, 22, 27, 31, 36, 40, 43, 48, 52, 55, 58)
NIGHT = tuple(hour * 3600 + 1500 for hour in (1, 3, 4, 20, 22, 23))
THURSDAY = Day(
    "Thursday",
    8,
    18,
    tuple(sorted((*NIGHT, *(8 * 3600 + 30 + 60 * minute for minute in range(20)),
                  *(hour * 3600 + 60 * minute for hour in range(8, 18) for minute in MINUTES)))),
)  # fmt: skip
FRIDAY = Day("Friday", 6, 16, tuple(sorted((*NIGHT, *(6 * 3600 + 25 + 690 * place for place in range(52))))))
"""Other hours, and few customers, the next at the earliest after eleven and a half minutes."""


def thursday(lab: Lab, operate: Operate | None = None) -> Served:
    return traffic.serve(lab, THURSDAY, operate)


def friday(lab: Lab, design: Evidence) -> Served:
    return traffic.serve(lab, FRIDAY, design.design[0] if design.design else None)  # type: ignore[arg-type]


def a_day_was_run(evidence: Evidence) -> Finding:
    if evidence.report is None:
        return Missing("no day has passed yet.", "Did you call ex.run(operate)?", NOBODY_ANSWERED)
    return Met(f"{evidence.report}")


def customers_were_answered(evidence: Evidence) -> Finding:
    served: Served = evidence.report
    missed, came = served.unanswered, len(served.asked)
    if len(missed) == came:
        return Missing(f"none of {came} customers got an answer.", "Who should have answered?", NOBODY_ANSWERED)
    if len(missed) * SAVE > came:
        seen = f"{len(missed)} of {came} customers got no answer, the first at {_time(missed[0].second)}."
        known = served.day is THURSDAY
        return Missing(seen, "What was there at that time?", TOO_LATE if known else CALENDAR)
    return Met(f"{came - len(missed)} of {came} customers were answered.")


def customers_did_not_wait(evidence: Evidence) -> Finding:
    served: Served = evidence.report
    slow, came = served.slower_than(PROMISE), len(served.asked)
    if len(slow) * SAVE > came:
        seen = f"{len(slow)} of {came} customers waited longer than a second."
        return Missing(seen, "What did they wait for?", TOO_SLOW)
    return Met("the promise was kept.")


def the_budget_was_kept(evidence: Evidence) -> Finding:
    served: Served = evidence.report
    if served.cost > Fraction(BUDGET):
        return Missing(f"the day cost {dollars(served.cost)}.", "What was paid for at midnight?", TOO_DEAR)
    return Met(f"the day cost {dollars(served.cost)}.")


def _time(second: int) -> str:
    return f"{second // 3600}:{second % 3600 // 60:02}"


def what_thursday_cost(evidence: Evidence) -> str:
    return f"{dollars(evidence.report.cost)}, from midnight to midnight."


PROMISES = (customers_were_answered, customers_did_not_wait, the_budget_was_kept)

TASKS = (
    Task(
        number="5.1",
        title="A second version, for every fifth customer",
        minutes=4,
        prediction=Prediction(
            "Green gets a fifth of the requests. What does that do to the endpoint's bill for an hour?",
            choices=("nothing", "a fifth more", "double"),
            truth=what_it_does_to_the_bill,
        ),
        prepare=worlds.an_endpoint_with_one_variant,
        requirements=(it_is_in_service, it_has_the_second_model, it_kept_the_first_model, the_shares_are_right),
        because="An endpoint runs what its configuration says, so a new variant is a new configuration: every variant "
        "in it brings its machines, and the weights only share out the questions among them.",
    ),
    Task(
        number="5.2",
        title="A deployment that never became healthy",
        minutes=8,
        prediction=Prediction(
            "Green failed an hour ago, and nobody has touched it since. What will it have cost by now?",
            choices=("nothing", "the minutes until it failed", "every minute"),
            truth=what_the_failed_hour_cost,
        ),
        prepare=worlds.a_deployment_that_never_became_healthy,
        requirements=(
            the_second_version_is_healthy,
            blue_answers_as_before,
            a_tenth_goes_to_it,
            nothing_that_failed_is_left,
        ),
        because="An environment that can train need not be able to serve, for a server has to be in the image; and a "
        "deployment that fails keeps the machine on which it failed, until somebody deletes it.",
    ),
    Task(
        number="5.3",
        title="Open from eight to six",
        minutes=15,
        prediction=Prediction(
            "How many dollars will your Thursday cost, from midnight to midnight?",
            truth=what_thursday_cost,
            unit="dollars",
        ),
        prepare=worlds.a_model_on_each_cloud,
        run=thursday,
        requirements=(a_day_was_run, *PROMISES),
        replay=Replay(told="On a Friday that you have not seen", run=friday, requirements=PROMISES, here=True),
        because="A machine costs by the hour whether anybody comes or not, so it has to be small or to be there only "
        "in time; what costs by the question is cheap, and slow for whoever comes after a silence.",
    ),
)
