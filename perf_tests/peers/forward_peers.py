#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The forward on a CPU by other libraries: onnxruntime's QuantizeLinear (a scale a row) and pi-quant (one scale for all).

    python3 perf_tests/peers/forward_peers.py --limits build/perf/results.json --out build/perf/forward_peers.json

Needs numpy, onnx or onnxruntime's own builder, and pypiquant, whatever of them is installed. Fractions are of the copy float
to int8 in --limits.
"""
import argparse
import os
import platform

import numpy as np

from results import Results, speeds


def onnxruntime_quantize(x, scale, zero_point, threads):
    import onnxruntime
    from onnx import TensorProto, helper

    node = helper.make_node("QuantizeLinear", ["x", "scale", "zero_point"], ["q"], axis=0)
    rows, columns = x.shape
    value = lambda name, kind, shape: helper.make_tensor_value_info(name, kind, shape)
    graph = helper.make_graph(
        [node], "quantize",
        [value("x", TensorProto.FLOAT, [rows, columns]), value("scale", TensorProto.FLOAT, [rows]), value("zero_point", TensorProto.INT8, [rows])],
        [value("q", TensorProto.INT8, [rows, columns])])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    binding = session.io_binding()
    q = np.empty(x.shape, np.int8)
    for name, array in (("x", x), ("scale", scale), ("zero_point", zero_point)):
        binding.bind_cpu_input(name, array)
    binding.bind_output("q", "cpu", 0, np.int8, q.shape, q.ctypes.data)
    return onnxruntime.__version__, lambda keep=q: session.run_with_iobinding(binding)  # the binding holds only addresses


def piquant_quantize(x, threads):
    import piquant

    context = piquant.Context(threads)
    q = np.empty(x.size, np.uint8)

    def run():
        context.quantize_ptr(x.ctypes.data, piquant.DataType.F32, q.ctypes.data, piquant.DataType.UINT8, numel=x.size, scale=1 / 64,
                             zero_point=128, round_mode=piquant.RoundMode.NEAREST)

    run()
    return getattr(piquant, "__version__", "unknown"), run


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", default="forward_peers.json")
    parser.add_argument("--limits", help="a results.json of this machine")
    parser.add_argument("--elements", type=int, default=1 << 24)
    parser.add_argument("--columns", type=int, nargs="+", default=[64, 4096])
    arguments = parser.parse_args()
    threads = int(os.environ.get("OMP_NUM_THREADS", os.cpu_count()))
    results = Results({"numpy": np.__version__, "python": platform.python_version(), "threads": threads})
    speed = speeds(arguments.limits).get(("CopyToInt8", "float"))

    for columns in arguments.columns:
        rows = arguments.elements // columns
        x = (np.random.default_rng(1).random((rows, columns), np.float32) * 6 - 3).astype(np.float32)
        scale = ((np.arange(rows) % 7 + 1) / 64).astype(np.float32)
        zero_point = (np.arange(rows) % 11 - 5).astype(np.int8)
        peers = {"onnxruntime": lambda: onnxruntime_quantize(x, scale, zero_point, threads), "piquant": lambda: piquant_quantize(x, threads)}
        for peer, make in peers.items():
            try:
                version, run = make()
            except Exception as error:  # not installed, or another version's interface
                print(f"{peer}: left out: {str(error).splitlines()[0] if str(error) else type(error).__name__}")
                continue
            results.context[peer] = version
            results.measure(f"QuantizePerToken.{peer}/float/{peer}/Right/{rows}/{columns}", 5 * x.size, run, limit_speed=speed)
    results.write(arguments.out)


if __name__ == "__main__":
    main()
