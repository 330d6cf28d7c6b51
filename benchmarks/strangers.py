"""What the course's models are worth on strangers' digits, and how that grows when strangers are added to training.

    python benchmarks/strangers.py                 # seeds 1 to 5, some eight minutes on two cores
    python benchmarks/strangers.py --seeds 1 2

Models and reduction are frozen: nothing here was chosen by the 5,000 digits of `data.mnist`. Two tables: accuracy on
all of them; and, with 0, 1, 3, 10 and 250 of each class from the first 2,500 added to the training writers, accuracy on
the other 2,500 and errors on the test writers.
"""

import argparse
from collections.abc import Callable

import numpy as np

from course_utils.data import digits, mnist
from course_utils.recognition import baselines, cnn
from course_utils.runtime import setup

ADDED = (0, 1, 3, 10, 250)
Predict = Callable[[np.ndarray], np.ndarray]


def main() -> None:
    parser = argparse.ArgumentParser(description="Accuracy on strangers' digits, over seeds.")
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3, 4, 5])
    seeds = parser.parse_args().seeds
    setup(keras=True)
    print_all(seeds)
    print_growth(seeds)


def print_all(seeds: list[int]) -> None:
    train, strangers = digits.load().train, mnist.load().digits()
    print(f"{len(strangers):,} strangers' digits: accuracy, and every seed's")
    for fit in (baselines.logistic, baselines.nearest_neighbours, baselines.svm):
        model = fit(train)
        print_row(model.name, [accuracy(model.predict(strangers.images), strangers)])
    print_row("shipped CNN", [accuracy(cnn.load_trained().predict(strangers.images), strangers)])
    opinions = [network(train, seed)(strangers.images) for seed in seeds]
    print_row("CNN", [accuracy(each, strangers) for each in opinions])
    print_row(f"mean of these {len(seeds)}", [accuracy(np.mean(opinions, axis=0), strangers)])


def print_growth(seeds: list[int]) -> None:
    test, judged = digits.load().test, mnist.load().digits(slice(2500, None))
    fits = {"SVM": svm, "3 nearest neighbours": neighbours, "CNN": network}
    print(f"\nadded of each class: accuracy on {len(judged):,} other strangers, errors of {len(test)} test digits")
    for name, fit in fits.items():
        for added in ADDED:
            models = [fit(with_strangers(added, seed), seed) for seed in seeds]
            right = [accuracy(predict(judged.images), judged) for predict in models]
            wrong = [len(test) * (1 - accuracy(predict(test.images), test)) for predict in models]
            print_row(f"{name}, {added} added", right, f"   {np.mean(wrong):5.1f} errors")


def with_strangers(added: int, seed: int) -> digits.Digits:
    """The training writers' digits and `added` strangers of each class, drawn by `seed` from the first 2,500."""
    train, strangers = digits.load().train, mnist.load()
    rng = np.random.default_rng(seed)
    donors = [np.flatnonzero(strangers.labels[:2500] == label) for label in range(10)]
    rows = np.concatenate([rng.permutation(each)[:added] for each in donors])
    return digits.join(train, strangers.digits(rows)) if added else train


def svm(train: digits.Digits, seed: int) -> Predict:
    return baselines.svm(train).predict


def neighbours(train: digits.Digits, seed: int) -> Predict:
    return baselines.nearest_neighbours(train).predict


def network(train: digits.Digits, seed: int) -> Predict:
    model = cnn.train(train, seed=seed)
    return lambda images: cnn.predict(model, images)


def accuracy(probabilities: np.ndarray, truth: digits.Digits) -> float:
    return float((probabilities.argmax(axis=1) == truth.labels).mean())


def print_row(name: str, values: list[float], more: str = "") -> None:
    spread = f" ± {np.std(values, ddof=1):.4f}" if len(values) > 1 else " " * 9
    each = " ".join(f"{value:.4f}" for value in values)
    print(f"{name:30s} {np.mean(values):.4f}{spread}   {each}{more}", flush=True)


if __name__ == "__main__":
    main()
