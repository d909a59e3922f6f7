"""A ledger whose batches are traced, and deliveries of it that are killed: see `main`."""

from __future__ import annotations

import json
import os
import signal
import sys
from pathlib import Path

from ledgers import Book, chat_plan
from mlflow_world import final_state

from dataset_agent.plan import Plan, strata_of
from dataset_agent.state.deliveries import LedgerOutbox
from dataset_agent.state.ledger import Ledger
from dataset_agent.state.mlflow_delivery import Courier
from dataset_agent.state.mlflow_store import MlflowStore


def traced_plan(share: float = 1.0, size: int = 60) -> Plan:
    """The plan of `ledgers`, with this share of its batches traced."""
    return chat_plan(size, mlflow={"trace_share": share})


def write_ledger(folder: Path, plan: Plan) -> None:
    """Six batches of ten: one refused something, one needed several calls, one came to nothing, one is a shard."""
    with Book(folder, plan) as book:
        book.small(0, 10, refused=2, quality=0.9)
        batch = book.begin(1, 10)
        book.call(batch.number, outcome="rate_limited")
        book.call(batch.number, model="large", cost=1.5)
        book.commit(batch, [])
        book.small(1, 10)
        book.small(1, 10)
        book.large(2, 10)
        book.small(2, 10)


def deliver(folder: Path, uri: str, plan: Plan, step: object = lambda: None) -> str:
    """Tell MLflow all of a ledger, to the end; gives the run's id. `step` is called after each step."""
    with Ledger(folder) as ledger:
        courier = Courier(
            LedgerOutbox(ledger), uri, lambda: MlflowStore(uri, step), plan, strata_of(plan), ledger.history.key()
        )
        return str(courier.deliver(final_state(folder)).run_id)


def main(arguments: list[str]) -> None:
    """`stumble FOLDER URI`: deliveries killed after 1, 2, 3... steps, until one ends by itself."""
    folder, uri = Path(arguments[0]), arguments[1]
    from dataset_agent.state.mlflow_store import load_mlflow

    load_mlflow()
    plan, kills = traced_plan(), 0
    write_ledger(folder, plan)
    while True:
        child = os.fork()
        if child == 0:
            _deliver_and_die(folder, uri, plan, steps=kills + 1)
        _, status = os.waitpid(child, 0)
        if os.WIFEXITED(status):
            print(json.dumps({"kills": kills, "code": os.WEXITSTATUS(status)}))
            return
        kills += 1


def _deliver_and_die(folder: Path, uri: str, plan: Plan, steps: int) -> None:
    left = [steps]

    def step() -> None:
        left[0] -= 1
        if left[0] == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    deliver(folder, uri, plan, step)
    os._exit(0)


if __name__ == "__main__":
    main(sys.argv[1:])
