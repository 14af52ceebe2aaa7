#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Draws docs/masked and docs/error_over_bits (PNG and SVG) from the tables of examples/09_what_is_masked. Needs matplotlib.

    build/release/examples/09_what_is_masked/what_is_masked > tables.csv
    python3 docs/figures.py tables.csv --out docs
"""
import argparse
import csv
import pathlib

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402

BLUE, ORANGE, GREY = "#0b5394", "#d55e00", "#777777"


def tables(path):
    """The tables of the program's output, each a dict of columns."""
    found = []
    with open(path, newline="", encoding="utf-8") as file:
        for row in csv.reader(file):
            if not row[0].lstrip("-")[0].isdigit():
                found.append({name: [] for name in row})
            else:
                for column, value in zip(found[-1].values(), row):
                    column.append(float(value))
    return found


def save(figure, out, name):
    figure.savefig(out / f"{name}.png", dpi=110)
    figure.savefig(out / f"{name}.svg", metadata={"Date": None})
    plt.close(figure)


def draw_masked(table, out):
    t, inside = table["t"], [g != 0 for g in table["fake_dx"]]
    low = min(x for x, kept in zip(t, inside) if kept)
    high = max(x for x, kept in zip(t, inside) if kept)
    figure, (forward, gradient) = plt.subplots(2, 1, figsize=(7.5, 5.6), sharex=True, height_ratios=(3, 2), layout="constrained")
    forward.plot(t, [2 * x for x in table["x"]], color=GREY, lw=1, ls=":", label="t = x / scale")
    forward.plot(t, table["q"], color=BLUE, lw=1.8, label="code q, range [-4, 3]", drawstyle="steps-mid")
    forward.set_ylabel("q")
    gradient.plot(t, table["dx"], color=BLUE, lw=1.8, label="Quantize...Backward: dy / scale", drawstyle="steps-mid")
    gradient.plot(t, table["fake_dx"], color=ORANGE, lw=1.8, ls="--", label="FakeQuantize...Backward: dy", drawstyle="steps-mid")
    gradient.set_ylabel("dx, for dy = 1, scale = 1/2")
    gradient.set_xlabel("t = x / scale")
    for axes in (forward, gradient):
        axes.axvspan(min(t), low, color=GREY, alpha=0.18, lw=0)
        axes.axvspan(high, max(t), color=GREY, alpha=0.18, lw=0, label="masked" if axes is gradient else None)
        axes.set_xlim(min(t), max(t))
        axes.grid(alpha=0.25)
    forward.legend(loc="upper left", framealpha=1)
    gradient.legend(loc="center", bbox_to_anchor=(0.5, 0.27), ncols=3, fontsize="small", framealpha=1)
    forward.set_title("Which values are masked: those that the forward clamped")
    save(figure, out, "masked")


def draw_errors(table, out):
    figure, axes = plt.subplots(figsize=(7.5, 4.6), layout="constrained")
    styles = {"bfloat16": (ORANGE, "s"), "half": ("#009e73", "^"), "float": (BLUE, "o"), "double": ("black", ".")}
    axes.plot(table["bits"], [0.5 / (2 ** (b - 1) - 1) for b in table["bits"]], color=GREY, lw=3, alpha=0.4, label="half a step")
    for name, (color, marker) in styles.items():
        axes.plot(table["bits"], table[name], color=color, marker=marker, ms=4, lw=1, label=name)
    axes.set_yscale("log", base=2)
    axes.set_xlabel("bits of a code")
    axes.set_ylabel("largest |x' - x| of x in [-1, 1)")
    axes.set_xticks([b for b in table["bits"] if b % 2 == 0])
    axes.grid(alpha=0.25)
    axes.legend()
    axes.set_title("Error over bits: a factor of two a bit, down to the element type's own rounding")
    save(figure, out, "error_over_bits")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("tables", type=pathlib.Path)
    parser.add_argument("--out", type=pathlib.Path, default=pathlib.Path(__file__).parent)
    options = parser.parse_args()
    matplotlib.rcParams["svg.hashsalt"] = "kokkos-quant"
    masked, errors = tables(options.tables)
    draw_masked(masked, options.out)
    draw_errors(errors, options.out)


main()
