"""The RNN of lesson 04 beside the CNN of lesson 02, and lesson 05's ensemble of both and the SVM.

    python benchmarks/rnn_beside_cnn.py                # random splits 0 to 4; seeds 1 to 5 on halves and by writer
    KERAS_BACKEND=jax python benchmarks/rnn_beside_cnn.py --seeds 1 2 --random 0

All models are fitted on the training part only and read the test part once. Every seed's errors, the accuracy's mean
and standard deviation over seeds, parameters, and CPU seconds a training (all threads, warps and compiling included).
On random splits the seed is the split's too. The ensemble is the mean of the three models' probabilities with one
temperature from validation digits.
"""

import argparse
import time
from typing import NamedTuple

import numpy as np

from course_utils.data import digits
from course_utils.recognition import baselines, cnn, ensemble, rnn
from course_utils.runtime import setup

NETWORKS = {"CNN": cnn, "RNN": rnn}
ENSEMBLE = "ensemble"


def main() -> None:
    parser = argparse.ArgumentParser(description="Test errors over seeds: RNN beside CNN, and both with the SVM.")
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3, 4, 5])
    parser.add_argument("--random", type=int, nargs="+", default=[0, 1, 2, 3, 4], help="seeds of the random splits")
    given = parser.parse_args()
    setup(keras=True)
    compare("random", [(digits.load("random", seed), seed) for seed in given.random])
    compare("halves", [(digits.load("halves"), seed) for seed in given.seeds])
    compare("by writer", [(digits.load("by writer"), seed) for seed in given.seeds])


class Run(NamedTuple):
    """One model on one split: its opinions, and what it cost."""

    validation: np.ndarray
    test: np.ndarray
    parameters: int = 0
    seconds: float = 0.0


def compare(name: str, runs: list[tuple[digits.Split, int]]) -> None:
    print(f"\n{name}: {len(runs[0][0].test)} test digits")
    print(f"{'':9s}accuracy           parameters  CPU s  every seed's errors")
    by_run = [fitted(split, seed) for split, seed in runs]
    labels = [split.test.labels for split, _ in runs]
    for model in by_run[0]:
        print_model(model, [run[model] for run in by_run], labels)
    print_confidence([run[ENSEMBLE] for run in by_run], labels)


def fitted(split: digits.Split, seed: int) -> dict[str, Run]:
    """Every model's run, and the ensemble's at the end."""
    runs = {name: trained(module, split, seed) for name, module in NETWORKS.items()}
    runs["SVM"] = asked(baselines.svm(split.train).predict, split)
    return runs | {ENSEMBLE: joined(list(runs.values()), split)}


def trained(module, split: digits.Split, seed: int) -> Run:
    began = time.process_time()
    model = module.train(split.train, seed=seed)
    seconds = time.process_time() - began
    run = asked(lambda images: module.predict(model, images), split)
    return run._replace(parameters=model.count_params(), seconds=seconds)


def asked(predict, split: digits.Split) -> Run:
    return Run(predict(split.validation.images), predict(split.test.images))


def joined(runs: list[Run], split: digits.Split) -> Run:
    validation, test = (ensemble.mean(np.stack(part)) for part in zip(*(run[:2] for run in runs), strict=True))
    degree = ensemble.temperature(validation, split.validation.labels)
    return Run(*(ensemble.soften(part, degree) for part in (validation, test)))


def print_model(name: str, runs: list[Run], labels: list[np.ndarray]) -> None:
    wrong = np.array([ensemble.errors(run.test, truth) for run, truth in zip(runs, labels, strict=True)])
    right = 1 - wrong / len(labels[0])
    spread = f" ± {right.std(ddof=1):.4f}" if len(right) > 1 else ""
    cost = f"{runs[0].parameters:10,d}  {np.mean([run.seconds for run in runs]):5.1f}" if runs[0].parameters else ""
    print(f"{name:8s} {f'{right.mean():.4f}{spread}':18s} {cost:17s}  {' '.join(map(str, wrong))}", flush=True)


def print_confidence(runs: list[Run], labels: list[np.ndarray]) -> None:
    for title, measure in (("log-loss", ensemble.log_loss), ("calibration error", ensemble.calibration_error)):
        values = [measure(run.test, truth) for run, truth in zip(runs, labels, strict=True)]
        print(f"{ENSEMBLE}, {title}: mean {np.mean(values):.4f}; {' '.join(f'{v:.4f}' for v in values)}", flush=True)


if __name__ == "__main__":
    main()
