from __future__ import annotations

import gc

from workflow.memory import NEW_OBJECTS, keep_what_is_loaded


def test_what_a_process_has_loaded_is_out_of_the_collectors_sight():
    before, threshold = gc.get_freeze_count(), gc.get_threshold()
    try:
        keep_what_is_loaded()

        assert gc.get_freeze_count() > before + 1000
        assert gc.get_threshold()[0] == NEW_OBJECTS
    finally:
        gc.unfreeze()
        gc.set_threshold(*threshold)
