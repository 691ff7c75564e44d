from threading import Thread

import pytest
from threadpoolctl import ThreadpoolController

from sids_core.single_thread import use_one_thread


@pytest.mark.parametrize("where", ["here", "in another thread"])
def test_every_library_is_limited(where: str) -> None:
    found: set[int] = set()

    def run() -> None:
        use_one_thread()
        found.update(library["num_threads"] for library in ThreadpoolController().info())

    if where == "here":
        run()
    else:
        thread = Thread(target=run)
        thread.start()
        thread.join()
    assert found == {1}
