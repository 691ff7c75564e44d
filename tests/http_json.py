"""Requests over HTTP that must succeed, and their JSON."""

from collections.abc import Mapping
from typing import Any

import httpx


def get(client: httpx.Client, path: str, **query: str) -> Any:
    response = client.get(path, params=query)
    assert response.status_code == 200, response.text
    return response.json()


def post(client: httpx.Client, path: str, body: Mapping[str, Any]) -> Any:
    response = client.post(path, json=body)
    assert response.status_code == 200, response.text
    return response.json()
