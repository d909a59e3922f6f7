"""A vLLM server's queue and cache hold the window back."""

import asyncio

import pytest
from calling import endpoint_of, until
from model_server import ModelServer, Text, VllmMetrics

from dataset_agent.endpoints.watch import load_of, watch
from dataset_agent.endpoints.window import Window


@pytest.mark.parametrize(
    ("metrics", "load"),
    [
        ("", None),
        ("vllm:num_requests_running 3\nother_num_requests_waiting 4", None),
        ("vllm:num_requests_waiting 4.0\nvllm:kv_cache_usage_perc 0.25", (4, 0.25)),
        (
            'vllm:num_requests_waiting{engine="0",model_name="a b"} 4\nvllm:num_requests_waiting{engine="1"} 1e1',
            (14, 0),
        ),
        ('vllm:gpu_cache_usage_perc{x="1"} 0.5\nvllm:gpu_cache_usage_perc{x="2"} 0.75', (0, 0.75)),
        ("# TYPE vllm:num_requests_waiting gauge\nvllm:num_requests_waiting NaN", None),
        ("vllm:num_requests_waiting -\nvllm:kv_cache_usage_perc e", None),
        ("vllm:num_requests_waiting_by_priority 7", None),
    ],
)
def test_the_load_is_read_from_the_metrics(metrics: str, load: tuple[float, float] | None) -> None:
    assert load_of(metrics) == load


def test_a_queue_makes_the_window_smaller() -> None:
    async def main() -> None:
        with ModelServer(Text("hi")) as server:
            server.metrics = VllmMetrics(waiting=50, kv_cache=0.5)
            window = Window(40, 64)
            window.answered(1.0, window.round)
            watching = asyncio.create_task(watch(endpoint_of(server), window))
            await until(lambda: window.limit < 40)
            watching.cancel()
            assert window.limit == 32 and server.looks[0].path == "/metrics"

    asyncio.run(main())


def test_a_server_without_such_figures_is_not_watched() -> None:
    async def main() -> None:
        window = Window(40, 64)
        with ModelServer(Text("hi"), has_metrics=False) as server:
            await asyncio.wait_for(watch(endpoint_of(server), window), 10)
            assert len(server.looks) == 1
        await asyncio.wait_for(watch(endpoint_of("https://api.openai.com/v1"), window), 1)
        await asyncio.wait_for(watch(endpoint_of("https://h/v1", provider="anthropic"), window), 1)
        assert window.limit == 40

    asyncio.run(main())


def test_a_server_that_is_down_is_watched_on() -> None:
    async def main() -> None:
        with ModelServer(Text("hi")) as server:
            server.stop()
            window = Window(40, 64)
            window.answered(1.0, window.round)
            watching = asyncio.create_task(watch(endpoint_of(server), window))
            await asyncio.sleep(0)
            server.metrics = VllmMetrics(waiting=50)
            server.start()
            await until(lambda: window.limit < 40)
            assert not watching.done()
            watching.cancel()

    asyncio.run(main())
