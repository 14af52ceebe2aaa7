# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What the Python peers share: turns of a function and its limit, and results in Google Benchmark's form."""
import json
import pathlib
import statistics
import time


def seconds(run, fence, calls):
    run()
    fence()
    start = time.perf_counter()
    for _ in range(calls):
        run()
    fence()
    return (time.perf_counter() - start) / calls


class Results:
    def __init__(self, context, fence=lambda: None, repetitions=5, calls=2):
        self.context, self.fence, self.repetitions, self.calls, self.rows = context, fence, repetitions, calls, []

    def measure(self, name, moved, run, limit=None, limit_moved=None, limit_speed=None):
        """name is Op.peer/type/space/layout/N/D; moved are bytes. The limit is a function beside it, or a speed measured before."""
        times, fractions = [], []
        for _ in range(self.repetitions):
            speed = limit_speed
            if limit is not None:
                speed = limit_moved / seconds(limit, self.fence, self.calls)
            times.append(seconds(run, self.fence, self.calls))
            if speed:
                fractions.append(moved / times[-1] / speed)
        median = statistics.median(times)
        row = {"name": name + "_median", "run_name": name, "run_type": "aggregate", "aggregate_name": "median",
               "repetitions": self.repetitions, "real_time": median * 1e6, "time_unit": "us", "bytes_per_second": moved / median}
        if fractions:
            row["fraction_of_triad"] = statistics.median(fractions)
            if row["fraction_of_triad"] > 1.4 and limit is not None:
                row.update(error_occurred=True, error_message="faster than memory allows")
        self.rows.append(row)
        print(f"{name:70} {median * 1e6:10.0f} us {moved / median * 1e-9:8.1f} GB/s  {row.get('fraction_of_triad', float('nan')):.2f}", flush=True)

    def write(self, path):
        pathlib.Path(path).write_text(json.dumps({"context": self.context, "benchmarks": self.rows}, indent=2) + "\n")


def speeds(path):
    """bytes_per_second of the medians of a results.json of ours: the best form of each limit, by (op, type)."""
    best = {}
    if path:
        for b in json.loads(pathlib.Path(path).read_text())["benchmarks"]:
            if b.get("aggregate_name") == "median" and not b.get("error_occurred"):
                op, element = b["run_name"].split("/")[:2]
                key = (op.split(".")[0], element)
                best[key] = max(best.get(key, 0), b["bytes_per_second"])
    return best
