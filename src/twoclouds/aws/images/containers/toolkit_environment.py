"""The training environment: what the toolkit makes of SageMaker's files, for scripts to read (SM_*)."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from functools import cached_property
from typing import Any

from . import places

OWN = "sagemaker_"
"""What the names of hyperparameters that are meant for the toolkit begin with."""


class Environment:
    """Of `sagemaker_training.environment`."""

    model_dir = places.MODEL
    input_dir = "/opt/ml/input"
    input_config_dir = places.CONFIG
    output_dir = places.OUTPUT
    output_data_dir = f"{places.OUTPUT}/data"
    output_intermediate_dir = f"{places.OUTPUT}/intermediate"
    log_level = 20
    num_gpus = 0
    num_neurons = 0

    def __init__(self) -> None:
        given = {name: _value(text) for name, text in places.config("hyperparameters").items()}
        self.hyperparameters = {name: value for name, value in given.items() if not name.startswith((OWN, "_"))}
        self.framework = {name: value for name, value in given.items() if name.startswith(OWN)}
        self.resource_config = places.config("resourceconfig")
        self.input_data_config = places.config("inputdataconfig")
        self.hosts: list[str] = self.resource_config.get("hosts", ["algo-1"])
        self.current_host = str(self.resource_config.get("current_host", "algo-1"))
        self.current_instance_type = str(self.resource_config.get("current_instance_type", "local"))
        self.network_interface_name = str(self.resource_config.get("network_interface_name", "eth0"))
        self.channel_input_dirs = {name: f"{places.DATA}/{name}" for name in self.input_data_config}
        self.user_entry_point = os.environ.get("SAGEMAKER_PROGRAM") or self.framework.get("sagemaker_program")
        submitted = os.environ.get("SAGEMAKER_SUBMIT_DIRECTORY") or self.framework.get("sagemaker_submit_directory")
        self.module_dir = str(submitted or places.CODE)
        self.job_name = os.environ.get("TRAINING_JOB_NAME", "")
        self.num_cpus = os.cpu_count() or 1
        self.is_master = self.current_host == self.hosts[0]
        self.master_hostname = self.hosts[0]

    @cached_property
    def module_name(self) -> str:
        """The script's name as a module."""
        return str(self.user_entry_point or "").removesuffix(".py")

    @property
    def additional_framework_parameters(self) -> dict[str, Any]:
        """The toolkit's hyperparameters that are not among the common ones."""
        common = ("program", "submit_directory", "container_log_level", "region", "job_name", "s3_output")
        return {name: value for name, value in self.framework.items() if name.removeprefix(OWN) not in common}

    def to_cmd_args(self) -> list[str]:
        """The hyperparameters as arguments, by name."""
        words = []
        for name, value in sorted(self.hyperparameters.items()):
            words += [f"--{name}" if len(name) > 1 else f"-{name}", _argument(value)]
        return words

    def to_env_vars(self) -> dict[str, str]:
        """The variables SM_*."""
        values: dict[str, Any] = {
            "hosts": self.hosts,
            "network_interface_name": self.network_interface_name,
            "hps": self.hyperparameters,
            "user_entry_point": self.user_entry_point,
            "framework_params": self.additional_framework_parameters,
            "resource_config": self.resource_config,
            "input_data_config": self.input_data_config,
            "output_data_dir": self.output_data_dir,
            "channels": sorted(self.channel_input_dirs),
            "current_host": self.current_host,
            "current_instance_type": self.current_instance_type,
            "module_name": self.module_name,
            "log_level": self.log_level,
            "framework_module": places.image().get("module"),
            "input_dir": self.input_dir,
            "input_config_dir": self.input_config_dir,
            "output_dir": self.output_dir,
            "num_cpus": self.num_cpus,
            "num_gpus": self.num_gpus,
            "num_neurons": self.num_neurons,
            "model_dir": self.model_dir,
            "module_dir": self.module_dir,
            "training_env": self.shown(),
            "user_args": self.to_cmd_args(),
            "output_intermediate_dir": self.output_intermediate_dir,
        }
        values |= {f"channel_{name}": path for name, path in self.channel_input_dirs.items()}
        values |= {f"hp_{name}": value for name, value in self.hyperparameters.items()}
        return {f"SM_{name.upper()}": _variable(value) for name, value in values.items()}

    def shown(self) -> dict[str, Any]:
        """The environment as the log shows it."""
        names = (
            "additional_framework_parameters channel_input_dirs current_host current_instance_type hosts "
            "hyperparameters input_config_dir input_data_config input_dir is_master job_name log_level "
            "master_hostname model_dir module_dir module_name network_interface_name num_cpus num_gpus num_neurons "
            "output_data_dir output_dir output_intermediate_dir resource_config user_entry_point"
        )
        return {name: getattr(self, name) for name in names.split()}


def _value(text: Any) -> Any:
    """A hyperparameter as JSON, or as it stands."""
    try:
        return json.loads(text)
    except (ValueError, TypeError):
        return text


def _argument(value: Any) -> str:
    if isinstance(value, Mapping):
        return ",".join(f"{name}={one}" for name, one in sorted(value.items()))
    return "" if value is None else str(value)


def _variable(value: Any) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, sort_keys=True, separators=(",", ":"))
