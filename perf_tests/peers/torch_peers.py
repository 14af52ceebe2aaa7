#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""PyTorch on the same shapes: eager, torch.compile, and fake-quantize's backward with its cached mask.

    python3 perf_tests/peers/torch_peers.py --out build/perf/torch.json [--device cuda]

Needs PyTorch. The fake-quantize backward multiplies by a mask of one byte an element that its forward stored and divides by
nothing: it does less than the others, and moves other bytes (their number is the one of the others here, so that the
fractions compare times).
"""
import argparse
import platform

import torch

from results import Results

TYPES = {"double": torch.float64, "float": torch.float32, "half": torch.float16, "bfloat16": torch.bfloat16}
Q_MIN, Q_MAX = -128, 127


def backward(dy, x, scale, zero_point):
    compute = torch.float64 if x.dtype == torch.float64 else torch.float32
    s, z = scale.to(compute)[:, None], zero_point[:, None]
    r = torch.round(x.to(compute) / s) + z
    return torch.where((r >= Q_MIN) & (r <= Q_MAX), dy.to(compute) / s, 0).to(x.dtype)


def quantize(x, scale, zero_point):
    compute = torch.float64 if x.dtype == torch.float64 else torch.float32
    r = torch.round(x.to(compute) / scale.to(compute)[:, None]) + zero_point[:, None]
    return torch.clamp(r, Q_MIN, Q_MAX).to(torch.int8)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", default="torch.json")
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--elements", type=int, help="default: 2^28 on a GPU, 2^24 on a CPU")
    parser.add_argument("--columns", type=int, nargs="+", default=[64, 1000, 4096])
    arguments = parser.parse_args()
    gpu = arguments.device != "cpu"
    elements = arguments.elements or (1 << 28 if gpu else 1 << 24)
    fence = torch.cuda.synchronize if gpu else lambda: None
    context = {"torch": torch.__version__, "python": platform.python_version(), "threads": torch.get_num_threads(),
               "device": torch.cuda.get_device_name() if gpu else platform.machine()}
    results = Results(context, fence, calls=10 if gpu else 2)
    space = "torch_" + arguments.device
    compiled = {f: torch.compile(f) for f in (backward, quantize)}

    for name, dtype in TYPES.items():
        for columns in arguments.columns:
            rows = elements // columns
            shape, size = (rows, columns), rows * columns * dtype.itemsize
            generator = torch.Generator(device=arguments.device).manual_seed(1)
            uniform = lambda: torch.rand(shape, generator=generator, device=arguments.device, dtype=torch.float32)
            x, dy = (uniform() * 6 - 3).to(dtype), (uniform() * 3 - 1.5).to(dtype)
            scale = ((torch.arange(rows, device=arguments.device) % 7 + 1) / 64).to(dtype)
            zero_point = (torch.arange(rows, device=arguments.device) % 11 - 5).to(torch.int32)
            out = torch.empty_like(x)
            triad = lambda: torch.add(x, dy, out=out)
            limit = dict(limit=triad, limit_moved=3 * size)
            at = f"{name}/{space}/Right/{rows}/{columns}"

            results.measure(f"QuantizePerTokenBackward.eager/{at}", 3 * size, lambda: backward(dy, x, scale, zero_point), **limit)
            results.measure(f"QuantizePerTokenBackward.compile/{at}", 3 * size, lambda: compiled[backward](dy, x, scale, zero_point), **limit)
            results.measure(f"QuantizePerToken.eager/{at}", size + size // dtype.itemsize, lambda: quantize(x, scale, zero_point), **limit)
            results.measure(f"QuantizePerToken.compile/{at}", size + size // dtype.itemsize, lambda: compiled[quantize](x, scale, zero_point), **limit)
            try:
                leaf = x.detach().requires_grad_()
                y = torch.fake_quantize_per_channel_affine(leaf, scale.float(), zero_point, 0, Q_MIN, Q_MAX)
                results.measure(f"QuantizePerTokenBackward.fake_quantize/{at}", 3 * size,
                                lambda: torch.autograd.grad(y, leaf, dy, retain_graph=True), **limit)
            except RuntimeError as error:
                print(f"fake_quantize/{at}: {str(error).splitlines()[0]}")
    results.write(arguments.out)


if __name__ == "__main__":
    main()
