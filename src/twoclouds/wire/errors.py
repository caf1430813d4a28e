"""What the wire itself has to say."""

from __future__ import annotations


class NotSimulated(NotImplementedError):
    """Nothing here answers this operation. The real cloud may well do: this course does not pretend to."""

    def __init__(self, operation: str, hint: str = "") -> None:
        self.operation = operation
        text = f"Two Clouds does not simulate {operation}."
        super().__init__(f"{text} {hint}" if hint else text)


class NetworkRefused(OSError):
    """Something tried to leave this machine."""

    def __init__(self, target: str) -> None:
        self.target = target
        super().__init__(
            f"Two Clouds keeps everything on this machine, so {target} was not contacted. "
            "The simulated clouds answer azure-ai-ml, boto3 and sagemaker; "
            "close the lab (lab.close()) to use the network."
        )
