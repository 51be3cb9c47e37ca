"""The cap on kernels, and the end of those that nobody looks at; without real kernels."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

import pytest
from jupyter_server.services.kernels.kernelmanager import AsyncMappingKernelManager
from tornado.web import HTTPError

from facelib.app.server.kernel_manager import BUSY, CappedKernelManager

PREHEATED = {"VOILA_PREHEAT": "True"}


@pytest.fixture
def manager(monkeypatch: pytest.MonkeyPatch) -> CappedKernelManager:
    """A manager whose kernels are names, which take a moment to start."""

    async def start(self: CappedKernelManager, *, kernel_id: str, **_: Any) -> str:
        await asyncio.sleep(0.01)
        self._kernels[kernel_id] = kernel_id
        self._kernel_connections[kernel_id] = 0
        await asyncio.sleep(0.01)
        return kernel_id

    async def shut_down(self: CappedKernelManager, kernel_id: str, *_: Any, **__: Any) -> None:
        del self._kernels[kernel_id]
        del self._kernel_connections[kernel_id]

    monkeypatch.setattr(AsyncMappingKernelManager, "_async_start_kernel", start)
    monkeypatch.setattr(CappedKernelManager, "shutdown_kernel", shut_down)
    return CappedKernelManager(max_kernels=3, abandoned_after=0.05)


def run(work: Coroutine[Any, Any, None]) -> None:
    asyncio.run(asyncio.wait_for(work, 10))


def test_simultaneous_visitors_never_get_more_than_the_cap(manager: CappedKernelManager) -> None:
    async def visit() -> None:
        answers = await asyncio.gather(*(manager.start_kernel() for _ in range(8)), return_exceptions=True)
        started = [answer for answer in answers if isinstance(answer, str)]
        refused = [answer for answer in answers if isinstance(answer, HTTPError)]
        assert len(set(started)) == len(manager) == 3
        assert [(error.status_code, error.log_message) for error in refused] == [(503, BUSY)] * 5

    run(visit())


def test_kernels_get_few_heaps_unless_told_otherwise(
    manager: CappedKernelManager, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[dict[str, str]] = []

    async def start(_self: object, *, env: dict[str, str], **_: Any) -> str:
        seen.append(env)
        return "kernel"

    monkeypatch.setattr(AsyncMappingKernelManager, "_async_start_kernel", start)
    monkeypatch.setenv("SOME_VARIABLE", "kept")
    for env in (None, {}, {"A": "1"}, {"MALLOC_ARENA_MAX": "7"}):
        run(manager.start_kernel(env=env))
    assert [env["MALLOC_ARENA_MAX"] for env in seen] == ["2", "2", "2", "7"]
    assert [env.get("SOME_VARIABLE") for env in seen] == ["kept", "kept", None, None]
    assert seen[2]["A"] == "1"


def test_a_place_that_becomes_free_is_given_again(manager: CappedKernelManager) -> None:
    async def visit() -> None:
        kernels = [await manager.start_kernel() for _ in range(3)]
        with pytest.raises(HTTPError):
            await manager.start_kernel()
        await manager.shutdown_kernel(kernels[0])
        await manager.start_kernel()
        assert len(manager) == 3

    run(visit())


def test_a_start_that_fails_takes_no_place(
    manager: CappedKernelManager, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(_self: object, **_: Any) -> str:
        raise RuntimeError("no interpreter")

    async def visit() -> None:
        with monkeypatch.context() as patch:
            patch.setattr(AsyncMappingKernelManager, "_async_start_kernel", fail)
            for _ in range(5):
                with pytest.raises(RuntimeError, match="no interpreter"):
                    await manager.start_kernel()
        assert not manager.full
        await manager.start_kernel()

    run(visit())


@pytest.mark.thorough
def test_the_pool_waits_for_room_instead_of_being_refused(manager: CappedKernelManager) -> None:
    async def visit() -> None:
        kernels = [await manager.start_kernel() for _ in range(3)]
        refill = asyncio.create_task(manager.start_kernel(env=PREHEATED))
        await asyncio.sleep(0.4)
        assert not refill.done()
        assert len(manager) == 3
        await manager.shutdown_kernel(kernels[0])
        assert await refill in manager

    run(visit())


@pytest.mark.thorough
def test_nothing_waits_for_room_once_the_server_ends(manager: CappedKernelManager) -> None:
    async def visit() -> None:
        for _ in range(3):
            await manager.start_kernel()
        refill = asyncio.create_task(manager.start_kernel(env=PREHEATED))
        await asyncio.sleep(0.05)
        await manager.close()
        with pytest.raises(asyncio.CancelledError):
            await refill

    run(visit())


@pytest.mark.thorough
def test_kernel_ends_when_its_last_page_has_gone(manager: CappedKernelManager) -> None:
    async def visit() -> None:
        kernel = await manager.start_kernel()
        manager.notify_connect(kernel)
        manager.notify_connect(kernel)
        manager.notify_disconnect(kernel)
        await asyncio.sleep(0.15)
        assert kernel in manager
        manager.notify_disconnect(kernel)
        assert kernel in manager
        await asyncio.sleep(0.15)
        assert kernel not in manager

    run(visit())


@pytest.mark.thorough
def test_kernel_stays_when_its_page_comes_back_in_time(manager: CappedKernelManager) -> None:
    manager.abandoned_after = 1.0  # seconds, which a busy machine doesn't reach by chance

    async def visit() -> None:
        kernel = await manager.start_kernel()
        for _ in range(4):
            manager.notify_connect(kernel)
            manager.notify_disconnect(kernel)
            await asyncio.sleep(0.3)  # 1.2 s in all
        manager.notify_connect(kernel)
        await asyncio.sleep(1.2)
        assert kernel in manager

    run(visit())


@pytest.mark.thorough
def test_a_page_that_ended_its_kernel_itself_is_no_trouble(manager: CappedKernelManager) -> None:
    async def visit() -> None:
        kernel = await manager.start_kernel()
        manager.notify_connect(kernel)
        manager.notify_disconnect(kernel)
        await manager.shutdown_kernel(kernel)
        await asyncio.sleep(0.15)
        manager.notify_disconnect(kernel)
        assert len(manager) == 0

    run(visit())


def test_only_started_kernels_of_the_pool_are_handed_out(manager: CappedKernelManager) -> None:
    async def visit() -> None:
        assert not manager.ready("app.ipynb")

        async def fail() -> None:
            raise RuntimeError("no interpreter")

        done, failed = asyncio.create_task(asyncio.sleep(0)), asyncio.create_task(fail())
        pending = asyncio.create_task(asyncio.sleep(5))
        await asyncio.wait([done, failed])
        manager._pools = {"app.ipynb": [pending, failed]}
        assert not manager.ready("app.ipynb")
        manager._pools["app.ipynb"].append(done)
        assert manager.ready("app.ipynb")
        assert manager._pools["app.ipynb"][0] is done
        assert not manager.ready("other.ipynb")
        pending.cancel()

    run(visit())
