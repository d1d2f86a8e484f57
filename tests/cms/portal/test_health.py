from __future__ import annotations

import pytest
from django.db import connections
from django.test import Client


@pytest.mark.django_db
def test_while_the_database_answers_the_site_is_well():
    response = Client().get("/healthz")

    assert response.status_code == 200
    assert response.json() == {"status": "ok", "database": "ok"}
    assert "no-store" in response.headers["Cache-Control"]


@pytest.mark.django_db(transaction=True)
def test_without_its_database_the_site_says_so():
    connection = connections["default"]
    connection.close()
    before = dict(connection.settings_dict)
    nowhere = {
        "NAME": "/no/folder.sqlite3",
        "HOST": "127.0.0.1",
        "PORT": "1",
    }
    connection.settings_dict.update(nowhere)
    try:
        response = Client().get("/healthz")
    finally:
        connection.close()
        connection.settings_dict.clear()
        connection.settings_dict.update(before)

    assert response.status_code == 503
    assert response.json()["database"] == "down"
