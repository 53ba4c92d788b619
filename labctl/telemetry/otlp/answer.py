"""The response to an OTLP request: empty, or a partial success with the number of refused items and the reasons.

An Export…ServiceResponse has the same shape for all three signals (collector/*/v1/*_service.proto); only in JSON its field's
name depends on the signal.
"""

import json

from labctl.telemetry.otlp import partial_messages
from labctl.telemetry.otlp.batch import Batch

REJECTED = {"traces": "rejectedSpans", "metrics": "rejectedDataPoints", "logs": "rejectedLogRecords"}


def as_protobuf(batch: Batch) -> bytes:
    if not batch.refused:
        return b""
    response = partial_messages.Response()
    response.partial_success.rejected = batch.refused.total()
    response.partial_success.error_message = batch.why().encode()
    return bytes(response.SerializeToString())


def as_json(batch: Batch) -> bytes:
    if not batch.refused:
        return b"{}"
    # 64-bit numbers are text in protobuf's JSON
    partial = {REJECTED[batch.signal]: str(batch.refused.total()), "errorMessage": batch.why()}
    return json.dumps({"partialSuccess": partial}).encode()
