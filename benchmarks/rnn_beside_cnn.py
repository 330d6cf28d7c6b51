"""The RNN of lesson 04 beside the CNN of lesson 02, on random splits, on halves and on unseen writers.

    python benchmarks/rnn_beside_cnn.py                # 60/20/20 splits 0 to 4; seeds 1 to 5 on the others
    KERAS_BACKEND=jax python benchmarks/rnn_beside_cnn.py --seeds 1 2 --random 0

All networks are fitted on the training part only and read the test part once. Every seed's errors, the accuracy's
mean and standard deviation over seeds, parameters, and CPU seconds a training (all threads, warps and compiling
included). On random splits the seed is the split's too.
"""

import argparse
import time

import numpy as np

from course_utils.data import digits
from course_utils.recognition import cnn, rnn
from course_utils.runtime import setup

NETWORKS = {"CNN": cnn, "RNN": rnn}


def main() -> None:
    parser = argparse.ArgumentParser(description="Test errors, RNN beside CNN, over seeds.")
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3, 4, 5])
    parser.add_argument("--random", type=int, nargs="+", default=[0, 1, 2, 3, 4], help="seeds of the random splits")
    given = parser.parse_args()
    setup(keras=True)
    compare("random", [(digits.load("random", seed), seed) for seed in given.random])
    compare("halves", [(digits.load("halves"), seed) for seed in given.seeds])
    compare("by writer", [(digits.load("by writer"), seed) for seed in given.seeds])


def compare(name: str, runs: list[tuple[digits.Split, int]]) -> None:
    size = len(runs[0][0].test)
    print(f"\n{name}: {size} test digits\n{'':6s} accuracy           parameters  CPU s  every seed's errors")
    for label, module in NETWORKS.items():
        wrong, parameters, seconds = zip(*(measured(module, split, seed) for split, seed in runs), strict=True)
        right = 1 - np.array(wrong) / size
        spread = f" ± {right.std(ddof=1):.4f}" if len(wrong) > 1 else ""
        errors = " ".join(map(str, wrong))
        accuracy = f"{right.mean():.4f}{spread}"
        print(f"{label:6s} {accuracy:18s} {parameters[0]:10,d}  {np.mean(seconds):5.1f}  {errors}", flush=True)


def measured(module, split: digits.Split, seed: int) -> tuple[int, int, float]:
    """Test errors, parameters, and CPU seconds of one training."""
    began = time.process_time()
    model = module.train(split.train, seed=seed)
    seconds = time.process_time() - began
    wrong = module.predict(model, split.test.images).argmax(axis=1) != split.test.labels
    return int(wrong.sum()), model.count_params(), seconds


if __name__ == "__main__":
    main()
