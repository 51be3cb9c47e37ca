"""Twelve networks of twelve kinds, made by other people's packages: `python twelve_kinds.py FOLDER DEVICE`.

What an auditor would write: each goes through `own` in one line, and then all the way. Weights are random.
"""

from __future__ import annotations

import sys
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import timm
import torch
import torchvision
from safetensors.torch import save_file
from torch import nn
from transformers import (
    CLIPConfig,
    CLIPForImageClassification,
    ViTConfig,
    ViTForImageClassification,
    ViTImageProcessor,
)

import facelib
from facelib.attribution import occlusion
from facelib.classifiers import EMOTIONS, Classifier, Preparation, Scale, own
from facelib.models import data_path

LABELS = list(EMOTIONS)
SEEN = Preparation.imagenet(64)
SMALL = {"hidden_size": 24, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 48}


def written(folder: Path) -> dict[str, Path]:
    """Write files as those packages write them."""
    named = {"id2label": dict(enumerate(LABELS)), "label2id": {name: k for k, name in enumerate(LABELS)}}
    vit = ViTForImageClassification(ViTConfig(**SMALL, image_size=64, patch_size=8, **named))
    vit.save_pretrained(folder / "vit")
    ViTImageProcessor(size={"height": 64, "width": 64}).save_pretrained(folder / "vit")
    convnext = timm.create_model("convnext_atto", num_classes=7)
    save_file(convnext.state_dict(), folder / "convnext.safetensors")
    mobile = torchvision.models.mobilenet_v3_small(num_classes=7).eval()
    names = {"input_names": ["x"], "output_names": ["y"], "dynamic_axes": {"x": {0: "n"}, "y": {0: "n"}}}
    torch.onnx.export(mobile, (torch.zeros(1, 3, 64, 64),), folder / "mobile.onnx", dynamo=False, **names)
    squeeze = torchvision.models.squeezenet1_1(num_classes=7).eval()
    torch.jit.trace(squeeze, torch.zeros(1, 3, 64, 64)).save(folder / "squeeze.pt")
    keras(folder / "keras.keras")
    return {name: folder / name for name in
            ("vit", "convnext.safetensors", "mobile.onnx", "squeeze.pt", "keras.keras")}  # fmt: skip


def keras(path: Path) -> None:
    import os

    os.environ.setdefault("KERAS_BACKEND", "torch")
    from keras import Sequential, layers

    made = [layers.Input((48, 48, 1)), layers.Conv2D(8, 5, activation="relu"), layers.MaxPooling2D(2),
            layers.Conv2D(16, 3, activation="relu"), layers.GlobalAveragePooling2D(),
            layers.Dense(7, activation="softmax")]  # fmt: skip
    Sequential(made).save(path)


def a_clip() -> nn.Module:
    vision = SMALL | {"image_size": 64, "patch_size": 8}
    text = SMALL | {"vocab_size": 100}
    config = CLIPConfig(text_config=text, vision_config=vision, projection_dim=16, num_labels=7,
                        id2label=dict(enumerate(LABELS)))  # fmt: skip
    return CLIPForImageClassification(config)


def service(pictures: np.ndarray, boxes: np.ndarray) -> np.ndarray:
    """Answer as a compiled library would: by how bright the face is."""
    grey = [image[int(y1) : int(y2), int(x1) : int(x2)].mean() / 255
            for image, (x1, y1, x2, y2) in zip(pictures, boxes, strict=True)]  # fmt: skip
    rows = np.ones((len(grey), 7))
    rows[:, LABELS.index("happy")] += 4 * np.array(grey)
    return rows / rows.sum(1, keepdims=True)


def all_of_them(folder: Path, device: str | None) -> list[Classifier]:
    """Take each in, in one line."""
    torch.manual_seed(0)
    file = written(folder)
    gray = Preparation(48, "gray", 0.0, 255.0)
    aligned = Preparation(112, "rgb", 127.5, 127.5, align="five points", template="arcface")
    ground = Preparation(224, "rgb", 127.5, 127.5)
    facex = data_path("facex", "facex/assets/model_optimized.tflite")
    its_own = facelib.classifiers.load("facex")
    values = {"valence": Scale("", -1, 1), "arousal": Scale("", -1, 1)}
    regression = nn.Sequential(torchvision.models.shufflenet_v2_x0_5(num_classes=2), nn.Tanh())
    here: dict[str, Any] = {"device": device}
    seven = {"labels": LABELS, "preparation": SEEN} | here
    large, turned = (seven | {"preparation": one} for one in (ground, aligned))
    k7 = {"num_classes": 7}
    return [
        own(torchvision.models.resnet18(num_classes=7), id="torchvision", **seven),
        own(timm.create_model("deit_tiny_distilled_patch16_224", **k7), id="distilled", **large),
        own(timm.create_model("swin_tiny_patch4_window7_224", **k7), id="swin", **large),
        own(file["vit"], id="folder", **here),
        own(a_clip(), id="clip", preparation=SEEN, **here),
        own(file["convnext.safetensors"], architecture="timm:convnext_atto", id="safetensors", **seven),
        own(file["mobile.onnx"], id="onnx", **seven),
        own(file["squeeze.pt"], trust=True, id="torchscript", **seven),
        own(file["keras.keras"], id="keras", labels=LABELS, preparation=gray, **here),
        own(facex, id="tflite", labels=its_own.labels, preparation=its_own.preparation, **here),
        own(timm.create_model("mobilenetv3_small_050", **k7), id="aligned", **turned),
        own(torchvision.models.squeezenet1_0(num_classes=7), id="multilabel", outputs="multi-label", **seven),
        own(regression, id="regression", labels=list(values), preparation=SEEN, outputs=values, **here),
        own(service, id="function", labels=LABELS),
    ]  # fmt: skip


def main(folder: Path, device: str | None) -> None:
    warnings.simplefilter("ignore")  # random networks are at chance, and facelib says so
    models = all_of_them(folder, device)
    emotional = [one for one in models if not one.scales]
    head = facelib.Head(expression="happy")
    face = head.render()
    for one in models:
        label = "valence" if one.scales else "happy"
        sweep = facelib.sweep(head, "symmetry", [one], 3, label=label, replicates=5)
        verdict = sweep.effects(delta=0.1)["verdict"].item()
        lack = sweep.attribution.lack(one.id, label)
        maps = occlusion(one, face, label, at_most=200) if lack else sweep.attribution.maps(one.id, label)
        assert np.isfinite(maps).all(), one.id
        sweep.report(folder / f"{one.id}.html", delta=0.1)
        sweep.explorable(folder / f"{one.id}_dragged.html", delta=0.1)
        sys.stdout.write(f"{one.id}: {verdict}; map {maps.shape}; {one.device}; {one.card.network}\n")
    heads = facelib.sample_heads(4, seed=1, expressions=["happy"])
    regression = [one for one in models if one.scales]
    for name, some, watched in (("emotions", emotional, None), ("values", regression, "valence")):
        about = {} if watched is None else {"label": watched, "delta": 0.1}
        study = facelib.InterventionalStudy(heads, ["symmetry"], classifiers=some, steps=3, **about)
        result = study.run(folder / name, n_jobs=1)
        result.report(folder / f"{name}.html")
        read_by = result.effects["classifier"].nunique()
        sys.stdout.write(f"{name}: {len(result.effects)} effects of {read_by} classifiers\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else None)
