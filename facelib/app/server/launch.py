"""Start the page: `facelib app`."""

from __future__ import annotations

import contextlib
import errno
import ipaddress
import logging
import os
import re
import secrets
import socket
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from facelib.app.server.fork_server import USABLE
from facelib.errors import BadValueError, UnavailableError
from facelib.utilities import distribution
from facelib.utilities.distribution import DISTRIBUTION, with_extra
from facelib.utilities.scratch import sweep

logger = logging.getLogger(__name__)

TEMPLATE = "share/jupyter/voila/templates/facelib"
PAGE = {"checkout": "notebooks/app.ipynb", "installed": "share/facelib/notebooks/app.ipynb"}
LOG_LEVELS = {"DEBUG": 10, "INFO": 20, "WARNING": 30, "ERROR": 40}
MEGABYTE = 2**20
MESSAGE_LIMIT = 32 * MEGABYTE  # largest message of the page to its kernel: a photograph, with room to spare
TOKEN_VARIABLE = "FACELIB_TOKEN"
SHORTEST_TOKEN = 8  # characters of one that was chosen
SOCKET_PATH_LIMIT = 100  # characters; Linux allows 107, macOS 103
LONGEST_SOCKET = len("/facelib-page-4194304-12345678/voila_12345678/kernel-01234567-ipc-5")
PORTS_TO_TRY = 50
POOL = 2  # kernels that stand ready (our choice)
KERNELS = 8  # that may run
EVERYWHERE = ("", "0.0.0.0", "::")  # all addresses of a machine
ANSI = re.compile(r"\x1b\[[0-9;]*m")  # colours
CANT_BUILD = "The page could not be built. The window in which facelib was started says why."
EXTENSIONS = ["@voila-dashboards/widgets-manager8", "@jupyter-widgets/jupyterlab-manager", "anywidget"]


def serve(
    notebook: str | Path | None = None,
    port: int = 8866,
    ip: str = "127.0.0.1",
    *,
    open_browser: bool = True,
    pool_size: int = POOL,
    max_kernels: int = KERNELS,
    token: str | None = None,
    token_file: str | Path | None = None,
    preheat: bool = True,
    idle_minutes: float = 2.0,
    log_level: str = "WARNING",
    base_url: str = "/",
    announce: Callable[[str], None] | None = None,
) -> None:
    """Serve a notebook as a page until Ctrl-C; needs the main thread.

    Parameters
    ----------
    notebook
        A notebook of your own; None: the explorer.
    port
        Where to listen; if it is taken, the next free one.
    ip
        Where to listen. Anything but this machine itself makes the page reachable by others.
    open_browser
        Open the page in a browser, if there is one.
    pool_size
        How many kernels stand ready with the page computed ahead.
    max_kernels
        How many kernels may run, those included; more visitors are told to try again. On Linux each takes
        260 MB, 350 once all tabs were open, beside 320 that all share; elsewhere 800 to 900.
    token
        What visitors have to know; None: what the environment variable ``FACELIB_TOKEN`` holds, or a new one.
        "": nothing, which is possible on this machine only, and lets everyone in who uses it.
    token_file
        A file with the token instead.
    preheat
        Compute pages ahead.
    idle_minutes
        End kernels that no page is connected to after so long.
    log_level
        Of the server's log: "DEBUG", "INFO", "WARNING", "ERROR".
    base_url
        Path below which everything is served, for hubs and proxies: "/hub/x/".
    announce
        Called with the page's address.

    Raises
    ------
    BadValueError
        For a notebook that isn't there, or numbers that don't go together.
    UnavailableError
        If Voila isn't installed.
    """
    page = find_notebook(notebook)
    if ip == "localhost":  # which browsers take for ::1 first: there somebody else may listen
        ip = "127.0.0.1"
    sweep()
    known = os.environ.pop(TOKEN_VARIABLE, None)  # kernels have no use for it
    path = checked_base_url(base_url)
    given = known or None if token is None else token
    pool_size = checked_pool(pool_size, max_kernels, preheat=preheat)
    key = choose_token(ip, given, token_file)
    preheat = preheat and pool_size > 0
    if log_level.upper() not in LOG_LEVELS:
        msg = f"The server's log has the levels {', '.join(LOG_LEVELS)}; got {log_level!r}."
        raise BadValueError(msg)
    template = shared(TEMPLATE)
    with environment(jupyter_variables(template, os.environ)):
        try:
            from facelib.app.server.kernel_manager import fork_kernels
            from facelib.app.server.server import PageServer
        except ImportError as error:
            package = with_extra("app")
            msg = f"The page needs Voila ({error}). Install it with: python -m pip install '{package}'"
            raise UnavailableError(msg) from error
        options = configuration(
            page,
            free_port(ip, port),
            ip,
            token=key,
            preheat=preheat,
            pool_size=pool_size,
            max_kernels=max_kernels,
            idle_minutes=idle_minutes,
            log_level=log_level,
            base_url=path,
        )
        server = PageServer(
            config=options,
            show_page=open_browser,
            page_token=key,
            template_folder=str(template),
            announce=announce or (lambda _url: None),
        )
        if USABLE:
            fork_kernels()
        server.initialize([])
        server.start()


def _say_why(execute_reply: Mapping[str, Any], **_: Any) -> None:
    """Log the error for which a page couldn't be built; Voila keeps it to itself."""
    lines = [ANSI.sub("", line) for line in execute_reply["content"].get("traceback", ())]
    logger.error("A page could not be built:\n%s", "\n".join(lines))


def configuration(
    page: Path,
    port: int,
    ip: str,
    *,
    token: str,
    preheat: bool,
    pool_size: int,
    max_kernels: int,
    idle_minutes: float,
    log_level: str,
    base_url: str = "/",
) -> Any:
    """Return Voila's configuration (a traitlets ``Config``) with the holes of its defaults closed."""
    from traitlets.config import Config

    from facelib.app.server.doors import page_config

    local = is_loopback(ip)
    root, transport = connection_folder()
    options = Config()
    options.Application.log_level = LOG_LEVELS[log_level.upper()]
    options.Voila.update(
        {
            "notebook_path": str(page),
            "port": port,
            "ip": ip,
            "base_url": base_url,
            "token": token,
            "identity_provider_class": "facelib.app.server.doors.TokenProvider",
            "open_browser": False,  # ours waits for the pool, and passes the token on
            "config_file_paths": [],  # a voila.json in the current folder could open everything again
            "connection_dir_root": str(root),
            "tornado_settings": {
                # On loopback no other host name: one that leads here is a trick (DNS rebinding). A proxy
                # passes its own name on; there the token keeps out whoever plays it.
                "allow_remote_access": not local or (base_url != "/" and bool(token)),
                "websocket_max_message_size": MESSAGE_LIMIT,
                # The page's script reads it: not HttpOnly.
                "xsrf_cookie_kwargs": {"samesite": "Strict", "path": base_url},
                "headers": {"Content-Security-Policy": content_policy(), "Referrer-Policy": "same-origin"},
            },
        }
    )
    options.VoilaConfiguration.update(
        {
            "template": "facelib",
            "theme": "light",
            "allow_template_override": "NO",
            "allow_theme_override": "NO",
            "extension_allowlist": EXTENSIONS,  # others may fail in Voila (jupytext's), or call home
            "page_config_hook": page_config(token),
            "file_allowlist": [],  # no file beside the notebook is served
            "multi_kernel_manager_class": "facelib.app.server.kernel_manager.CappedKernelManager",
            "preheat_kernel": preheat,
            "default_pool_size": pool_size,
            "resources": {"metadata": {"name": "facelib"}},
            "show_tracebacks": False,
            "strip_sources": True,
        }
    )
    options.VoilaExecutor.update({"cell_error_instruction": CANT_BUILD, "on_cell_error": _say_why})
    # A page makes some 800 messages; on a busy machine they take longer than the 4 s after which Voila would
    # go on without what comes behind them, the page itself.
    options.VoilaExecutor.iopub_timeout = 120
    idle = max(1, round(idle_minutes * 60))
    options.MappingKernelManager.update(
        {"cull_idle_timeout": idle, "cull_interval": min(30, idle), "cull_connected": False}
    )
    options.CappedKernelManager.update({"max_kernels": max_kernels, "abandoned_after": min(30.0, idle)})
    options.VoilaKernelManager.fill_delay = 6.0  # seconds; the visitor's own page comes first
    options.KernelManager.update({"transport": transport, "autorestart": False, "shutdown_wait_time": 2.0})
    return options


def content_policy() -> str:
    """Return the Content-Security-Policy: the browser itself refuses to contact anything but the server.

    Widgets' modules arrive as blobs; Vega compiles its expressions.
    """
    return "; ".join(
        [
            "default-src 'self'",
            "script-src 'self' 'unsafe-inline' 'unsafe-eval' blob: data:",
            "style-src 'self' 'unsafe-inline'",
            "img-src 'self' data: blob:",
            "media-src 'self' data: blob:",
            "font-src 'self' data:",
            "connect-src 'self' data: blob:",
            "worker-src 'self' blob:",
            "object-src 'none'",
            "base-uri 'self'",
            "form-action 'self'",
            "frame-ancestors 'self'",
        ]
    )


def checked_pool(pool_size: int, max_kernels: int, *, preheat: bool = True) -> int:
    """Return how many kernels stand ready.

    Raises
    ------
    BadValueError
        If there are not more that may run.

    Examples
    --------
    >>> checked_pool(2, 8), checked_pool(-3, 1)
    (2, 0)
    """
    pool = max(pool_size, 0)
    if max_kernels < 1 or (preheat and max_kernels <= pool):
        msg = (
            f"The page needs more kernels than stand ready in the pool: got max_kernels={max_kernels} and "
            f"pool_size={pool_size}. Choose max_kernels of at least {pool + 1}."
        )
        raise BadValueError(msg)
    return pool


def checked_base_url(path: str) -> str:
    """Return a path of an address with a slash at both ends.

    Raises
    ------
    BadValueError
        If it is no path, or has other signs than letters, digits, ``- . _ ~ @``.

    Examples
    --------
    >>> checked_base_url("hub/x"), checked_base_url("/")
    ('/hub/x/', '/')
    """
    parts = path.strip("/").split("/") if path.strip("/") else []
    if not all(re.fullmatch(r"[\w.~@-]+", part, re.ASCII) and set(part) != {"."} for part in parts):
        msg = f"The path of the page is like /hub/x/, of letters, digits and - . _ ~ @; got {path!r:.60}."
        raise BadValueError(msg)
    return "/".join(["", *parts, ""])


def find_notebook(notebook: str | Path | None = None) -> Path:
    """Return the absolute path of `notebook`, or of the explorer's.

    Raises
    ------
    BadValueError
        If there is no such file, or it isn't a notebook.
    """
    if notebook is None:
        return shared(PAGE["installed"], PAGE["checkout"])
    path = Path(notebook).expanduser().resolve()
    if not path.is_file() or path.suffix != ".ipynb":
        msg = f"Expected the path of a notebook (.ipynb); there is none at {path}."
        raise BadValueError(msg)
    return path


def shared(installed: str, checkout: str | None = None) -> Path:
    """Return where a shared file or folder of facelib is: in the checkout that runs, or else installed.

    Parameters
    ----------
    installed
        Path below the environment's prefix.
    checkout
        Path below the repository; None: the same.

    Raises
    ------
    UnavailableError
        If it is nowhere: the installation is damaged.
    """
    repository = Path(__file__).resolve().parents[3]
    candidates = [
        repository / installed,
        *_recorded(installed),
        Path(sys.prefix, installed),
    ]  # pip --target first
    if (repository / "pyproject.toml").is_file():
        candidates.insert(0, repository / (checkout or installed))
    for candidate in candidates:
        if candidate.exists():
            return candidate
    again = f"python -m pip install --force-reinstall --no-deps {DISTRIBUTION}"
    msg = f"facelib's {installed} is missing. Install facelib again: {again}"
    raise UnavailableError(msg)


def _recorded(installed: str) -> Iterator[Path]:
    """Yield where pip says that it has put `installed` (not always below the prefix: pip --user)."""
    package = distribution.installed()
    if package is None:
        return
    for file in package.files or []:
        before, found, _ = file.as_posix().partition(installed)
        if found:
            yield Path(os.path.normpath(str(package.locate_file(before + found))))
            return


def jupyter_variables(template: Path, variables: Mapping[str, str]) -> dict[str, str]:
    """Return the environment that lets Jupyter find `template`, and this Python's kernel before others."""
    root = str(template.parents[2])
    known = variables.get("JUPYTER_PATH")
    return {
        "JUPYTER_PATH": root + (os.pathsep + known if known else ""),
        "JUPYTER_PREFER_ENV_PATH": "1",
    }


@contextlib.contextmanager
def environment(changes: Mapping[str, str]) -> Iterator[None]:
    """Change environment variables for a while."""
    before = {name: os.environ.get(name) for name in changes}
    os.environ.update(changes)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def is_loopback(ip: str) -> bool:
    """Say whether `ip` can be reached from this machine only.

    Examples
    --------
    >>> is_loopback("127.0.0.1"), is_loopback("localhost"), is_loopback("::1"), is_loopback("0.0.0.0")
    (True, True, True, False)
    """
    try:
        return ipaddress.ip_address(ip).is_loopback
    except ValueError:
        return ip == "localhost"


def page_address(ip: str, port: int, base_url: str = "/", *, here: bool = False) -> str:
    """Return the address of a page without its token.

    Parameters
    ----------
    ip, port, base_url
        Where the server listens, and below which path.
    here
        As this machine's own browser knows it; else on all addresses the machine's name stands for them.

    Examples
    --------
    >>> page_address("192.0.2.7", 8866), page_address("0.0.0.0", 8866, "/hub/x/", here=True)
    ('http://192.0.2.7:8866/', 'http://127.0.0.1:8866/hub/x/')
    >>> page_address("::1", 8866)
    'http://[::1]:8866/'
    """
    name = ip
    if ip in EVERYWHERE:
        name = "127.0.0.1" if here else socket.gethostname()
    return f"http://{f'[{name}]' if ':' in name else name}:{port}{base_url}"


def choose_token(ip: str, token: str | None = None, file: str | Path | None = None) -> str:
    """Return the token that visitors need: a given one, that of a file, or a new one; "" for none.

    Raises
    ------
    BadValueError
        For an empty token where others can reach the page, and a file without one.
    """
    if file is not None:
        return _token_of(Path(file).expanduser())
    if token is None:
        return secrets.token_urlsafe(24)
    if not token and not is_loopback(ip):
        msg = f"A page on {ip} can be reached by others and needs a token; leave the option out to get one."
        raise BadValueError(msg)
    return _long_enough(token)


def _long_enough(token: str) -> str:
    if 0 < len(token) < SHORTEST_TOKEN:
        msg = (
            f"A token of {len(token)} characters can be guessed; it needs {SHORTEST_TOKEN}. Leave it out to "
            "get one that can't be."
        )
        raise BadValueError(msg)
    return token


def _token_of(file: Path) -> str:
    """Return the token that a file holds, which nobody else may read."""
    try:
        token, mode = file.read_text().strip(), file.stat().st_mode
    except (OSError, ValueError) as error:
        msg = f"The file with the token can't be read: {file} ({error})."
        raise BadValueError(msg) from error
    if os.name == "posix" and mode & 0o077:
        msg = f"Other users may read the token in {file}. Close it first: chmod 600 {file}"
        raise BadValueError(msg)
    if not token:
        msg = f"The file {file} holds no token. Write one into it, or leave the option out to get one."
        raise BadValueError(msg)
    return _long_enough(token)


def free_port(ip: str, port: int) -> int:
    """Return `port` if it is free on `ip`, or else the next free one; 0: any.

    Raises
    ------
    BadValueError
        If `port` or `ip` can't be listened on.
    """
    if not 0 <= port <= 65535:
        msg = f"A port is a number from 0 to 65535; got {port}."
        raise BadValueError(msg)
    wanted = range(port, min(port + PORTS_TO_TRY, 65536)) if port else []
    for candidate in [*wanted, 0]:
        try:
            with socket.create_server((ip, candidate), family=_family(ip)) as probe:
                return int(probe.getsockname()[1])
        except OSError as error:
            if error.errno not in {errno.EADDRINUSE, errno.EACCES}:
                break
    msg = f"Can't listen on {ip}: it is no address of this machine, or all of its ports are taken."
    raise BadValueError(msg)


def connection_folder() -> tuple[Path, str]:
    """Return where kernels' connection files go, and the transport: "ipc", private to the user, or "tcp".

    Sockets in the file system have short names only, and Windows has none that kernels can use.
    """
    folders = [Path(tempfile.gettempdir()), Path("/tmp")]  # a private one is made in it
    if os.name == "posix":
        for folder in folders:
            if len(str(folder)) <= SOCKET_PATH_LIMIT - LONGEST_SOCKET and os.access(folder, os.W_OK):
                return folder, "ipc"
    return folders[0], "tcp"


def _family(ip: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in ip else socket.AF_INET
