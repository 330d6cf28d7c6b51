"""The RNN of lesson 04 beside the CNN of lesson 02, and an ensemble of three networks of each kind (lesson 05).

    python benchmarks/rnn_beside_cnn.py                # random splits 0 to 4; seeds 1 to 5 on halves and by writer
    KERAS_BACKEND=jax python benchmarks/rnn_beside_cnn.py --seeds 1 2 --random 0

Models read the test part once. On random splits, where the seed is the split's too, and by writer they are fitted on
the training part, and the ensemble, the mean of six, gets one temperature from validation digits. On scikit-learn's
halves they are fitted on the whole first half; recipe and committee were chosen on validation writers before. Printed
are every seed's errors, the accuracy's mean and standard deviation over seeds, parameters, and CPU seconds a training
(all threads, warps and compiling included).
"""

import argparse
import time
from typing import NamedTuple

import numpy as np

from course_utils.data import digits
from course_utils.recognition import baselines, cnn, ensemble, rnn
from course_utils.runtime import setup

NETWORKS = {"CNN": cnn, "RNN": rnn}
EACH = 3  # networks of a kind in the ensemble; by log-loss on validation writers, from one to three
ENSEMBLE = "ensemble"


def main() -> None:
    parser = argparse.ArgumentParser(description="Test errors over seeds: RNN beside CNN, SVM and an ensemble.")
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3, 4, 5])
    parser.add_argument("--random", type=int, nargs="+", default=[0, 1, 2, 3, 4], help="seeds of the random splits")
    given = parser.parse_args()
    setup(keras=True)
    compare("random", [(digits.load("random", seed), seed) for seed in given.random])
    compare("halves", [(halves(), seed) for seed in given.seeds])
    compare("by writer", [(digits.load("by writer"), seed) for seed in given.seeds])


def halves() -> digits.Split:
    """scikit-learn's halves with nothing set aside for validation."""
    everyone, test = digits.load_all(), digits.load("halves").test
    return digits.Split(everyone[: len(everyone) - len(test)], everyone[:0], test)


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
    if len(runs[0][0].validation):
        print_confidence([run[ENSEMBLE] for run in by_run], labels)


def fitted(split: digits.Split, seed: int) -> dict[str, Run]:
    """The first network of each kind, the SVM, and the ensemble of all networks."""
    runs = {name: [trained(module, split, seed + 100 * i) for i in range(EACH)] for name, module in NETWORKS.items()}
    svm = baselines.svm(split.train).predict
    together = joined([run for kind in runs.values() for run in kind], split.validation.labels)
    return {name: kind[0] for name, kind in runs.items()} | {"SVM": asked(svm, split), ENSEMBLE: together}


def trained(module, split: digits.Split, seed: int) -> Run:
    began = time.process_time()
    model = module.train(split.train, seed=seed)
    seconds = time.process_time() - began
    run = asked(lambda images: module.predict(model, images), split)
    return run._replace(parameters=model.count_params(), seconds=seconds)


def asked(predict, split: digits.Split) -> Run:
    known = split.validation.images
    return Run(predict(known) if len(known) else np.empty((0, 10)), predict(split.test.images))


def joined(runs: list[Run], labels: np.ndarray) -> Run:
    """The runs' mean, after one temperature where there are digits, with `labels`, to choose it by."""
    test = ensemble.mean(np.stack([run.test for run in runs]))
    if not len(labels):
        return Run(np.empty((0, 10)), test)
    validation = ensemble.mean(np.stack([run.validation for run in runs]))
    degree = ensemble.temperature(validation, labels)
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
