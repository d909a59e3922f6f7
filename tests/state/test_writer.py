import asyncio
import threading
from pathlib import Path

from dataset_agent.state.reader import connect
from dataset_agent.state.writer import Writer


def test_a_write_that_nobody_waits_for_any_more_is_done_and_stops_no_other(tmp_path: Path) -> None:
    """As when a run is interrupted while its last calls are being noted."""
    connection, gate = connect(tmp_path / "ledger.db"), threading.Event()
    connection.execute("CREATE TABLE t (x)")
    writer = Writer(connection)

    async def cancelled() -> None:
        writer.submit(lambda _: gate.wait(10))  # holds the thread, so that what follows waits
        waiting = asyncio.wrap_future(writer.submit(lambda db: db.execute("INSERT INTO t VALUES (1)")))
        failing = asyncio.wrap_future(writer.submit(lambda db: db.execute("INSERT INTO nothing VALUES (1)")))
        waiting.cancel()
        failing.cancel()
        await asyncio.gather(waiting, failing, return_exceptions=True)
        gate.set()

    asyncio.run(cancelled())
    found = writer.submit(lambda db: db.execute("SELECT x FROM t").fetchall()).result(10)
    writer.close()
    assert found == [(1,)]
