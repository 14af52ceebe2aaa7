# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Writes the golden files of scales that are found from the data: what other systems choose for fixed rows.

    pip install torch torchao numpy ml_dtypes                       # torch_*, torchao_*
    pip install torch numpy ml_dtypes                               # fbgemm_*: as built into torch
    python make_golden_dynamic.py folder torch|torchao|fbgemm ...

Systems that choose row by row get every row alone and all rows at once, those that choose for a tensor every row alone and
repeated; where the two differ, the script stops. Nothing here is random. README.md has the format.
"""

import ctypes
import pathlib
import sys
import warnings

import ml_dtypes
import numpy as np
import torch
from golden_tools import BITS, TORCH, TYPES, hexed, to_numpy, to_torch, write

warnings.filterwarnings("ignore")
np.seterr(all="ignore")
torch.set_num_threads(1)

SIZE = 5  # elements of a row
INT8, UINT8, NARROW8, INT4, UINT4 = (-128, 127), (0, 255), (-127, 127), (-8, 7), (0, 15)
F32_EPS, F32_MIN = 2.0**-23, 2.0**-126
FP8 = {"e4m3fn": (torch.float8_e4m3fn, 448), "e5m2": (torch.float8_e5m2, 57344)}


class Case:
    """Rows of one type for one range. `eps`: the least scale, where the system takes one. `symmetric`: its zero point is fixed;
    `finite`: rows that are not finite are refused, or have no rule."""

    def __init__(self, type, range, scale_type=None, eps=None, symmetric=False, full=False, size=SIZE, finite=False):
        self.type, self.scale_type, self.symmetric, self.full, self.size = type, scale_type or type, symmetric, full, size
        self.lo, self.hi = range
        self.eps, self.finite = eps, finite
        self.fp8 = isinstance(self.lo, str)
        self.dtype = None if self.fp8 else torch.uint8 if self.lo >= 0 else torch.int8
        self.qtype = None if self.fp8 else torch.quint8 if self.lo >= 0 else torch.qint8

    def header(self):
        eps = "-" if self.eps is None else hexed(np.float32(self.eps))
        return f"case {self.type} {self.scale_type} {self.size} {self.lo} {self.hi} {eps}"

    def rows(self):
        """Zeros, mixed signs, one sign, exact ends and ties, floors of the systems, subnormal, huge, disputed, not finite."""
        T = TYPES[self.type]
        info = ml_dtypes.finfo(T)
        huge, tiny = float(info.max), float(info.smallest_subnormal)
        q = 127.0 if self.fp8 else float(self.hi - self.lo) / 2
        rows = [[0, -0.0, 0, 0, 0], [-1.2, 5, 0.3, -0.7, 2.5], [0.3, 5, 1.7, 0.9, 3.1], [-5, -0.3, -1.7, -2.2, -4.9],
                [-q, q, 2.5, -1.5, 0.5], [1e-9, -2e-9, 3e-10, 0, 1.5e-9], [3 * tiny, -2 * tiny, tiny, 0, -0.0],
                [huge, -huge, huge / 2, 1, -huge / 3]]
        if self.full:
            rows += [[-q - 1, q, 2.5, -1.5, 0.5], [2.5] * 5, [-2.5] * 5, [9e-3, -3e-3, 1e-3, 2e-4, -1e-4],
                     [0, 1e-3, 5e-4, 7e-4, 2e-4], [0, -1e-3, -5e-4, -7e-4, -2e-4], [huge, huge / 2, huge / 4, 1, 0],
                     [1e-7, -3e-7, 2e-7, 0, 1.5e-7], [2e-38, -1e-38, 3e-39, 0, 1e-39], [4e4, -6e4, 3e4, 100, -7]]
        rows = [np.resize(np.array(row).astype(T), self.size) for row in rows] + self.disputed(2 if self.full else 1)
        if not self.finite:
            special = [[1, np.inf, -2, 0.5, 0], [1, -3, -np.inf, 0.5, 0], [1, 2, np.nan, -0.5, 0]]
            rows += [np.resize(np.array(row).astype(T), self.size) for row in special]
        return np.stack(rows)

    def disputed(self, count):
        """Rows for which ways to compute scale, zero point or code disagree: precision, product or quotient, which end."""
        T, found = TYPES[self.type], {}
        lo, hi = (-127, 127) if self.fp8 else (self.lo, self.hi)
        f = np.float32
        for k in range(1, 20000):
            i = np.arange(self.size)
            row = (((k * 40503 + i * (k % 977) * 9973) % 65536) / 4096.0 - 8)
            row[1] = -row[0] if k % 3 == 0 else row[1]
            x = row.astype(T).astype(f)
            a, b, w = min(x.min(), f(0)), max(x.max(), f(0)), f(hi - lo)
            m = max(-a, b)
            if m == 0:
                continue
            s, wide = (b - a) / w, (np.float64(b) - np.float64(a)) / w
            t = m / (w / 2)
            z = lo - np.rint(a / s)
            values = {"scale by product": (t, m * (1 / (w / 2))), "scale in 16 bits": (t, t.astype(T).astype(f)),
                      "scale in double": (s, f(wide)), "zero point from the other end": (z, hi - np.rint(b / s)),
                      "zero point in double": (z, lo - np.rint(a / wide)),
                      "code by product": (list(np.rint(x / t)), list(np.rint(x * (1 / t)))),
                      "code by product, affine": (list(np.rint(x / s)), list(np.rint(x * (1 / s))))}
            for kind, (one, other) in values.items():
                if one != other and len(found.setdefault(kind, [])) < count and self.wanted(kind):
                    found[kind].append(row.astype(T))
                    break
        return [row for rows in found.values() for row in rows]

    def wanted(self, kind):
        """Not the disputes about something that the case does not have."""
        affine = kind in ("scale in double", "zero point from the other end", "zero point in double",
                          "code by product, affine")
        return affine != self.symmetric


def defined(case, x, scale):
    """Which zero points and codes mean something: not those that come of converting NaN to an integer."""
    if case.fp8:
        return np.full(len(x), True), np.full(x.shape, True)
    v = x.astype(np.float32)
    row = np.isfinite(v).all(-1) | (case.symmetric & ~np.isnan(v).any(-1))
    far = np.isinf(v) & case.symmetric
    return row, row[:, None] & ~(np.isinf(scale.astype(np.float64))[:, None] & far)


def lines(case, system, by_row):
    """system(case, rows) -> scale, zero point, codes; by_row: it chooses for each row, otherwise for the whole tensor."""
    x = case.rows()
    if by_row:
        parts = [system(case, row[None]) for row in x]
        other = system(case, x)
    else:
        parts = [system(case, row[None]) for row in x]
        other = [np.concatenate(c) for c in zip(*((s, z, q[:1]) for s, z, q in (
            system(case, np.tile(row, (9, 1))) for row in x)))]
    scale, zp, q = (np.concatenate(column) for column in zip(*parts))
    row_ok, ok = defined(case, x, scale)
    same = [q[ok], other[2][ok]] if not case.fp8 else [
        np.where(np.isnan(to_numpy(to_torch(a).view(FP8[case.lo][0]).float())), 127, a) for a in (q, other[2])]
    text = lambda a: [str(v) for v in np.asarray(a).astype(np.float64).ravel()]
    assert text(scale) == text(other[0]) and text(zp[row_ok]) == text(other[1][row_ok]), case.header()
    assert text(same[0]) == text(same[1]), case.header()
    nan = {0x7F, 0xFF} if case.lo == "e4m3fn" else {0x7D, 0x7E, 0x7F, 0xFD, 0xFE, 0xFF}
    show_q = (lambda v: "nan" if int(v) in nan else f"{int(v):02x}") if case.fp8 else lambda v: str(int(v))
    yield case.header()
    for i in range(len(x)):
        yield " ".join([hexed(scale[i]), str(int(zp[i])) if row_ok[i] else "-", *map(hexed, x[i]),
                        *(show_q(q[i, j]) if ok[i, j] else "-" for j in range(case.size))])


def flat(scale, zp, q):
    return to_numpy(scale).ravel(), zp.double().numpy().ravel().astype(np.int64), q.numpy()


# ---- the systems ---------------------------------------------------------------------------------------------------------


def torch_files():
    import torch.ao.quantization.fx._decomposed  # registers torch.ops.quantized_decomposed
    from torch.ao.quantization import MinMaxObserver, PerChannelMinMaxObserver

    ops = torch.ops.quantized_decomposed

    def observer(c, x):
        """Each row a channel. MinMaxObserver, for a tensor, has to agree."""
        scheme = (torch.per_channel_symmetric, torch.per_tensor_symmetric) if c.symmetric else (
            torch.per_channel_affine, torch.per_tensor_affine)
        o = PerChannelMinMaxObserver(dtype=c.qtype, qscheme=scheme[0])
        o(to_torch(x))
        s, z = o.calculate_qparams()
        for row, *expected in zip(x, s, z):
            o = MinMaxObserver(dtype=c.qtype, qscheme=scheme[1])
            o(to_torch(row))
            assert [str(float(v)) for v in o.calculate_qparams()] == [str(float(v)) for v in expected], c.header()
        return flat(s, z, torch.quantize_per_channel(to_torch(x).float(), s, z, 0, c.qtype).int_repr())

    def tensorwise(op):
        def system(c, x):
            s, z = op(to_torch(x), c.lo, c.hi, c.eps, c.dtype)
            return flat(s, z, ops.quantize_per_tensor.tensor(to_torch(x), s, z, c.lo, c.hi, c.dtype))

        return system

    def per_token(choose):
        def system(c, x):
            s, z = choose(to_torch(x), torch.int8)
            return flat(s, z, ops.quantize_per_token(to_torch(x), s, z, c.lo, c.hi, c.dtype))

        return system

    def dynamic(reduce_range):
        def system(c, x):
            y = torch.quantize_per_tensor_dynamic(to_torch(x), c.qtype, reduce_range)
            return np.array([y.q_scale()]), np.array([y.q_zero_point()]), y.int_repr().numpy()

        return system

    sym = lambda *a, **k: Case(*a, eps=F32_EPS, symmetric=True, **k)
    aff = lambda *a, **k: Case(*a, eps=F32_EPS, **k)
    token_eps = lambda t: (np.asarray(1e-5).astype(TYPES[t]).astype(np.float32) / np.float32(127)).astype(TYPES[t])
    names = "torch.ops.quantized_decomposed"
    return [
        ("torch_observer_symmetric", "PerChannelMinMaxObserver, per_channel_symmetric; q: quantize_per_channel", ["torch"],
         observer, True, [sym("f32", INT8, full=True), sym("f32", UINT8), sym("bf16", INT8, "f32")]),
        ("torch_observer_affine", "PerChannelMinMaxObserver, per_channel_affine; q: quantize_per_channel", ["torch"],
         observer, True, [aff("f32", UINT8, full=True), aff("f32", INT8), aff("bf16", INT8, "f32")]),
        ("torch_decomposed_choose_qparams", f"{names}.choose_qparams.tensor; q: quantize_per_tensor", ["torch"],
         tensorwise(ops.choose_qparams.tensor), False,
         [aff("f32", INT8, "f64"), aff("f32", UINT8, "f64"), aff("f16", INT8, "f64"), aff("bf16", INT8, "f64")]),
        ("torch_decomposed_choose_qparams_symmetric", f"{names}.choose_qparams_symmetric.tensor; q: quantize_per_tensor",
         ["torch"], tensorwise(ops.choose_qparams_symmetric.tensor), False,
         [sym("f32", NARROW8, "f64"), sym("f16", INT8, "f64"), sym("bf16", INT8, "f64")]),
        ("torch_decomposed_choose_qparams_per_token", f"{names}.choose_qparams_per_token; q: quantize_per_token", ["torch"],
         per_token(ops.choose_qparams_per_token), True,
         [Case(t, INT8, s, eps=token_eps(s), symmetric=True) for t, s in (("f32", "f32"), ("f16", "f32"), ("bf16", "bf16"))]),
        ("torch_decomposed_choose_qparams_per_token_asymmetric",
         f"{names}.choose_qparams_per_token_asymmetric; q: quantize_per_token", ["torch"],
         per_token(ops.choose_qparams_per_token_asymmetric), True,
         [aff(t, INT8, "f64") for t in ("f32", "f16", "bf16")]),
        ("torch_dynamic", "torch.quantize_per_tensor_dynamic", ["torch"], dynamic(False), False,
         [Case("f32", UINT8, "f64", full=True, finite=True), Case("f32", INT8, "f64", finite=True)]),
        ("torch_dynamic_reduced",
         "torch.quantize_per_tensor_dynamic, reduce_range: half the range for the scale, q of all of it",
         ["torch"], dynamic(True), False,
         [Case("f32", (0, 127), "f64", finite=True)]),
    ]


def torchao_files():
    import torchao.quantization.quant_primitives as ao

    def choose(mapping):
        def system(c, x):
            block = (1, c.size)
            s, z = ao.choose_qparams_affine(to_torch(x), ao.MappingType[mapping], block, c.dtype, c.lo, c.hi, eps=c.eps,
                                            scale_dtype=TORCH[c.scale_type])
            group = ao.choose_qparams_affine(to_torch(x.reshape(1, -1)), ao.MappingType[mapping], block, c.dtype, c.lo, c.hi,
                                             eps=c.eps, scale_dtype=TORCH[c.scale_type])
            assert all(str(a.ravel().tolist()) == str(b.ravel().tolist()) for a, b in zip(group, (s, z))), c.header()
            return flat(s, z, ao.quantize_affine(to_torch(x), block, s, z, c.dtype, c.lo, c.hi))

        return system

    def scale_float8(c, x):
        kind = FP8[c.lo][0]
        s = ao._choose_scale_float8(to_torch(x), [1, c.size], kind)
        q = ao._quantize_affine_float8(to_torch(x), s, kind).view(torch.uint8)
        return flat(s, torch.zeros(len(x)), q)

    sym = lambda t, r, s=None, eps=F32_MIN, **k: Case(t, r, s, eps, symmetric=True, **k)
    aff = lambda t, r, s=None, eps=F32_MIN, **k: Case(t, r, s, eps, **k)
    fp8 = [Case(t, (k, FP8[k][1]), "f32", symmetric=True) for t, k in (("f32", "e4m3fn"), ("bf16", "e4m3fn"), ("f32", "e5m2"))]
    name = "choose_qparams_affine and quantize_affine"
    return [
        ("torchao_choose_symmetric", f"{name}, SYMMETRIC", ["torchao", "torch"], choose("SYMMETRIC"), True,
         [sym("f32", INT8, full=True), sym("f32", NARROW8, eps=1e-5), sym("f32", UINT8), sym("f32", INT4),
          sym("f16", INT8, "f32", 2.0**-14), sym("bf16", INT8, "f32"), sym("bf16", INT8)]),
        ("torchao_choose_symmetric_no_clipping_err", f"{name}, SYMMETRIC_NO_CLIPPING_ERR", ["torchao", "torch"],
         choose("SYMMETRIC_NO_CLIPPING_ERR"), True,
         [sym("f32", INT4, full=True), sym("f32", INT8), sym("bf16", INT4, "f32")]),
        ("torchao_choose_asymmetric", f"{name}, ASYMMETRIC", ["torchao", "torch"], choose("ASYMMETRIC"), True,
         [aff("f32", INT8, full=True), aff("f32", UINT8, eps=F32_EPS), aff("f32", UINT4),
          aff("f16", INT8, "f32", 2.0**-14), aff("bf16", INT8, "f32")]),
        ("torchao_float8", "_choose_scale_float8 and _quantize_affine_float8", ["torchao", "torch"], scale_float8, True, fp8),
    ]


def fbgemm_files():
    library = ctypes.CDLL(str(pathlib.Path(torch.__file__).parent / "lib/libtorch_cpu.so"))

    class Parameters(ctypes.Structure):
        _fields_ = [("scale", ctypes.c_float), ("zero_point", ctypes.c_int32), ("precision", ctypes.c_int)]

    choose = library._ZN6fbgemm24ChooseQuantizationParamsEffiibb
    choose.restype = Parameters
    choose.argtypes = [ctypes.c_float] * 2 + [ctypes.c_int32] * 2 + [ctypes.c_bool] * 2

    def choose_parameters(c, x):
        p = choose(float(x.min()), float(x.max()), c.lo, c.hi, False, False)
        q = torch.quantize_per_tensor(to_torch(x), p.scale, p.zero_point, c.qtype).int_repr()
        return np.array([p.scale], np.float32), np.array([p.zero_point]), q.numpy()

    return [
        ("fbgemm_choose_quantization_params",
         "fbgemm::ChooseQuantizationParams, as built into torch; q: torch.quantize_per_tensor",
         ["torch"], choose_parameters, False,
         [Case("f32", UINT8, full=True, finite=True), Case("f32", INT8, finite=True)]),
    ]


def main():
    folder = pathlib.Path(sys.argv[1])
    groups = {"torch": torch_files, "torchao": torchao_files, "fbgemm": fbgemm_files}
    for group in sys.argv[2:]:
        for name, what, packages, system, by_row, cases in groups[group]():
            body = [line for case in cases for line in dict.fromkeys(lines(case, system, by_row))]
            write(folder, name, what, packages,
                  "case: T, scale type, n, q_min, q_max (fp8: format, largest), least scale; rows: scale zp x*n q*n", body)


if __name__ == "__main__":
    main()
