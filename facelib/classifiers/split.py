"""Cut any network in two at the layer that class activation maps read."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Iterator, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import Literal

import torch
from torch import fx, nn

from facelib.errors import BadValueError

Parts = tuple[nn.Module, nn.Module]
Cut = Callable[[str], Parts | None]
TOLERANCE = 1e-4  # of the logits, relative to the largest
LARGEST_PREFIX = 8  # tokens before those of the grid: class, distillation, registers
NAMED = 3  # layers that a refusal names


@dataclass(frozen=True)
class Layout:
    """The layout of a feature tensor, and how it becomes maps (N, D, h, w).

    Parameters
    ----------
    kind
        "channels first" (N, D, h, w), "channels last" (N, h, w, D) or "tokens" (N, prefix + h·w, D).
    prefix
        Tokens that stand before those of the grid and belong to no place.
    """

    kind: Literal["channels first", "channels last", "tokens"] = "channels first"
    prefix: int = 0

    @classmethod
    def of(cls, shape: tuple[int, ...]) -> Layout | None:
        """Return the layout of a feature tensor of square pictures, or None if it has no grid."""
        if len(shape) == 4 and shape[2] == shape[3] > 1:
            return cls()
        if len(shape) == 4 and shape[1] == shape[2] > 1:
            return cls("channels last")
        if len(shape) == 3:
            for prefix in range(min(LARGEST_PREFIX, shape[1] - 4) + 1):
                if math.isqrt(shape[1] - prefix) ** 2 == shape[1] - prefix:
                    return cls("tokens", prefix)
        return None

    def maps(self, features: torch.Tensor) -> torch.Tensor:
        """Return features, or their gradient, as (N, D, h, w); what belongs to no place is left out."""
        if self.kind == "channels first":
            return features
        if self.kind == "channels last":
            return features.permute(0, 3, 1, 2)
        tokens = features[:, self.prefix :].transpose(1, 2)
        side = math.isqrt(tokens.shape[-1])
        return tokens.reshape(*tokens.shape[:2], side, side)


CHANNELS_FIRST = Layout()


@dataclass(frozen=True)
class Halves:
    """A network in two parts, ``head(body(x)) == network(x)``.

    Attributes
    ----------
    body, head
        Prepared pictures to features, features to logits.
    layer
        Name of the layer whose output the features are; "" if there is none.
    layout
        How the features lie.
    no_maps
        Why there can be no maps, for people; "" if there can.
    """

    body: nn.Module
    head: nn.Module
    layer: str
    layout: Layout = CHANNELS_FIRST
    no_maps: str = ""


def split(network: nn.Module, sample: torch.Tensor, layer: str | None = None) -> Halves:
    """Cut `network` at a layer through which everything flows and whose places matter.

    Parameters
    ----------
    network
        Pictures (N, C, h, w) to logits (N, K); it isn't changed.
    sample
        At least two different prepared pictures: each cut is tried out on them.
    layer
        Name of the layer, as in ``network.named_modules()``; None: the last that serves.

    Raises
    ------
    BadValueError
        There is no such layer, or maps can't be read at it. Without `layer`, a network that can't be cut
        comes back whole, with the reason in `no_maps`.
    """
    network = network.eval()
    if layer is not None and layer not in dict(network.named_modules()):
        names = [name for name, _ in network.named_modules() if name.count(".") < 2 and name]
        msg = f"The network has no layer {layer!r}; it has, among others, {', '.join(names[:20])}."
        raise BadValueError(msg)
    expected, candidates = _candidates(network, sample)
    graph, tapping = _cut_graph(network), _cut_by_tapping(network, sample.shape[1:])
    serving = (
        Halves(*parts, name, layout)
        for name, layout in candidates
        if layer in (None, name) and (parts := _parts(name, (graph, tapping), sample, expected)) is not None
    )
    if (found := next(serving, None)) is not None:
        return found
    if layer is not None:
        msg = (
            f"No maps can be read at the layer {layer!r}: its output is no square grid, or its places don't "
            "matter, or part of what the logits depend on flows past it. "
            f"{_that_serve(candidates, (graph, tapping), sample, expected)}"
        )
        raise BadValueError(msg)
    return Halves(network, nn.Identity(), "", no_maps=_why_not([name for name, _ in candidates]))


def _parts(
    name: str, cuts: Sequence[Cut | None], sample: torch.Tensor, expected: torch.Tensor
) -> Parts | None:
    """Return the network cut at a layer, or None if it doesn't serve."""
    for cut in cuts:
        try:
            parts = cut(name) if cut is not None else None
        except _FlowsPastError:
            return None
        if parts is not None and _agree(*parts, sample, expected):
            return parts
    return None


def _that_serve(
    candidates: Sequence[tuple[str, Layout]],
    cuts: Sequence[Cut | None],
    sample: torch.Tensor,
    expected: torch.Tensor,
) -> str:
    """Say which layers can be named instead."""
    serve = (name for name, _ in candidates if _parts(name, cuts, sample, expected) is not None)
    named = list(islice(serve, NAMED))
    if not named:
        return "No other layer serves either."
    return f"These serve, for example: {', '.join(named)}. Without `cam_layer` it is {named[0]}."


def _why_not(tried: Sequence[str]) -> str:
    """Return why no layer serves, with the names of those that were tried."""
    if not tried:
        return (
            "no layer was found whose output is a square grid of places that matter for the logits: "
            "(N, D, h, h), (N, h, h, D), or tokens (N, prefix + h·h, D)"
        )
    more = f" and {len(tried) - 3} more" if len(tried) > 3 else ""
    return (
        "no layer was found through which everything flows: past each layer with a grid of places "
        f"({', '.join(tried[:3])}{more}) flows something that the logits depend on"
    )


def _candidates(network: nn.Module, sample: torch.Tensor) -> tuple[torch.Tensor, list[tuple[str, Layout]]]:
    """Return the logits, and the layers whose output is a grid of places that matter, the last one first."""
    seen: dict[str, torch.Tensor] = {}

    def note(name: str) -> Callable[[nn.Module, object, object], None]:
        def hook(_module: nn.Module, _inputs: object, output: object) -> None:
            if isinstance(output, torch.Tensor) and output.requires_grad and _has_grid(output, len(sample)):
                seen.pop(name, None)  # a layer that is run several times counts where it is run last
                seen[name] = output

        return hook

    handles = [
        part.register_forward_hook(note(name))
        for name, part in network.named_modules()
        if name and not isinstance(part, torch.jit.ScriptModule)  # there is no place for a hook in one
    ]
    try:
        with torch.enable_grad():
            logits = network(sample.clone().requires_grad_())
    finally:
        for handle in handles:
            handle.remove()
    if not seen:
        return logits.detach(), []
    outputs = dict(reversed(seen.items()))
    gradients = torch.autograd.grad(logits.square().sum(), list(outputs.values()), allow_unused=True)
    layouts = zip(outputs, map(_layout_that_matters, gradients), strict=True)
    return logits.detach(), [(name, layout) for name, layout in layouts if layout is not None]


def _has_grid(output: torch.Tensor, count: int) -> bool:
    """Return whether an output has a grid for each of the pictures: windows of a picture are more than it."""
    return len(output) == count and Layout.of(tuple(output.shape)) is not None


def _layout_that_matters(gradient: torch.Tensor | None) -> Layout | None:
    """Return how a gradient lies if its grid has one: a last transformer block has one at its token only."""
    layout = None if gradient is None else Layout.of(tuple(gradient.shape))
    if layout is None or gradient is None:
        return None
    maps = layout.maps(gradient)
    return layout if torch.isfinite(maps).all() and (maps != 0).any() else None


@torch.no_grad()
def _agree(body: nn.Module, head: nn.Module, sample: torch.Tensor, expected: torch.Tensor) -> bool:
    try:
        logits = head(body(sample))
    except Exception:  # whatever an untrusted network raises in two parts
        return False
    return logits.shape == expected.shape and bool(
        (logits - expected).abs().max() <= TOLERANCE * expected.abs().max().clamp_min(1e-6)
    )


class _Tracer(fx.Tracer):
    """Looks into all layers but those of torch and those that hold TorchScript."""

    def is_leaf_module(self, m: nn.Module, module_qualified_name: str) -> bool:
        scripted = any(isinstance(part, torch.jit.ScriptModule) for part in (m, *m.children()))
        return scripted or bool(super().is_leaf_module(m, module_qualified_name))


def _cut_graph(network: nn.Module) -> Cut | None:
    """Cut the traced graph; None if the network can't be traced."""
    try:
        graph = _Tracer().trace(network)
        for node in graph.nodes:
            node.type = None  # annotations that are strings couldn't go to another process
        traced = fx.GraphModule(network, graph)
    except Exception:  # whatever an untrusted forward() raises when traced
        return None
    return partial(_cut_traced, traced)


def _cut_traced(traced: fx.GraphModule, layer: str) -> Parts | None:
    """Return the graph up to the layer's output and from there on; None if it doesn't show the layer."""
    nodes = [
        node
        for node in traced.graph.nodes
        if any(path.split("@")[0] == layer for path in node.meta.get("nn_module_stack", {}))
    ]  # a layer that is run several times is "name@1" the second time
    if not nodes:
        return None
    body, head = fx.Graph(), fx.Graph()
    inside: dict[fx.Node, fx.Node] = {}
    for node in traced.graph.nodes:
        inside[node] = body.node_copy(node, inside.__getitem__)
        if node is nodes[-1]:
            break
    body.output(inside[nodes[-1]])
    features = head.placeholder("features")
    beyond: dict[fx.Node, fx.Node] = {}
    for node in _options(traced.graph):
        beyond[node] = head.node_copy(node)
    beyond[nodes[-1]] = head.call_method("clone", (features,))  # ReLUs work in place
    try:
        for node in _after(traced.graph, nodes[-1]):
            beyond[node] = head.node_copy(node, beyond.__getitem__)
    except KeyError:
        raise _FlowsPastError from None
    parts = fx.GraphModule(traced, body), fx.GraphModule(traced, head)
    for part in parts:
        part.graph.eliminate_dead_code()
        part.delete_all_unused_submodules()
        part.recompile()
    return parts


def _options(graph: fx.Graph) -> list[fx.Node]:
    """Return the inputs that have a default, such as the `attn_mask` of a vision transformer."""
    return [node for node in graph.nodes if node.op == "placeholder" and node.args]


def _after(graph: fx.Graph, last: fx.Node) -> Iterator[fx.Node]:
    """Yield constants from everywhere in the graph, and every step after `last`."""
    passed = False
    for node in graph.nodes:
        if node.op == "get_attr" or passed:
            yield node
        passed = passed or node is last


_FEATURES: ContextVar[torch.Tensor | None] = ContextVar("features", default=None)
_PASSING: ContextVar[bool] = ContextVar("passing", default=False)


class _FlowsPastError(Exception):
    """Something that the logits depend on doesn't flow through the layer."""


class _ReachedError(Exception):
    """The layer has been run; carries its output out of the rest of the network."""


def _tap(_layer: nn.Module, _inputs: object, output: torch.Tensor) -> torch.Tensor:
    if _PASSING.get():
        return output
    given = _FEATURES.get()
    if given is None:
        raise _ReachedError(output)
    return given.clone()


class _UpTo(nn.Module):
    """A network up to its tapped layer."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Map pictures to features."""
        try:
            self.network(x)
        except _ReachedError as reached:
            features: torch.Tensor = reached.args[0]
            return features
        msg = "The layer was not run."
        raise RuntimeError(msg)


class _From(nn.Module):
    """A network from its tapped layer on; what lies before is run on black pictures, in vain."""

    def __init__(self, network: nn.Module, shape: torch.Size) -> None:
        super().__init__()
        self.network = network
        self.shape = shape

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """Map features to logits."""
        token = _FEATURES.set(features)
        try:
            logits: torch.Tensor = self.network(features.new_zeros(len(features), *self.shape))
            return logits
        finally:
            _FEATURES.reset(token)

    def whole(self, x: torch.Tensor) -> torch.Tensor:
        """Map pictures to logits, as before the cut."""
        token = _PASSING.set(True)
        try:
            logits: torch.Tensor = self.network(x)
            return logits
        finally:
            _PASSING.reset(token)


def whole(body: nn.Module, head: nn.Module) -> Callable[[torch.Tensor], torch.Tensor]:
    """Return the network that was cut, pictures to logits, each of its layers run once.

    A head that was cut by tapping runs what lies before the cut in vain: that shows where steps are watched.
    """
    return head.whole if isinstance(head, _From) else nn.Sequential(body, head)


def _cut_by_tapping(network: nn.Module, shape: torch.Size) -> Cut:
    """Cut a network that can't be traced by a hook on the layer; slower: it always runs from the start."""

    def cut(layer: str) -> Parts:
        tapped = copy.deepcopy(network)
        tapped.get_submodule(layer).register_forward_hook(_tap)
        return _UpTo(tapped), _From(tapped, shape)

    return cut
