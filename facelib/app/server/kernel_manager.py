"""The kernels of a page server: not more than there is room for, and none left behind."""

from __future__ import annotations

import asyncio
import os
import secrets
from collections.abc import Coroutine
from datetime import UTC, datetime
from importlib.metadata import EntryPoint
from typing import Any

from jupyter_client.provisioning.factory import KernelProvisionerFactory
from jupyter_client.provisioning.local_provisioner import LocalProvisioner
from jupyter_core.utils import ensure_async
from jupyter_server.services.kernels.kernelmanager import AsyncMappingKernelManager
from tornado.web import HTTPError
from traitlets import Float, Int

from facelib.app.server.fork_server import ForkServer, ForkServerError, kernel_arguments
from facelib.utilities.scratch import sweep

BUSY = "All sessions are in use. Please try again in a minute."
# glibc gives every thread a heap of its own and returns little of it: 180 MB a session for nothing.
# A page has one visitor, so no other front end needs an echo of each slider event.
VARIABLES = {"MALLOC_ARENA_MAX": "2", "JUPYTER_WIDGETS_ECHO": "0"}
# Run by a kernel before the first cell, also of a notebook of one's own.
FIRST = """
from facelib.app.widgets.messages import close_output_port
close_output_port()
del close_output_port
"""
_SECRET = secrets.token_urlsafe(24)
POLL = 0.25  # seconds between two looks whether there is room again


def kernel_path(server_url: str) -> str:
    """Return below which path kernels reach the server; only they know it, by their environment."""
    return f"{server_url}{_SECRET}/"


class ForkedProvisioner(LocalProvisioner):
    """Starts kernels of this Python by `ForkServer`; any other, and where that has ended, as usual."""

    server: ForkServer | None = None
    closing = False
    process: Any = None

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> Any:
        """Start a kernel."""
        arguments = kernel_arguments(cmd)
        if self.server is not None and arguments is not None:
            cwd = str(kwargs.get("cwd") or os.getcwd())
            env = kwargs.get("env") or dict(os.environ)
            try:
                kernel = await asyncio.to_thread(self.server.start, arguments, env, cwd)
            except ForkServerError as error:
                if self.closing:
                    raise asyncio.CancelledError from error
                self.log.warning("%s Kernels start more slowly from now on.", error)
                type(self).server = None
            else:
                self.process, self.pid, self.pgid, self.cwd = kernel, kernel.pid, kernel.pid, cwd
                return self.connection_info
        return await super().launch_kernel(cmd, **kwargs)


def fork_kernels() -> None:
    """Let kernels be forked from now on."""
    name = "facelib-forked"
    ForkedProvisioner.closing = False
    ForkedProvisioner.server = ForkServer(VARIABLES)
    place = f"{__name__}:{ForkedProvisioner.__name__}"
    KernelProvisionerFactory.provisioners[name] = EntryPoint(name, place, KernelProvisionerFactory.GROUP_NAME)
    KernelProvisionerFactory.instance().default_provisioner_name = name


class CappedKernelManager(AsyncMappingKernelManager):
    """Starts at most `max_kernels` kernels, and ends those whose page has gone.

    A page that comes when all are taken is refused with status 503; a kernel for the pool of preheated ones
    waits instead, since Voila never asks again for one that it was refused.
    """

    max_kernels = Int(8, config=True, help="How many kernels may run, the preheated ones included.")
    abandoned_after = Float(
        30.0, config=True, help="Seconds after which a kernel ends when its last page has closed or crashed."
    )

    def __init__(self, **kwargs: Any) -> None:
        self._starting: set[str] = set()
        self._endings: dict[str, asyncio.TimerHandle] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._closing = False
        super().__init__(**kwargs)

    @property
    def full(self) -> bool:
        """Whether all kernels that may run do so, or are about to."""
        return len(self._starting.union(self.list_kernel_ids())) >= int(self.max_kernels)

    def ready(self, notebook: str) -> bool:
        """Say whether a preheated kernel waits for `notebook`, and put such ones first in Voila's pool.

        Voila hands out kernels of the pool that have not been started yet, too; with a cap such a page
        might wait for ever.
        """
        pools: dict[str, list[asyncio.Task[Any]]] = getattr(self, "_pools", {})
        pool = pools.get(notebook, [])
        pool.sort(key=lambda task: not _succeeded(task))
        return bool(pool) and _succeeded(pool[0])

    def hand_out(self, notebook: str) -> None:
        """Count from now on how long the kernel that `notebook` gets next has been idle.

        Counted since its preheating, it may be ended on its way, before the visitor's browser has connected.
        """
        kernel_id = self._pools[notebook][0].result()["kernel_id"]
        self.get_kernel(kernel_id).last_activity = datetime.now(UTC)

    async def _async_start_kernel(self, **kwargs: Any) -> str:
        env = VARIABLES | (kwargs.get("env") or dict(os.environ))
        kwargs["env"] = env | {"VOILA_WS_BASE_URL": kernel_path(env.get("VOILA_SERVER_URL", "/"))}
        preheated = kwargs["env"].get("VOILA_PREHEAT") == "True"
        while preheated and self.full and not self._closing:
            await asyncio.sleep(POLL)
        if self._closing:
            raise asyncio.CancelledError
        if self.full:
            raise HTTPError(503, BUSY)
        kernel_id = kwargs.setdefault("kernel_id", self.new_kernel_id())
        self._starting.add(kernel_id)
        try:
            return str(await super()._async_start_kernel(**kwargs))
        finally:
            self._starting.discard(kernel_id)

    start_kernel = _async_start_kernel

    def pre_start_kernel(self, kernel_name: str | None, kwargs: Any) -> Any:
        """Close a kernel's doors: its port, and the id in its connection file's name, which `ps` shows."""
        manager, name, kernel_id = super().pre_start_kernel(kernel_name, kwargs)
        if "ipykernel_launcher" in manager.kernel_spec.argv:
            kwargs["extra_arguments"] = [f"--IPKernelApp.exec_lines={FIRST}"]
        manager.connection_file = os.path.join(self.connection_dir, f"kernel-{secrets.token_hex(4)}.json")
        return manager, name, kernel_id

    def notify_connect(self, kernel_id: str) -> None:
        """Keep a kernel whose page has come (back)."""
        super().notify_connect(kernel_id)
        if ending := self._endings.pop(kernel_id, None):
            ending.cancel()

    def notify_disconnect(self, kernel_id: str) -> None:
        """End a kernel soon after its last page has gone, however it went."""
        super().notify_disconnect(kernel_id)
        if kernel_id in self and not self._kernel_connections.get(kernel_id) and not self._closing:
            loop = asyncio.get_running_loop()
            self._endings[kernel_id] = loop.call_later(self.abandoned_after, self._end, kernel_id)

    async def close(self) -> None:
        """End all kernels at once, those that are still being started, too, and start no more."""
        self._closing = ForkedProvisioner.closing = True
        for ending in self._endings.values():
            ending.cancel()
        running = [ensure_async(self.shutdown_kernel(one, now=True)) for one in self.list_kernel_ids()]
        await asyncio.gather(*running, return_exceptions=True)  # one may have ended by itself meanwhile
        if ForkedProvisioner.server is not None:
            ForkedProvisioner.server.close()
        await asyncio.gather(*self._pending_kernels.values(), return_exceptions=True)
        self._pending_kernels.clear()  # what was not started will never be ready
        pools: dict[str, list[asyncio.Task[Any]]] = getattr(self, "_pools", {})
        preheating = [task for pool in pools.values() for task in pool]
        for task in preheating:
            task.cancel()
        await asyncio.gather(*preheating, return_exceptions=True)
        await AsyncMappingKernelManager.shutdown_all(self, now=True)  # Voila's waits for its pool

    def remove_kernel(self, kernel_id: str) -> Any:
        """Forget a kernel that has ended; what it kept for its session is deleted, if it was killed, too."""
        removed = super().remove_kernel(kernel_id)
        sweep()
        return removed

    def _end(self, kernel_id: str) -> None:
        del self._endings[kernel_id]
        if kernel_id in self:
            self._keep(self._shut_down(kernel_id))

    async def _shut_down(self, kernel_id: str) -> None:
        await ensure_async(self.shutdown_kernel(kernel_id))

    def _keep(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)  # the loop itself keeps weak references only
        task.add_done_callback(self._tasks.discard)


def _succeeded(task: asyncio.Task[Any]) -> bool:
    return task.done() and not task.cancelled() and task.exception() is None
