# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Writes float8_e4m3.txt and float8_e5m2.txt: the 8-bit floating-point formats as ml_dtypes computes them.

    pip install ml_dtypes numpy
    python make_float8.py [folder]

Every code decoded; every half, bfloat16 and float encoded, as runs of neighbouring encodings with one code (all 2^32 floats take
a minute). Overflow gives NaN (E4M3) or Inf (E5M2), as ml_dtypes has no saturation. No doubles: ml_dtypes 0.6.0 rounds them to
float first (1.0625 + 1e-12 becomes 1 in E4M3, not 1.125).
"""

import datetime
import importlib.metadata
import pathlib
import platform
import sys

import ml_dtypes
import numpy as np

np.seterr(all="ignore")
FORMATS = {"e4m3": ml_dtypes.float8_e4m3fn, "e5m2": ml_dtypes.float8_e5m2}
TYPES = {"f16": (np.float16, np.uint16), "bf16": (ml_dtypes.bfloat16, np.uint16), "f32": (np.float32, np.uint32)}


def codes_of(values, float8):
    """Codes as integers; 256 where the value is NaN, whose code's sign and payload nobody agrees on."""
    codes = values.astype(float8).view(np.uint8).astype(np.int16)
    codes[np.isnan(values)] = 256
    return codes


def text(code):
    return "nan" if code == 256 else f"{code:02x}"


def runs(name, float8):
    """The first encoding of each run with one code."""
    dtype, bits = TYPES[name]
    digits, before = 2 * bits().itemsize, -1
    for start in range(0, 1 << (8 * bits().itemsize), 1 << 24 if bits is np.uint32 else 1 << 16):
        size = min(1 << 24, 1 << (8 * bits().itemsize))
        encodings = (np.arange(size, dtype=np.uint64) + start).astype(bits)
        codes = codes_of(encodings.view(dtype), float8)
        changes = np.flatnonzero(np.diff(np.concatenate(([before], codes))))
        before = codes[-1]
        for i in changes:
            yield f"{name} {int(encodings[i]):0{digits}x} {text(codes[i])}"


def main():
    folder = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parent)
    for name, float8 in FORMATS.items():
        lines = [
            f"# float8_{name}: {float8.__name__} of ml_dtypes {importlib.metadata.version('ml_dtypes')}, numpy {np.__version__},"
            f" Python {platform.python_version()}, {platform.machine()}, {datetime.date.today()}",
            "# value CODE FLOAT; TYPE FIRST CODE: all encodings from FIRST to before the next line of TYPE",
        ]
        for code, value in enumerate(np.arange(256).astype(np.uint8).view(float8).astype(np.float32)):
            lines.append(f"value {code:02x} " + ("nan" if np.isnan(value) else f"{int(value.view(np.uint32)):08x}"))
        for element in TYPES:
            lines += runs(element, float8)
        (folder / f"float8_{name}.txt").write_text("\n".join(lines) + "\n")


main()
