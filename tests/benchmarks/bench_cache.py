"""What the cache saves: `law_formulas` of seven common laws, searched and read, start-up left out.

Each law has processes of its own: one that searches, one that finds the answer on disk and asks three times.
The first of these calls is what a command waits for, the later ones are those of a session.

Run by hand: python tests/benchmarks/bench_cache.py
"""

import json
import os
import subprocess
import sys
import tempfile
import time

LAWS = (
    "Normal(0, v)",
    "Laplace(0, b)",
    "Cauchy(0, c)",
    "StudentT(nu)",
    "Uniform(-a, a)",
    "Rademacher()",
    "Mixture((1/2, Normal(0, a)), (1/2, Normal(0, b)))",
)
CALLS = 3


def answers(text: str) -> None:
    """Time some calls for one law, and print the times and verdicts as JSON."""
    from signsgd_sym.derive.law_formulas import law_formulas
    from signsgd_sym.model.noise import noise_law

    law, times = noise_law(text), []
    for _ in range(CALLS):
        start = time.perf_counter()
        found = law_formulas(law)
        times.append(time.perf_counter() - start)
    print(json.dumps({"times": times, "verdict": found.verdict.value, "note": found.cache}))


def in_process(text: str, folder: str) -> dict:
    """The same in a process of its own that keeps its answers in `folder`."""
    environment = {**os.environ, "SIGNSGD_SYM_CACHE": folder}
    command = [sys.executable, __file__, "--law", text]
    run = subprocess.run(command, check=True, capture_output=True, text=True, env=environment)
    return json.loads(run.stdout)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--law"]:
        answers(sys.argv[2])
        sys.exit()
    print(f"{'law':52}{'searched':>10}{'read':>8}{'again':>8}  verdict")
    for law in LAWS:
        with tempfile.TemporaryDirectory() as folder:
            searched, read = in_process(law, folder), in_process(law, folder)
        first, *later = read["times"]
        times = f"{searched['times'][0]:>8.2f} s{first:>6.2f} s{min(later):>6.2f} s"
        print(f"{law:52}{times}  {searched['verdict']}, {read['verdict']}")
