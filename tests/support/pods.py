"""Pods of units on an API server without a node: they run nothing, but own what is to go with them."""

import httpx2


def replace(http: httpx2.Client, namespace: str, name: str) -> None:
    """Make a pod, in place of the one that had its name."""
    delete(http, namespace, name)
    container = {"name": "charm", "image": "charm"}
    body = {"metadata": {"name": name}, "spec": {"containers": [container], "automountServiceAccountToken": False}}
    http.post(f"/api/v1/namespaces/{namespace}/pods", json=body).raise_for_status()


def delete(http: httpx2.Client, namespace: str, name: str) -> None:
    """Delete a pod, if it is there; one that no node has is gone at once."""
    http.delete(f"/api/v1/namespaces/{namespace}/pods/{name}", params={"gracePeriodSeconds": 0})
