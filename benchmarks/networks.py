"""How long the classifiers take, engine by engine and beside their makers' own runtimes.

`python benchmarks/networks.py [--faces 200] [--prototype FOLDER] [--peers FOLDER]`

Promised: six classifiers on many faces of 224 px in a quarter of the time of the prototype, which takes one
picture at a time; `Classifier.logits` at .9 or more of the speed of a script that somebody wrote by hand for
one network, with OpenCV and onnxruntime, on the same pictures; features within 1e-4 of plain torch (1e-6 of
the largest where that is more); a classifier ready in .3 s. Everything runs on one thread; times are of the
process's processors, so that a busy machine disturbs them little, and the best of several that take turns.
The many faces are also timed by the clock with all cores for both, which is the throughput that a user has:
the machine should be idle.

The peers, LiteRT and TensorFlow, are no dependencies: `pip install --target FOLDER ai-edge-litert
tensorflow-cpu openvino`, then name the folder. One that isn't there is left out, and that is said.
"""

from __future__ import annotations

import argparse
import importlib
import os
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import psutil
import torch

from facelib import classifiers
from facelib.classifiers import Classifier, engines
from facelib.classifiers.classifier import single_threaded
from facelib.classifiers.engines import to_onnx
from facelib.errors import UnavailableError
from facelib.faces import render_heads, sample_heads
from facelib.models import data_path
from facelib.utilities.home import home

SIZES = (1, 21, 61)  # one picture, a sweep, a sweep with its replicates
REPEATS = 7
CHUNK = 4
FROM_NPM = ("face-api", "human")

Work = Callable[[], object]
Run = Callable[[torch.Tensor], torch.Tensor]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--faces", type=int, default=200)
    parser.add_argument("--prototype", type=Path, help="folder of the prototype (zoo.py)")
    parser.add_argument("--peers", type=Path, help="folder of the packages that are compared only")
    options = parser.parse_args()
    if options.peers:
        sys.path.append(str(options.peers))
    single_threaded()
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}; one thread, best of {REPEATS}")
    start_up()
    models = [classifiers.load(name) for name in classifiers.available()]
    faces = render_heads(sample_heads(options.faces, seed=0), size=224)
    images = np.stack([face.image for face in faces])
    boxes = np.stack([face.box for face in faces])
    for clf in models:
        engine_table(clf, images, boxes)
    hand_written(models, images, boxes)
    networks = prototype_networks(options.prototype) if options.prototype else []
    whole(models, networks, images, boxes, time.process_time)
    use_cores(os.cpu_count() or 1)
    whole(models, networks, images, boxes, time.perf_counter)
    single_threaded()
    peers(images[:32], boxes[:32])


def start_up() -> None:
    """Print how long each classifier takes to be ready, after what all of them share is loaded."""
    engines.fast(torch.nn.Conv2d(1, 1, 3).eval(), torch.zeros(3, 1, 8, 8))
    import h5py  # noqa: F401
    import tflite  # noqa: F401

    before = psutil.Process().memory_info().rss
    print("\nready after (ms of wall time): reading the weights + making the engine")
    for name in classifiers.CLASSIFIERS.names():
        start = time.perf_counter()
        try:
            clf = classifiers.load(name)
        except UnavailableError as error:
            print(f"  {name:<10} left out: {error}")
            continue
        middle = time.perf_counter()
        _ = clf.engine
        end = time.perf_counter()
        print(f"  {name:<10} {1000 * (middle - start):6.0f} + {1000 * (end - middle):.0f}")
    print(f"  all of them: {(psutil.Process().memory_info().rss - before) / 1e6:.0f} MB")


def engine_table(clf: Classifier, images: npt.NDArray[np.uint8], boxes: npt.NDArray[np.float64]) -> None:
    """Print ms per picture of one body by engine and batch, and how far each is from plain torch."""
    count = max(SIZES)
    prepared = clf.prepare(np.resize(images, (count, *images.shape[1:])), np.resize(boxes, (count, 4)))
    runs = dict(made(clf.body, prepared[:2]))
    expected = in_chunks(runs["torch"], prepared)
    largest = float(expected.abs().max())
    print(f"\n{clf.id}: features up to {largest:.1f}; ms per picture at " + ", ".join(map(str, SIZES)))
    works = {
        (name, size): lambda run=run, size=size: in_chunks(run, prepared[:size])
        for name, run in runs.items()
        for size in SIZES
    }
    works |= {
        ("preparing", size): lambda size=size: clf.prepare(images[:size], boxes[:size]) for size in SIZES
    }
    times = best(works)
    for name in [*runs, "preparing"]:
        row = "".join(f"{times[name, size] / size:>9.2f}" for size in SIZES)
        far = float((in_chunks(runs[name], prepared) - expected).abs().max()) if name in runs else 0.0
        print(f"  {name:<16}{row}" + (f"   within {far:.0e}" if name in runs else ""))


def made(body: torch.nn.Module, example: torch.Tensor) -> list[tuple[str, Run]]:
    """Return all engines that can be made here."""
    found: list[tuple[str, Run]] = [
        ("torch", engines.plain(body)),
        ("channels_last", engines.in_channels_last(body, example)),
        ("onnxruntime", engines.in_onnxruntime(body, example)),
    ]
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore", DeprecationWarning)
        script = torch.jit.optimize_for_inference(torch.jit.trace(body, example))
    found.insert(2, ("TorchScript", engines.plain(script)))
    openvino = imported("openvino")
    if openvino:
        core = openvino.Core()
        options = {"INFERENCE_PRECISION_HINT": "f32", "INFERENCE_NUM_THREADS": 1}
        network = core.compile_model(core.read_model(to_onnx(body, example), b""), "CPU", options)
        found.append(("OpenVINO", lambda x: torch.from_numpy(network(x.numpy())[0])))
    return found


def in_chunks(run: Run, prepared: torch.Tensor) -> torch.Tensor:
    return torch.cat([run(part) for part in torch.split(prepared, CHUNK)])


def hand_written(
    models: list[Classifier], images: npt.NDArray[np.uint8], boxes: npt.NDArray[np.float64]
) -> None:
    """Print the time from pictures to logits beside scripts that do nothing else, at their best batch."""
    count = len(images)
    print(f"\npictures to logits, {count} faces of 224 px, one thread, ms per face")
    for clf in models:
        run = by_hand(clf)
        far = float(np.abs(run(images, boxes, 32) - clf.logits(images, boxes)).max())
        works: dict[object, Work] = {"ours": lambda clf=clf: clf.logits(images, boxes)}
        works |= {size: lambda run=run, size=size: run(images, boxes, size) for size in (1, 4, 8, 32)}
        times = best(works, 5)
        ours = times.pop("ours")
        size, least = min(times.items(), key=lambda item: item[1])
        print(
            f"  {clf.id:<10} facelib {ours / count:6.2f}   by hand, {size} at once, {least / count:6.2f}: "
            f"{least / ours:.2f} × its speed; logits within {far:.0e}"
        )


def by_hand(clf: Classifier) -> Callable[..., npt.NDArray[np.float32]]:
    """Return a script for one network: OpenCV cuts and resizes, numpy scales, onnxruntime runs."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    size = clf.input_size
    network = torch.nn.Sequential(clf.body, clf.head)
    example = clf.prepare(np.zeros((2, size, size, 3), np.uint8))
    session = onnxruntime.InferenceSession(
        to_onnx(network, example), options, providers=["CPUExecutionProvider"]
    )
    source, seen = session.get_inputs()[0].name, clf.preparation
    mean, std = np.float32(seen.mean), np.float32(seen.std)

    def one(image: npt.NDArray[np.uint8], box: npt.NDArray[np.int64]) -> npt.NDArray[np.uint8]:
        left, top, right, bottom = box
        height, width = image.shape[:2]
        out = max(-top, 0), max(bottom - height, 0), max(-left, 0), max(right - width, 0)
        face = image[max(top, 0) : bottom, max(left, 0) : right]
        if any(out):
            face = cv2.copyMakeBorder(face, *out, cv2.BORDER_REPLICATE)
        if seen.channels == 1:
            face = cv2.cvtColor(face, cv2.COLOR_RGB2GRAY)
        way = cv2.INTER_AREA if max(face.shape[:2]) > size else cv2.INTER_LINEAR
        return np.asarray(cv2.resize(face, (size, size), interpolation=way))

    def run(
        images: npt.NDArray[np.uint8], boxes: npt.NDArray[np.float64], at_once: int
    ) -> npt.NDArray[np.float32]:
        cut = seen.crop_boxes(boxes, len(images), *images.shape[1:3]).astype(int)
        parts = []
        for start in range(0, len(images), at_once):
            part = slice(start, start + at_once)
            pictures = np.stack([one(*pair) for pair in zip(images[part], cut[part], strict=True)])
            x = (pictures.astype(np.float32) - mean) / std
            x = x[:, None] if seen.channels == 1 else x.transpose(0, 3, 1, 2)
            if seen.colour == "bgr":
                x = x[:, ::-1]
            if seen.colour == "gray three times":
                x = np.repeat(x, 3, axis=1)
            parts.append(session.run(None, {source: np.ascontiguousarray(x)})[0])
        return np.concatenate(parts)

    return run


def use_cores(count: int) -> None:
    torch.set_num_threads(count)
    cv2.setNumThreads(count)


def whole(
    models: list[Classifier],
    networks: list[Any],
    images: npt.NDArray[np.uint8],
    boxes: npt.NDArray[np.float64],
    clock: Callable[[], float],
) -> None:
    """Print the time from pictures to probabilities, ours and the prototype's."""
    count = len(images)
    works: dict[str, Work] = {clf.id: lambda clf=clf: clf.probabilities(images, boxes) for clf in models}
    theirs: dict[str, Work] = {
        network.name: lambda network=network: [
            network(image, box) for image, box in zip(images, boxes, strict=True)
        ]
        for network in networks
    }
    ours_times = best({("facelib", name): work for name, work in works.items()}, 3, clock)
    their_times = best({("prototype", name): work for name, work in theirs.items()}, 3, clock)
    cores = torch.get_num_threads()
    print(f"\npictures to probabilities, {count} faces of 224 px, {cores} cores, ms per face")
    for name in works:
        print_beside(name, ours_times["facelib", name], their_times.get(("prototype", name)), count)
    if their_times:
        print_beside("all", sum(ours_times.values()), sum(their_times.values()), count)
    else:
        print_beside("all", sum(ours_times.values()), None, count)


def print_beside(name: str, ours: float, theirs: float | None, count: int) -> None:
    beside = f"   prototype {theirs / count:6.2f}: {theirs / ours:.1f} × faster" if theirs else ""
    print(f"  {name:<10} facelib {ours / count:6.2f}{beside}")


def prototype_networks(folder: Path) -> list[Any]:
    """Return the prototype's networks; it wants the packages' folders side by side."""
    together = Path(tempfile.mkdtemp())
    for package in (home() / "packages").glob("*-*"):
        name = package.name.rpartition("-")[0]
        for part in [package] if name in FROM_NPM else package.iterdir():
            link = together / (name if name in FROM_NPM else part.name)
            if not link.exists():
                link.symlink_to(part)
    os.environ["PACKAGES"] = os.environ["NPM_PACKAGES"] = str(together)
    sys.path.insert(0, str(folder))
    networks: list[Any] = importlib.import_module("zoo").emotion_zoo()
    return networks


def peers(images: npt.NDArray[np.uint8], boxes: npt.NDArray[np.float64]) -> None:
    """Print the time of the makers' own runtimes on prepared pictures, beside ours."""
    print(f"\nmakers' runtimes, ms per picture of {len(images)} that are prepared already")
    available = set(classifiers.available())
    for name, (runtime, make) in PEERS.items():
        if name not in available:
            continue
        if imported(runtime) is None:
            print(f"  {name:<10} {runtime} isn't here; left out")
            continue
        clf = classifiers.load(name)
        x = clf.prepare(images, boxes)
        theirs = make()
        nhwc = np.ascontiguousarray(x.numpy().transpose(0, 2, 3, 1))

        def ours(clf: Classifier = clf, x: torch.Tensor = x) -> npt.NDArray[np.float32]:
            with torch.no_grad():
                logits = clf.logits_from(in_chunks(clf.engine, x)).numpy()
            return clf.probabilities_from(logits)

        works: Mapping[object, Work] = {
            "ours": ours,
            "one": lambda run=theirs, x=nhwc: [run(picture[None]) for picture in x],
            "all": lambda run=theirs, x=nhwc: run(x),
        }
        times = {key: value / len(images) for key, value in best(works, 5).items()}
        far = float(np.abs(theirs(nhwc) - ours()).max())
        faster = min(times["one"], times["all"]) / times["ours"]
        print(
            f"  {name:<10} facelib {times['ours']:6.2f}   {runtime} one at a time {times['one']:6.2f}, "
            f"together {times['all']:6.2f}: {faster:.1f} × faster; probabilities within {far:.0e}"
        )


def litert() -> Callable[[npt.NDArray[np.float32]], npt.NDArray[np.float32]]:
    """Return facex's own file in LiteRT."""
    from ai_edge_litert.interpreter import Interpreter

    file = data_path("facex", "facex/assets/model_optimized.tflite")
    interpreter = Interpreter(model_path=str(file), num_threads=1)
    source = interpreter.get_input_details()[0]["index"]
    target = interpreter.get_output_details()[0]["index"]

    def run(x: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        interpreter.resize_tensor_input(source, x.shape)
        interpreter.allocate_tensors()
        interpreter.set_tensor(source, x)
        interpreter.invoke()
        return np.asarray(interpreter.get_tensor(target))

    return run


def tensorflow(package: str, file: str) -> Callable[[npt.NDArray[np.float32]], npt.NDArray[np.float32]]:
    """Return a Keras file in TensorFlow, as one compiled function."""
    tf, keras = importlib.import_module("tensorflow"), importlib.import_module("keras")
    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    model = keras.models.load_model(str(data_path(package, file)), compile=False)
    shape = (None, *model.input_shape[1:])
    compiled = tf.function(
        lambda x: model(x, training=False), input_signature=[tf.TensorSpec(shape, tf.float32)]
    )
    return lambda x: np.asarray(compiled(tf.constant(x)))


PEERS = {
    "facex": ("ai_edge_litert", litert),
    "fer": ("tensorflow", lambda: tensorflow("fer", "fer/data/emotion_model.hdf5")),
    "facemood": ("tensorflow", lambda: tensorflow("facemood", "facemood/model__version1.0.0__.h5")),
}


def imported(name: str) -> object | None:
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    try:
        return importlib.import_module(name)
    except ImportError:
        return None


def best(
    works: Mapping[object, Work], repeats: int = REPEATS, clock: Callable[[], float] = time.process_time
) -> dict[object, float]:
    """Return the least ms of each by the clock; they take turns, so that all see the same machine."""
    times = {key: float("inf") for key in works}
    for work in works.values():
        work()
    for _ in range(repeats):
        for key, work in works.items():
            start = clock()
            work()
            times[key] = min(times[key], 1000 * (clock() - start))
    return times


if __name__ == "__main__":
    main()
