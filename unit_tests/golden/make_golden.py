# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Writes the golden files of this folder: what other systems compute for fixed inputs. README.md has their format.

    pip install torch onnx onnxruntime torchao brevitas numpy ml_dtypes
    python make_golden.py [folder]

Every value is computed twice, in an array of one element and in a long one, by the system itself; where the two differ,
the script stops. Nothing here is random.
"""

import pathlib
import sys
import warnings

import numpy as np
import onnx
import onnxruntime
import torch
import torch.ao.quantization.fx._decomposed  # registers torch.ops.quantized_decomposed
import torchao.quantization.quant_primitives as torchao
from brevitas.core.function_wrapper import RoundSte, TensorClamp, TensorClampSte
from brevitas.core.quant import IntQuant
from golden_tools import BITS, TORCH, TYPES, hexed, to_numpy, to_torch, write

warnings.filterwarnings("ignore")
np.seterr(all="ignore")
torch.set_num_threads(1)
decomposed = torch.ops.quantized_decomposed

ONNX = {"f32": onnx.TensorProto.FLOAT, "f16": onnx.TensorProto.FLOAT16}
INT8, UINT8, NARROW4, INT4 = (-128, 127), (0, 255), (-7, 7), (-8, 7)


class Case:
    """One element type, scale, zero point and range. `scale` is exact in `scale_type`."""

    def __init__(self, type, scale, zp, range, scale_type=None, short=False):
        self.type, self.scale_type, self.zp, self.short = type, scale_type or type, zp, short
        self.lo, self.hi = range
        self.scale = np.asarray(scale, np.float64).astype(TYPES[self.scale_type])
        self.dtype = torch.uint8 if self.lo >= 0 else torch.int8

    def header(self):
        return f"case {self.type} {self.scale_type} {hexed(self.scale)} {self.zp} {self.lo} {self.hi}"

    def inputs(self):
        """Pairs x, dy: ties and their neighbours, both borders, saturation, zeros, subnormal numbers, Inf, NaN."""
        T, s = TYPES[self.type], float(self.scale)
        below, above = self.lo - self.zp - 0.5, self.hi - self.zp + 0.5  # the ties of t at which the clamp begins
        xs = []
        for tie in [below, above] if self.short else [below, above, 0.5]:
            x = np.asarray(tie * s).astype(T)
            xs += [x, np.nextafter(x, T(-np.inf)), np.nextafter(x, T(np.inf))]
        others = [1.5, self.hi - self.zp] if self.short else [1.5, -0.5, -2.5, self.lo - self.zp, self.hi - self.zp, 3]
        xs += [np.asarray(v * s).astype(T) for v in others]
        xs += self.disputed(2 if self.short else 3)
        tiny = np.asarray(1, BITS[np.dtype(T).itemsize]).view(T)
        special = [0.0, -0.0, tiny, np.inf, -np.inf, np.nan] if not self.short else [-0.0, np.inf, np.nan]
        xs += [np.asarray(v).astype(T) for v in special]
        dys = [1.0, -1.5, 0.1, -0.3, 7e-3, -1e3, -0.0]
        pairs = [(x, np.asarray(dys[i % len(dys)]).astype(T)) for i, x in enumerate(xs)]
        far = [np.asarray((self.hi - self.zp + 40) * s).astype(T), np.asarray((self.lo - self.zp - 40) * s).astype(T)]
        return pairs + [(far[i % 2], np.asarray(v).astype(T)) for i, v in enumerate((-1.0, 2.0, np.nan, np.inf))] + [
            (np.asarray(s).astype(T), np.asarray(v).astype(T)) for v in (np.nan, -np.inf)]

    def disputed(self, count):
        """x near ties where x / s and x * (1 / s), or a quotient in T and in float, round to different integers."""
        T, found = TYPES[self.type], [[], []]
        C = np.float64 if self.type == "f64" else np.float32
        s = self.scale.astype(C)
        for k in range(self.lo - self.zp, self.hi - self.zp):
            tie = np.asarray((k + 0.5) * float(s)).astype(T)
            for x in (tie, np.nextafter(tie, T(-np.inf)), np.nextafter(tie, T(np.inf))):
                t = x.astype(C) / s
                others = (x.astype(C) * (C(1) / s), t.astype(T).astype(C))
                for kind, other in zip(found, others):
                    if np.rint(t) != np.rint(other) and len(kind) < count:
                        kind.append(x)
        return found[0] + found[1]

    def codes(self):
        return sorted({self.lo, self.lo + 1, -1 if self.lo < 0 else 1, self.zp, self.zp + 1, self.hi - 1, self.hi})


def consistent(case, function, arrays):
    """function(arrays) -> arrays, one element at a time and in one long array: they must agree."""
    alone = [function(*(a[i:i + 1] for a in arrays)) for i in range(len(arrays[0]))]
    alone = [None if column[0] is None else np.concatenate(column) for column in zip(*alone)]
    many = function(*(np.tile(a, 37) for a in arrays))
    for one, long in zip(alone, many):
        if one is not None:
            expected = [str(float(v)) for v in one]  # NaN is "nan", zeros have signs
            assert all(expected == [str(float(v)) for v in part] for part in long.reshape(37, -1)), case.header()
    return alone


def rows(case, system):
    """system(case) -> forward(x, dy) -> q, x', dx (None where it has none), and back(q) -> x' or None."""
    forward, back, unusable = system(case)
    x, dy = (np.stack(column) for column in zip(*case.inputs()))
    q, y, dx = consistent(case, forward, (x, dy))
    for i in range(len(x)):
        drop = unusable(x[i])
        cell = lambda a, show: "-" if a is None or drop else show(a[i])
        yield " ".join([hexed(x[i]), cell(q, lambda v: "-" if np.isnan(v) else str(int(v))), cell(y, hexed),
                        "-" if dx is None else hexed(dy[i]), "-" if dx is None else hexed(dx[i])])
    if back:
        codes = np.array(case.codes())
        for code, value in zip(codes, consistent(case, lambda c: (back(c),), (codes,))[0]):
            yield f"- {code} {hexed(value)} - -"


def never(x):
    return False


# ---- the systems ---------------------------------------------------------------------------------------------------------


def with_gradient(function, channels=1):
    """function of a tensor; with channels, of that many rows, of which the middle one counts."""

    def forward(x, dy):
        rows = lambda a: to_torch(a) if channels == 1 else torch.stack([to_torch(a)] * channels)
        leaf = rows(x).requires_grad_()
        y = function(leaf)
        y.backward(rows(dy))
        return None, *(to_numpy(v.detach().reshape(channels, -1)[channels // 2]) for v in (y, leaf.grad))

    return forward


def fake_quantize_per_tensor(c):
    return with_gradient(
        lambda x: torch.fake_quantize_per_tensor_affine(x, float(c.scale), c.zp, c.lo, c.hi)), None, never


def channels(c, scale_dtype, zp_dtype):
    """The case is the middle one of three channels."""
    scales = torch.tensor([float(c.scale) * 3, float(c.scale), 1.0], dtype=scale_dtype)
    return scales, torch.tensor([c.lo, c.zp, c.hi], dtype=zp_dtype)


def fake_quantize_per_channel(c):
    s, z = channels(c, torch.float32, torch.int32)
    # its cast to int64 is undefined for t outside int64: x' is left out there
    far = lambda x: np.abs(np.float64(x) / float(c.scale)) > 2.0**62
    return with_gradient(
        lambda x: torch.fake_quantize_per_channel_affine(x, s, z, 0, c.lo, c.hi), 3), None, far


def torch_quantize(make, far):
    def system(c):
        qtype = torch.quint8 if c.lo >= 0 else torch.qint8

        def forward(x, dy):
            q = make(c, to_torch(x), qtype)
            last = lambda t: to_numpy(t).reshape(-1, x.size)[-1]
            return last(q.int_repr()).astype(float), last(q.dequantize()), None

        return forward, None, lambda x: far(np.float64(x) / float(c.scale))

    return system


quantize_per_tensor = torch_quantize(
    lambda c, x, qtype: torch.quantize_per_tensor(x, float(c.scale), c.zp, qtype),
    lambda t: not np.abs(t) < 2.0**30)  # r + zp wraps around there, in 32 bits
quantize_per_channel = torch_quantize(
    lambda c, x, qtype: torch.quantize_per_channel(
        torch.stack([x, x]), *(v[:2] for v in channels(c, torch.float64, torch.int64)), 0, qtype), lambda t: False)


def decomposed_system(quantize, dequantize):
    def system(c):
        back = lambda q: to_numpy(dequantize(c, torch.tensor(q).to(c.dtype)))

        def forward(x, dy):
            q = quantize(c, to_torch(x)).numpy()
            return q.astype(float), back(q), None

        return forward, back, never

    return system


decomposed_per_tensor = decomposed_system(
    lambda c, x: decomposed.quantize_per_tensor(x, float(c.scale), c.zp, c.lo, c.hi, c.dtype),
    lambda c, q: decomposed.dequantize_per_tensor(q, float(c.scale), c.zp, c.lo, c.hi, c.dtype, out_dtype=TORCH[c.type]))
decomposed_per_channel = decomposed_system(
    lambda c, x: decomposed.quantize_per_channel(
        torch.stack([x, x, x]), *channels(c, torch.float32, torch.int32), 0, c.lo, c.hi, c.dtype)[1],
    lambda c, q: decomposed.dequantize_per_channel(
        torch.stack([q, q, q]), *channels(c, torch.float32, torch.int32), 0, c.lo, c.hi, c.dtype, out_dtype=TORCH[c.type])[1])


def tokens(c):
    return (v[:, None] for v in channels(c, TORCH[c.scale_type], torch.int32))


decomposed_per_token = decomposed_system(
    lambda c, x: decomposed.quantize_per_token(torch.stack([x, x, x]), *tokens(c), c.lo, c.hi, c.dtype)[1],
    lambda c, q: decomposed.dequantize_per_token(
        torch.stack([q, q, q]), *tokens(c), c.lo, c.hi, c.dtype, TORCH[c.type])[1])


def onnx_system(granularity, opset=21):
    """QuantizeLinear and DequantizeLinear in ONNX Runtime; per axis: the second of two rows; blocked: blocks of one element.

    A scale of another type than x is known from opset 23 on; then only q is taken.
    """

    def system(c):
        t, scale_type, p = ONNX[c.type], ONNX[c.scale_type], onnx.TensorProto
        code = {(-128, 127): p.INT8, (0, 255): p.UINT8, (-8, 7): p.INT4, (0, 15): p.UINT4, (-32768, 32767): p.INT16,
                (0, 65535): p.UINT16}[c.lo, c.hi]
        wide = {p.INT4: p.INT8, p.UINT4: p.UINT8}.get(code, code)
        as_numpy = {p.INT8: np.int8, p.UINT8: np.uint8, p.INT16: np.int16, p.UINT16: np.uint16}[wide]

        def node(op, size):
            shape, attributes = {"tensor": ([], {}), "axis": ([2], {"axis": 0}),
                                 "block": ([2, size], {"axis": 1, "block_size": 1})}[granularity]
            scale = np.broadcast_to(c.scale, shape).copy()
            if granularity != "tensor":
                scale[0] *= 3
            constants = [onnx.helper.make_tensor("s", scale_type, shape, scale.tobytes(), raw=True),
                         onnx.helper.make_tensor("z", code, shape, np.full(shape, c.zp).ravel().tolist())]
            h = onnx.helper
            q_name = "q" if wide == code else "w"
            if op == "QuantizeLinear":
                nodes = [h.make_node(op, ["x", "s", "z"], ["q"], **attributes)]
                nodes += [h.make_node("Cast", ["q"], ["w"], to=wide)] if wide != code else []
                io = ("x", t), (q_name, wide)
            else:
                nodes = [h.make_node("Cast", ["w"], ["q"], to=code)] if wide != code else []
                nodes += [h.make_node(op, ["q", "s", "z"], ["y"], **attributes)]
                io = (q_name, wide), ("y", t)
            graph = h.make_graph(nodes, "g", [h.make_tensor_value_info(*io[0], [2, size])],
                                 [h.make_tensor_value_info(*io[1], [2, size])], constants)
            options = onnxruntime.SessionOptions()
            options.intra_op_num_threads, options.log_severity_level = 1, 4
            options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
            session = onnxruntime.InferenceSession(
                h.make_model(graph, opset_imports=[h.make_opsetid("", opset)], ir_version=10).SerializeToString(), options,
                providers=["CPUExecutionProvider"])
            return lambda a: session.run(None, {io[0][0]: np.stack([a, a])})[0][1]

        back = lambda q: node("DequantizeLinear", q.size)(q.astype(as_numpy))

        def forward(x, dy):
            q = node("QuantizeLinear", x.size)(x)
            return q.astype(float), back(q) if t == scale_type else None, None

        return forward, back if t == scale_type else None, never

    return system


def brevitas_system(clamp):
    def system(c):
        narrow = -c.lo == c.hi
        signed, width = c.lo < 0, torch.tensor(float(np.ceil(np.log2(c.hi - c.lo + 1))), dtype=TORCH[c.type])
        quantizer = IntQuant(narrow_range=narrow, signed=signed, input_view_impl=torch.nn.Identity(),
                             float_to_int_impl=RoundSte(), tensor_clamp_impl=clamp)
        arguments = to_torch(c.scale).reshape(()), torch.tensor(float(c.zp), dtype=TORCH[c.type]), width
        gradient = with_gradient(lambda x: quantizer(*arguments, x))
        codes = lambda x: to_numpy(quantizer.to_int(*arguments, to_torch(x))).astype(float)
        return lambda x, dy: (codes(x), *gradient(x, dy)[1:]), None, never

    return system


def torchao_system(c):
    common = to_torch(c.scale).reshape(1), torch.tensor([c.zp], dtype=torch.int32), c.dtype, c.lo, c.hi
    gradient = with_gradient(lambda x: torchao._fake_quantize_affine(x, [x.numel()], *common))

    def forward(x, dy):
        q = torchao.quantize_affine(to_torch(x), [x.size], *common)
        return q.numpy().astype(float), *gradient(x, dy)[1:]

    back = lambda q: to_numpy(torchao.dequantize_affine(torch.tensor(q).to(c.dtype), [q.size], *common,
                                                        output_dtype=TORCH[c.type]))
    return forward, back, never


# ---- the cases -----------------------------------------------------------------------------------------------------------

SMALL, LARGE, UNDER = 2.0**-20 / 3, 1e6, 1e-39  # 1 / UNDER overflows in float
F32 = [Case("f32", 0.5, 0, INT8), Case("f32", 0.1, 5, INT8), Case("f32", 1 / 3, 131, UINT8),
       Case("f32", 0.7, 1, NARROW4, short=True)]
F32_MORE = [Case("f32", SMALL, -7, INT8, short=True), Case("f32", LARGE, 0, INT8, short=True)]
F32_8BIT = [c for c in F32 + F32_MORE if (c.lo, c.hi) in (INT8, UINT8)]
F64 = [Case("f64", 0.1, 5, INT8, short=True), Case("f64", 1 / 3, 0, NARROW4, short=True)]


def sixteen(scale_type=None):
    return [Case(t, 0.1, 5, INT8, scale_type, short=True) for t in ("f16", "bf16")]


F16_INT8, F16_FLOAT_SCALE = Case("f16", 0.1, 5, INT8, short=True), Case("f16", 0.1, 5, INT8, "f32", short=True)
F32_SHORT, F32_UNDER = Case("f32", 0.1, 5, INT8, short=True), Case("f32", UNDER, 3, INT8, short=True)
F32_INT4 = Case("f32", 0.1, 1, INT4, short=True)
F32_WIDE = [Case("f32", 0.1, -300, (-32768, 32767), short=True), Case("f32", 0.1, 300, (0, 65535), short=True)]
F64_FLOAT_SCALE, F32_DOUBLE_SCALE = (Case(t, 0.1, 5, INT8, s, short=True) for t, s in (("f64", "f32"), ("f32", "f64")))
TORCH_OPS, ORT = "torch.ops.quantized_decomposed", "QuantizeLinear and DequantizeLinear"

# file, what it holds, packages, system, cases
FILES = [
    ("torch_fake_quantize_per_tensor", "torch.fake_quantize_per_tensor_affine and its backward", ["torch"],
     fake_quantize_per_tensor, F32 + F32_MORE + [F32_UNDER, F64_FLOAT_SCALE] + sixteen("f32")),
    ("torch_fake_quantize_per_channel",
     "torch.fake_quantize_per_channel_affine, int32 zero points, and its backward; rows with |t| > 2^62 have no results",
     ["torch"], fake_quantize_per_channel, F32[1:3] + [F64_FLOAT_SCALE] + sixteen("f32")),
    ("torch_quantize_per_tensor",
     "torch.quantize_per_tensor (FBGEMM) and dequantize; rows with |t| >= 2^30 or NaN have no results",
     ["torch"], quantize_per_tensor, F32_8BIT[:4]),
    ("torch_quantize_per_channel", "torch.quantize_per_channel and dequantize", ["torch"],
     quantize_per_channel, F32_8BIT[1:3]),
    ("torch_decomposed_per_tensor", f"{TORCH_OPS}.quantize_per_tensor and dequantize_per_tensor", ["torch"],
     decomposed_per_tensor, F32[1:] + F32_MORE[:1] + sixteen("f32")),
    ("torch_decomposed_per_channel", f"{TORCH_OPS}.quantize_per_channel and dequantize_per_channel", ["torch"],
     decomposed_per_channel, F32[1:2] + sixteen("f32")),
    ("torch_decomposed_per_token", f"{TORCH_OPS}.quantize_per_token and dequantize_per_token", ["torch"],
     decomposed_per_token, F32[1:] + F32_MORE[:1] + F64 + [F32_DOUBLE_SCALE] + sixteen("f32") + sixteen()),
    ("onnxruntime_per_tensor", f"{ORT}, opset 21, CPU", ["onnxruntime"], onnx_system("tensor"),
     F32_8BIT[:3] + [F32_UNDER, F32_INT4, Case("f32", 0.1, 7, (0, 15), short=True)] + F32_WIDE + [F16_INT8]),
    ("onnxruntime_per_tensor_opset25", f"{ORT}, opset 25, CPU: the quotient has the type of the scale", ["onnxruntime"],
     onnx_system("tensor", 25), [F16_INT8, F16_FLOAT_SCALE, F32_SHORT]),
    ("onnxruntime_per_axis", f"{ORT}, one scale a row, opset 21, CPU", ["onnxruntime"], onnx_system("axis"),
     [F32_SHORT, F16_INT8]),
    ("onnxruntime_blocked", f"{ORT}, blocks, opset 21, CPU", ["onnxruntime"], onnx_system("block"), [F32_SHORT, F32_INT4]),
    ("brevitas_int_quant", "IntQuant with TensorClamp (activations) and its backward", ["brevitas", "torch"],
     brevitas_system(TensorClamp()), F32 + F32_MORE[:1] + F64 + sixteen()),
    ("brevitas_int_quant_ste", "IntQuant with TensorClampSte (weights) and its backward", ["brevitas", "torch"],
     brevitas_system(TensorClampSte()), F32[1:2] + sixteen()[1:]),
    ("torchao_affine", "quantize_affine; _fake_quantize_affine and its backward; dequantize_affine (rows without x)",
     ["torchao", "torch"], torchao_system, F32 + F32_MORE[:1] + sixteen("f32") + sixteen()),
]


def learnable():
    """Gradients of the learnable fake quantize, of elements at least a tenth of a step from every tie."""
    shapes = (("tensor", 4, 12, INT8, 1.0), ("channel", 9, 5, NARROW4, 0.125), ("token", 5, 16, UINT8, 0.3))
    for name, n, d, (lo, hi), factor in shapes:
        count = {"tensor": 1, "channel": d, "token": n}[name]
        scale = torch.tensor([0.1, 0.037, 1 / 3, 2.5, 1e-3][:count])
        zero_point = torch.tensor([3.0, 0.0, 1.0, -2.0 if lo < 0 else 7.0, 5.0][:count])
        cell = [{"tensor": 0, "channel": i % d, "token": i // d}[name] for i in range(n * d)]
        steps, x, dy = hi - lo + 9, [], []
        for i, k in enumerate(cell):
            code = lo - 4 + i * 7 % steps  # a few of them outside
            x.append((code - float(zero_point[k]) + (i * 0.618034 % 1 - 0.5) * 0.8) * float(scale[k]))
            dy.append((i * 0.754878 % 1 - 0.5) * 3)
        leaves = [torch.tensor(x).reshape(n, d), scale, zero_point]
        leaves = [leaf.requires_grad_() for leaf in leaves]
        if name == "tensor":
            y = torch._fake_quantize_learnable_per_tensor_affine(*leaves, lo, hi, factor)
        else:
            y = torch._fake_quantize_learnable_per_channel_affine(*leaves, int(name == "channel"), lo, hi, factor)
        dy = torch.tensor(dy).reshape(n, d)
        y.backward(dy)
        yield f"case {name} {n} {d} {lo} {hi} {factor}"
        hexes = lambda *tensors: (" ".join(hexed(v) for v in values) for values in zip(*(to_numpy(t).ravel() for t in tensors)))
        for values, zp in zip(hexes(scale, scale.grad, zero_point.grad), zero_point):
            yield f"{values} {int(zp)}"
        yield from hexes(leaves[0], dy, leaves[0].grad)


def main():
    folder = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parent)
    for name, what, packages, system, cases in FILES:
        lines = [line for case in cases for line in (case.header(), *dict.fromkeys(rows(case, system)))]
        write(folder, name, what, packages, "case: T, scale type, scale, zero point, q_min, q_max; rows: x q x' dy dx", lines)
    write(folder, "torch_learnable_fake_quantize",
          "torch._fake_quantize_learnable_per_tensor_affine and _per_channel_affine, backward, in float", ["torch"],
          "case: granularity, N, D, q_min, q_max, grad_factor; a line a cell: scale, its gradient, the zero point's, zero point; "
          "a line an element: x dy dx", learnable())


if __name__ == "__main__":
    main()
