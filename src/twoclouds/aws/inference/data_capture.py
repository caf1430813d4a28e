"""Data capture: requests and answers of an endpoint as JSON lines in S3, a couple of minutes later.

As "Capture data from real-time endpoint" tells it: s3://…/{endpoint}/{variant}/yyyy/mm/dd/hh/{file}.jsonl.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Generator
from typing import TYPE_CHECKING, Any

from twoclouds.aws import catalog, s3
from twoclouds.aws.inference.hosting import Reply
from twoclouds.aws.operations import Parameters
from twoclouds.aws.s3 import Location

if TYPE_CHECKING:
    from twoclouds.aws.inference.endpoints import Endpoint
    from twoclouds.aws.inference.fleets import Variant
    from twoclouds.aws.state import State


def record(state: State, endpoint: Endpoint, variant: Variant, parameters: Parameters, reply: Reply) -> None:
    """Keep one request and its answer, if the endpoint captures and this one is sampled; it is in S3 later."""
    fleet = next((f for f in (endpoint.fleet, endpoint.pending) if f and variant in f.all), None)
    config = fleet.capture if fleet else {}
    if not config.get("EnableCapture") or not _sampled(variant, config["InitialSamplingPercentage"]):
        return
    modes = {option["CaptureMode"] for option in config["CaptureOptions"]}
    captured: dict[str, Any] = {}
    if modes & {"Input", "InputAndOutput"}:
        captured["endpointInput"] = _side(config, "INPUT", parameters.get("ContentType", ""), parameters["Body"])
    if modes & {"Output", "InputAndOutput"}:
        captured["endpointOutput"] = _side(config, "OUTPUT", reply.content_type, reply.body)
    metadata = {"eventId": state.world.ids.uuid("aws/capture", endpoint.name)}
    if parameters.get("CustomAttributes"):
        metadata["customAttributes"] = parameters["CustomAttributes"]
    if parameters.get("InferenceId"):
        metadata["inferenceId"] = parameters["InferenceId"]
    metadata["inferenceTime"] = f"{state.world.clock.datetime:%Y-%m-%dT%H:%M:%SZ}"
    line = {"captureData": captured, "eventMetadata": metadata, "eventVersion": "0"}
    variant.captured.append(json.dumps(line, separators=(",", ":")))
    if len(variant.captured) == 1:
        life = _deliver(state, endpoint.name, variant, config["DestinationS3Uri"])
        state.world.clock.start(life, name=f"{endpoint.name}: data capture")


def _deliver(state: State, endpoint: str, variant: Variant, destination: str) -> Generator[Any, Any, None]:
    """What is captured from now on goes into one file. What the role may not write is lost, without a word."""
    began = state.world.clock.datetime
    yield state.world.clock.timeout(catalog.duration(state.world, "capture_delivery"))
    lines, variant.captured = variant.captured, []
    unique = state.world.ids.uuid("aws/capture file", endpoint)
    place = Location.of(destination).below(
        endpoint, variant.name, f"{began:%Y/%m/%d/%H}", f"{began:%M-%S}-{began.microsecond // 1000:03}-{unique}.jsonl"
    )
    try:
        s3.write(state, variant.model.role, place, "".join(f"{line}\n" for line in lines).encode())
    except s3.S3Error:
        state.world.events.record("data capture.failed", f"aws/{endpoint}", location=str(place))


def _sampled(variant: Variant, percentage: int) -> bool:
    """Evenly: of every hundred requests, `percentage`."""
    variant.seen += 1
    return variant.seen * percentage // 100 > (variant.seen - 1) * percentage // 100


def _side(config: dict[str, Any], mode: str, content_type: str, data: bytes) -> dict[str, str]:
    kinds = config.get("CaptureContentTypeHeader", {})
    plain = content_type.partition(";")[0].strip().lower()
    encoding = "BASE64"
    if plain in kinds.get("CsvContentTypes", ["text/csv"]):
        encoding = "CSV"
    elif plain in kinds.get("JsonContentTypes", ["application/json"]):
        encoding = "JSON"
    text = base64.b64encode(data).decode() if encoding == "BASE64" else data.decode("utf-8", "replace")
    return {"observedContentType": content_type, "mode": mode, "data": text, "encoding": encoding}
