#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Pictures of results.json: the fraction of the memory's limit over D, for each type and peer, and the roofline.

    python3 perf_tests/plot.py build/perf/results.json [more.json ...] --out docs

Needs matplotlib. Later files add rows (the Python peers, other thread counts); rows are told apart by name.
"""
import argparse
import collections
import json
import pathlib

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt

TYPES = ["double", "float", "half", "bfloat16"]
BYTES = {"double": 8, "float": 4, "half": 2, "bfloat16": 2}
# Operations an element that are no loads and stores: two divisions, two compares, a select (backward).
OPERATIONS = {"QuantizePerTokenBackward": 5, "QuantizePerToken": 6, "DequantizePerToken": 3}
PASSES = {"QuantizePerTokenBackward": lambda b: 3 * b, "QuantizePerToken": lambda b: b + 1, "DequantizePerToken": lambda b: b + 1}

Row = collections.namedtuple("Row", "op peer type space layout n d speed fraction")


def read(path):
    """The median of every row: Op[.peer]/type/space/layout/N/D."""
    rows = []
    for b in json.loads(pathlib.Path(path).read_text())["benchmarks"]:
        if b.get("aggregate_name", "median") != "median" or b.get("error_occurred"):
            continue
        name, element, space, layout, n, d = b.get("run_name", b["name"]).split("/")[:6]
        op, _, peer = name.partition(".")
        rows.append(Row(op, peer, element, space, layout, int(n), int(d), b["bytes_per_second"] * 1e-9, b.get("fraction_of_triad")))
    return rows


def save(figure, folder, name):
    for ending in ("png", "svg"):
        figure.savefig(folder / f"{name}.{ending}", dpi=150, bbox_inches="tight", metadata={"Date": None} if ending == "svg" else None)
    plt.close(figure)


def fractions(rows, op, folder, suffix):
    rows = [r for r in rows if r.op == op and r.fraction is not None and r.n > 1]
    label = lambda r: r.peer or f"this library, {r.layout}"
    labels = sorted({label(r) for r in rows}, key=lambda l: (not l.startswith("this"), l))
    colours = dict(zip(labels, plt.get_cmap("tab10").colors))
    figure, axes = plt.subplots(1, 4, figsize=(14, 3.6), sharey=True)
    for axis, element in zip(axes, TYPES):
        for l in labels:
            ours = l.startswith("this")
            points = sorted((r.d, r.fraction) for r in rows if r.type == element and label(r) == l)
            axis.plot([d for d, _ in points], [f for _, f in points], color=colours[l], label=l, marker="o", markersize=4,
                      linestyle="-" if ours else "--", linewidth=2 if ours else 1)
        axis.axhline(1, color="grey", linewidth=0.8)
        axis.set_xscale("log", base=2)
        axis.set(title=element, xlabel="D (elements a row)", ylim=(0, 1.25))
        axis.grid(alpha=0.3)
    axes[0].set_ylabel("fraction of the limit")
    figure.legend(*axes[0].get_legend_handles_labels(), loc="upper center", ncol=len(labels), bbox_to_anchor=(0.5, -0.06), frameon=False)
    figure.suptitle(f"{op}, {rows[0].space}: bytes a second over those of the best triad or copy beside it", y=1.04)
    save(figure, folder, f"{op}{suffix}")


def roofline(rows, folder, suffix):
    figure, axis = plt.subplots(figsize=(6.4, 4))
    limits = [r.speed for r in rows if r.op == "Triad"]
    roof = max(limits) if limits else max(r.speed for r in rows)
    intensities = [0.1, 2]
    axis.plot(intensities, [roof * i for i in intensities], color="black", label=f"memory: {roof:.0f} GB/s (best triad)")
    for op, marker in zip(OPERATIONS, "osd"):
        for element, colour in zip(TYPES, ("tab:blue", "tab:orange", "tab:green", "tab:red")):
            at = [r for r in rows if r.op == op and not r.peer and r.type == element and r.layout == "Right" and r.d == 4096 and r.n > 1]
            for r in at:
                intensity = OPERATIONS[op] / PASSES[op](BYTES[element])
                label = f"{op}, {element}"
                axis.plot(intensity, r.speed * intensity, marker, color=colour, label=label, linestyle="none")
    axis.set(xscale="log", yscale="log", xlabel="operations a byte", ylabel="10$^9$ operations a second", title="D = 4096, LayoutRight")
    axis.grid(alpha=0.3, which="both")
    axis.legend(fontsize=7, bbox_to_anchor=(1.02, 1), loc="upper left", frameon=False)
    save(figure, folder, f"roofline{suffix}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("results", nargs="+")
    parser.add_argument("--out", default="docs", type=pathlib.Path)
    parser.add_argument("--suffix", default="", help="behind the pictures' names, to keep a CPU's and a GPU's apart")
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    rows = [row for path in arguments.results for row in read(path)]
    for op in OPERATIONS:
        if any(r.op == op and r.n > 1 for r in rows):
            fractions(rows, op, arguments.out, arguments.suffix)
    roofline(rows, arguments.out, arguments.suffix)


if __name__ == "__main__":
    main()
