import os
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import pytest
from fastapi.testclient import TestClient

SCREW = {"name": "Wood screw 4 by 40", "reorder_level": 100, "reorder_quantity": 500}


def movement(quantity: int, **more: object) -> dict[str, object]:
    return {
        "reference": str(uuid4()), "sku": "SCREW-4X40", "place": "shelf-3", "quantity": quantity, "reason": "counted",
        **more,
    }  # fmt: skip


@pytest.fixture
def screw(client: TestClient) -> TestClient:
    """The service with one item, of which nothing is there."""
    answer = client.put("/api/v1/items/SCREW-4X40", json=SCREW)
    assert (answer.status_code, answer.json()) == (201, {**SCREW, "sku": "SCREW-4X40", "holdings": {}})
    return client


def holdings(client: TestClient) -> Mapping[str, int]:
    found: Mapping[str, int] = client.get("/api/v1/items/SCREW-4X40").json()["holdings"]
    return found


def test_what_comes_and_goes_is_held_by_place(screw: TestClient) -> None:
    booked = [screw.post("/api/v1/movements", json=movement(number)) for number in (250, -40, -10)]
    assert [(one.status_code, one.json()["held"]) for one in booked] == [(201, 250), (201, 210), (201, 200)]
    assert booked[0].json()["booked_by"] == "tests"
    screw.post("/api/v1/movements", json=movement(7, place="van-1"))
    assert holdings(screw) == {"shelf-3": 200, "van-1": 7}
    newest = screw.get("/api/v1/movements", params={"sku": "SCREW-4X40", "limit": 2}).json()
    assert [one["quantity"] for one in newest] == [7, -10]


def test_no_more_goes_than_is_there(screw: TestClient) -> None:
    screw.post("/api/v1/movements", json=movement(5))
    refused = screw.post("/api/v1/movements", json=movement(-6))
    assert refused.status_code == 409
    assert refused.headers["Content-Type"] == "application/problem+json"
    assert refused.json() == {
        "type": "urn:stockbook:problem:not-enough",
        "status": 409,
        "detail": "shelf-3 holds 5 of SCREW-4X40, and 6 were to go",
    }
    assert holdings(screw) == {"shelf-3": 5}


def test_the_same_reference_is_booked_once(screw: TestClient) -> None:
    asked = movement(12)
    first, again = (screw.post("/api/v1/movements", json=asked) for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json()["held"] == 12
    other = screw.post("/api/v1/movements", json={**asked, "quantity": 13})
    assert (other.status_code, other.json()["type"]) == (409, "urn:stockbook:problem:reference-taken")
    assert holdings(screw) == {"shelf-3": 12}


@pytest.mark.skipif(not os.environ.get("STOCKBOOK_TEST_DATABASE_URL"), reason="SQLite has no locks of rows")
def test_movements_at_the_same_time_lose_nothing(screw: TestClient) -> None:
    screw.post("/api/v1/movements", json=movement(20))
    with ThreadPoolExecutor(4) as callers:
        asked = [callers.submit(screw.post, "/api/v1/movements", json=movement(-1)) for _ in range(20)]
    assert {one.result().status_code for one in asked} == {201}
    assert holdings(screw) == {"shelf-3": 0}


def test_unknown_items_are_told(screw: TestClient) -> None:
    assert screw.get("/api/v1/items/NAIL").json()["type"] == "urn:stockbook:problem:unknown-item"
    assert screw.post("/api/v1/movements", json=movement(1, sku="NAIL")).status_code == 404


@pytest.mark.parametrize(
    "wrong",
    [{"quantity": 0}, {"quantity": 1.5}, {"sku": "screw"}, {"place": "../etc"}, {"reason": " "}, {"colour": "red"}],
)
def test_what_is_no_movement_is_refused(screw: TestClient, wrong: dict[str, Any]) -> None:
    assert screw.post("/api/v1/movements", json={**movement(1), **wrong}).status_code == 422


@pytest.mark.parametrize("given", ["", "Bearer tests", "Bearer tests.00", "Basic dGVzdHM6", "Bearer tést.é"])
def test_only_those_with_a_token_are_answered(screw: TestClient, given: str) -> None:
    headers = {b"Authorization": given.encode()}
    for path in ("/api/v1/items/SCREW-4X40", "/api/v1/movements?sku=SCREW-4X40", "/api/v1/reorders"):
        assert screw.get(path, headers=headers).status_code == 401
    assert screw.post("/api/v1/movements", json=movement(1), headers=headers).status_code == 401
