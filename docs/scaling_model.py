#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The tables of docs/scaling.md: what halos and gradients cost on many ranks, by bytes, latency and the time to pack them.

What is measured says so (docs/scaling.md has the machine); the rest in capitals is an assumption about a network and a code."""
import math

MEMORY = 4.36e12     # B/s, measured: the triad of one H200 (docs/performance.md)
LAUNCH = 5e-6        # s, measured: one kernel
LATENCY = 16e-6      # s, measured: one message from device memory to device memory within a machine, and the fence before it
UNPACK_ROW = 2.2e-9  # s a row, measured: UnpackRows finds out whose rows they are
PACK = {"double": 1.5e12, "float": 1.5e12, "int16": 0.67e12, "int8": 0.75e12}  # B/s read and written, measured: rows of 8 and 64
NETWORK = 25e9       # B/s each way and rank: a 200 Gb/s port (InfiniBand HDR, Slingshot 11) for each GPU
MESSAGE = 0.5e-6     # s, each further message that a rank has under way
GATHER = 0.5         # of MEMORY, for elements that are scattered
PASSES = 10          # arrays of the field's size that a step of the code reads or writes

PAYLOADS = (("double", 8), ("float", 4), ("int16", 2), ("int8", 1))


def record(fields, code):
    """Bytes of a row in a packed buffer: 16, and the row in multiples of 16."""
    return 16 + math.ceil(fields * code / 16) * 16


def halo_step(n, fields, name, code):
    """(seconds of computation, packing, network) of a step: n^3 cells a rank, six faces; a row is the fields of a cell, in double."""
    rows = 6 * n * n
    wire = 8 * fields if code == 8 else record(fields, code)  # plain rows need no record
    moved = rows * (8 * fields + wire)
    compute = n**3 * fields * 8 * PASSES / MEMORY + LAUNCH
    pack = LAUNCH + moved / PACK[name]
    unpack = LAUNCH + rows * UNPACK_ROW + moved / (GATHER * MEMORY)
    network = LATENCY + 5 * MESSAGE + rows * wire / NETWORK
    return compute, pack + unpack, network


def halo_table(title, sizes, fields):
    print(f"\n{title}, {fields} fields: us a step, computation / packing / network, and the speed-up over double\n")
    print("| ranks | cells a rank |" + "".join(f" {name} |" for name, _ in PAYLOADS) + "\n| --- | --- |" + " --- |" * len(PAYLOADS))
    for ranks, n in sizes:
        cells, plain = "", None
        for name, code in PAYLOADS:
            parts = halo_step(n, fields, name, code)
            plain = plain or sum(parts)
            cells += " " + " / ".join(f"{1e6 * p:.0f}" for p in parts) + f": {plain / sum(parts):.2f} |"
        print(f"| {ranks:,} | {n}^3 |{cells}")


def gradient(ranks, count, width, coded):
    """Seconds of the exchange of examples/04_data_parallel, a shard a rank."""
    element = 1 + 4 / width if coded else 4
    share = 1 - 1 / ranks
    network = 2 * (LATENCY + (ranks - 2) * MESSAGE) + 2 * share * count * element / NETWORK
    # an element: encoding before the first step, and of a rank's slice before the second, decoding twice, the sum
    encode, decode, encoders = (34, 5, 4) if coded else (8, 8, 1)  # bytes, bytes, kernels (34: with error feedback)
    kernels = (2 * encoders + 3) * LAUNCH + (encode * (1 + 1 / ranks) + 2 * decode + 4) * count / MEMORY
    return kernels, network


def gradient_table():
    print("\nGradients: ms a step, kernels / network\n")
    print("| ranks | elements | float | int8, rows of 64 | speed-up |\n| --- | --- | --- | --- | --- |")
    for count in (10**6, 10**8):
        for ranks in (8, 1000, 100_000):
            exact, coded = gradient(ranks, count, 64, False), gradient(ranks, count, 64, True)
            print(f"| {ranks:,} | {count:.0e} | " + " | ".join(" / ".join(f"{1e3 * p:.2f}" for p in t) for t in (exact, coded))
                  + f" | {sum(exact) / sum(coded):.2f} |")


if __name__ == "__main__":
    for fields in (8, 64):
        n = 256 if fields == 8 else 128
        halo_table(f"Weak scaling, {n}^3 cells a rank", [(r, n) for r in (1000, 100_000)], fields)
        total = 2560 if fields == 8 else 1280
        halo_table(f"Strong scaling, {total}^3 cells in all", [(r, round(total / r ** (1 / 3))) for r in (1000, 100_000)], fields)
    gradient_table()
