from __future__ import annotations

import io
import json
import logging
import logging.config
from collections.abc import Iterator

import pytest
import structlog
from django.conf import settings

from cms.settings.logs import logging_config

# Never written out in a line of code below: a traceback quotes those.
NAME = "".join(["Nguyễn ", "Thị ", "Hoà"])


@pytest.fixture(params=[False, True], ids=["lines", "json"])
def output(request: pytest.FixtureRequest) -> Iterator[tuple[bool, io.StringIO]]:
    stream = io.StringIO()
    config = logging_config(level="INFO", json=request.param)
    config["handlers"]["stderr"]["stream"] = stream
    logging.config.dictConfig(config)
    yield request.param, stream
    logging.config.dictConfig(settings.LOGGING)


def test_a_traceback_shows_no_local_variable(output: tuple[bool, io.StringIO]):
    pupil = NAME

    try:
        int(pupil[:0])
    except ValueError:
        logging.getLogger("workflow").exception("it went wrong")

    written = output[1].getvalue()
    assert "it went wrong" in written
    assert "int(pupil[:0])" in written
    assert NAME not in written


def test_our_lines_and_those_of_libraries_look_alike(output: tuple[bool, io.StringIO]):
    as_json, stream = output
    structlog.get_logger("workflow").info("record_locked", record=7)
    logging.getLogger("celery").info("task %s", "run_batch")

    lines = stream.getvalue().splitlines()
    assert len(lines) == 2
    if as_json:
        ours, theirs = map(json.loads, lines)
        assert (ours["event"], ours["record"]) == ("record_locked", 7)
        assert (theirs["event"], theirs["logger"]) == ("task run_batch", "celery")
    else:
        assert "record_locked" in lines[0] and "record=7" in lines[0]
        assert "task run_batch" in lines[1]
