# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What the scripts of this folder share: types, encodings, the head of a file."""

import datetime
import importlib.metadata
import platform

import ml_dtypes
import numpy as np
import torch

TYPES = {"f64": np.float64, "f32": np.float32, "f16": np.float16, "bf16": ml_dtypes.bfloat16}
TORCH = {"f64": torch.float64, "f32": torch.float32, "f16": torch.float16, "bf16": torch.bfloat16}
BITS = {8: np.uint64, 4: np.uint32, 2: np.uint16}


def bits(a):
    return a.view(BITS[a.dtype.itemsize])


def hexed(a):
    if np.isnan(float(a)):
        return "nan"
    return f"{int(bits(np.asarray(a))):0{2 * a.dtype.itemsize}x}"


def to_torch(a):
    a = np.array(a)
    return torch.from_numpy(a.view(np.int16)).view(torch.bfloat16) if a.dtype == TYPES["bf16"] else torch.from_numpy(a)


def to_numpy(t):
    t = t.detach().contiguous()
    return t.view(torch.int16).numpy().view(TYPES["bf16"]) if t.dtype == torch.bfloat16 else t.numpy()


def write(folder, name, what, packages, columns, lines):
    versions = ", ".join(f"{p} {importlib.metadata.version(p).split('+')[0]}" for p in packages)
    head = [f"# {what}",
            f"# values computed by {versions} on {platform.machine()}, {datetime.date.today()}; numbers, no code, of it",
            f"# {columns} (README.md)"]
    (folder / f"{name}.txt").write_text("\n".join([*head, *lines]) + "\n")
