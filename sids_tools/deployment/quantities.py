"""Amounts of processor and memory as Kubernetes writes them."""

import re

from sids_service.errors import ConfigurationError

CPU = re.compile(r"(?P<number>\d+(\.\d{1,3})?)(?P<unit>m?)")
MEMORY = re.compile(r"(?P<number>\d+(\.\d+)?)(?P<unit>Mi|Gi)")
BYTES = {"Mi": 2**20, "Gi": 2**30}


def cpu_cores(text: str) -> float:
    """Cores; ConfigurationError where it is no positive amount such as `500m` or `2`."""
    found = CPU.fullmatch(text)
    if found is None or float(found["number"]) == 0 or (found["unit"] and "." in found["number"]):
        raise ConfigurationError(f"{text!r} is no amount of CPU; allowed: cores (2, 0.5) or thousandths of one (500m)")
    return float(found["number"]) / (1000 if found["unit"] else 1)


def memory_bytes(text: str) -> float:
    """Bytes; ConfigurationError where it is no positive amount such as `512Mi` or `2Gi`."""
    found = MEMORY.fullmatch(text)
    if found is None or float(found["number"]) == 0:
        raise ConfigurationError(f"{text!r} is no amount of memory; allowed: a number with Mi or Gi (512Mi, 2Gi)")
    return float(found["number"]) * BYTES[found["unit"]]
