#!/usr/bin/env python3
"""Prints the results of ringlet_bench as a table: the best and the middle repetition, the budget, and whether it holds."""
import json
import sys

UNITS = ((1e6, "ms"), (1e3, "us"), (1, "ns"))


def time_text(nanoseconds):
    for size, unit in UNITS:
        if nanoseconds >= size:
            return f"{nanoseconds / size:.3g} {unit}"
    return f"{nanoseconds:.2g} ns"


def main(path):
    with open(path, encoding="utf-8") as file:
        runs = json.load(file)["benchmarks"]
    figures = {}
    for run in runs:
        name = run["run_name"].split("/iterations")[0]
        figures.setdefault(name, {})[run.get("aggregate_name", "min")] = run
    missed = 0
    print(f"{'figure':<28}{'best':>10}{'median':>10}{'budget':>10}  verdict")
    for name, found in figures.items():
        best = found["min"]
        if best.get("error_occurred"):
            print(f"{name:<28}{best['error_message']:>30}  FAILED")
            missed += 1
            continue
        budget = best["budget"]
        verdict = "" if not budget else "holds" if best["real_time"] <= budget else "MISSED"
        print(f"{name:<28}{time_text(best['real_time']):>10}{time_text(found.get('median', best)['real_time']):>10}"
              f"{time_text(budget) if budget else '-':>10}  {verdict}")
        missed += verdict == "MISSED"
        if "budget_kib" in best:
            verdict = "holds" if best["resident_kib"] <= best["budget_kib"] else "MISSED"
            print(f"{name + ' (resident)':<28}{best['resident_kib'] / 1024:>6.1f} MiB{'':>10}{best['budget_kib'] / 1024:>6.0f} MiB  {verdict}")
            missed += verdict == "MISSED"
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
