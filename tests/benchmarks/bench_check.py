"""How long `check` takes, whether a valid step is ever refuted, and what becomes of mutants.

    python tests/benchmarks/bench_check.py                 # everything at 40 digits and 20 points, timed
    python tests/benchmarks/bench_check.py --seeds 20      # 20 seeds, fewer points: no step may fail
    python tests/benchmarks/bench_check.py --mutants 2000  # none may survive, 85 % rejected, 2 % undecided

Run it on an otherwise idle machine; every run draws a seed and prints it.
"""

import argparse
import json
import random
import subprocess
import sys
import time


def check(*arguments):
    """Exit status, the answer as data, and seconds."""
    command = [sys.executable, "-m", "signsgd_sym", "check", "--json", *arguments]
    started = time.perf_counter()
    finished = subprocess.run(command, capture_output=True, text=True, check=False)
    seconds = time.perf_counter() - started
    if finished.returncode == 2:
        sys.exit(finished.stderr)
    return finished.returncode, json.loads(finished.stdout), seconds


def summary(answer):
    """How often each verdict occurs among the steps."""
    counts = {}
    for derivation in answer["derivations"]:
        for step in derivation["steps"]:
            kind = "definition" if step["relation"] == ":=" else step["verdict"]
            counts[kind] = counts.get(kind, 0) + 1
    return ", ".join(f"{count} {kind}" for kind, count in sorted(counts.items()))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--seeds", type=int, default=0)
    parser.add_argument("--mutants", type=int, default=0)
    parser.add_argument("names", nargs="*")
    options = parser.parse_args()
    if options.seeds:
        for _ in range(options.seeds):
            seed = random.SystemRandom().randrange(2**32)
            few = ("--points", "6", "--digits", "20")
            status, answer, seconds = check("--seed", str(seed), *few, *options.names)
            print(f"seed {seed}: exit {status}, {summary(answer)}, {seconds:.0f} s", flush=True)
        return
    extra = ("--mutate", str(options.mutants)) if options.mutants else ()
    status, answer, seconds = check(*extra, *options.names)
    print(f"exit {status}, {summary(answer)}, {seconds:.0f} s")
    if options.mutants:
        counts = answer["mutants"]
        tried = counts["tried"]
        kinds = ("rejected", "implied", "undecided", "survived")
        shares = ", ".join(f"{counts[kind]} {kind} ({100 * counts[kind] / tried:.2f} %)" for kind in kinds)
        print(f"seed {answer['seed']}, {tried} mutants: {shares}")
        print(json.dumps(counts, indent=1))


if __name__ == "__main__":
    main()
