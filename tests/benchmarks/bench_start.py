"""What a user waits for: the import beside `import sympy, numpy`, `--help`, and the demo.

Run by hand: python tests/benchmarks/bench_start.py [--demo]
"""

import subprocess
import sys
import tempfile
import time

RUNS = 7


def seconds(*arguments: str, folder: str | None = None) -> float:
    """Wall time of a Python process."""
    start = time.perf_counter()
    subprocess.run([sys.executable, *arguments], check=True, capture_output=True, cwd=folder)
    return time.perf_counter() - start


def median(*arguments: str) -> float:
    """Median over `RUNS` runs after one to warm the disk."""
    seconds(*arguments)
    return sorted(seconds(*arguments) for _ in range(RUNS))[RUNS // 2]


if __name__ == "__main__":
    base, ours = median("-c", "import sympy, numpy"), median("-c", "import sympy, numpy, signsgd_sym")
    print(f"import signsgd_sym adds {ours - base:+.3f} s to {base:.3f} s of sympy and numpy")
    print(f"--help answers in {median('-m', 'signsgd_sym', '--help'):.3f} s")
    if "--demo" in sys.argv:
        with tempfile.TemporaryDirectory() as folder:
            print(f"demo takes {seconds('-m', 'signsgd_sym', 'demo', folder=folder):.1f} s")
