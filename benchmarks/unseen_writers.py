"""What the models of lesson 02 are worth on handwriting they have not seen.

    python benchmarks/unseen_writers.py                 # seeds 1 to 5, about five minutes on two cores
    KERAS_BACKEND=jax python benchmarks/unseen_writers.py --seeds 1 2

All models are fitted on the training part only. Two tables: test accuracy, by writer and on scikit-learn's own
halves; and test digits of the unseen writers moved by one pixel.
"""

import argparse

import numpy as np

from course_utils.data import digits
from course_utils.recognition import baselines, cnn
from course_utils.runtime import setup

SHIFTS = (-1, 0, 1)


def main() -> None:
    parser = argparse.ArgumentParser(description="Accuracy on unseen writers, over seeds, beside the baselines.")
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3, 4, 5])
    seeds = parser.parse_args().seeds
    setup(keras=True)
    print_accuracy("by writer", writers := models_for("by writer", seeds))
    print_accuracy("halves", models_for("halves", seeds))
    print_moved(writers)


def models_for(split: str, seeds: list[int]) -> dict[str, list]:
    """For each kind of model a list of functions from images to probabilities; networks have one a seed."""
    train = digits.load(split).train
    fits = (baselines.logistic(train), baselines.nearest_neighbours(train), baselines.svm(train))
    models = {model.name: [model.predict] for model in fits}
    for name, augmented in (("CNN without augmentation", False), ("CNN", True)):
        models[name] = [network(train, seed, augmented) for seed in seeds]
    return models


def network(train: digits.Digits, seed: int, augmented: bool):
    model = cnn.train(train, seed=seed, augmented=augmented)
    return lambda images: cnn.predict(model, images)


def print_accuracy(split: str, models: dict[str, list]) -> None:
    test = digits.load(split).test
    print(f"\n{split}: {len(test)} test digits\n{'':26s} accuracy  errors  every seed's errors")
    for name, predicts in models.items():
        wrong = [errors(predict(test.images), test.labels) for predict in predicts]
        right = 1 - np.array(wrong) / len(test)
        spread = f" ± {right.std(ddof=1):.4f}" if len(wrong) > 1 else ""
        print(f"{name:26s} {right.mean():.4f}   {np.mean(wrong):5.1f}   {' '.join(map(str, wrong))}{spread}")


def errors(probabilities: np.ndarray, labels: np.ndarray) -> int:
    return int((probabilities.argmax(axis=1) != labels).sum())


def print_moved(models: dict[str, list]) -> None:
    test = digits.load("by writer").test
    print(f"\nunseen writers, moved sideways by … pixels: accuracy, and over seeds (lowest–highest)\n{'':26s}", end="")
    print("".join(f"{shift:^+24d}" for shift in SHIFTS))
    for name, predicts in models.items():
        columns = (accuracies(predicts, moved(test.images, shift), test.labels) for shift in SHIFTS)
        print(f"{name:26s}" + "".join(f"{c.mean():.3f} ({c.min():.3f}–{c.max():.3f})".center(24) for c in columns))


def accuracies(predicts: list, images: np.ndarray, labels: np.ndarray) -> np.ndarray:
    return np.array([(predict(images).argmax(axis=1) == labels).mean() for predict in predicts])


def moved(images: np.ndarray, pixels: int) -> np.ndarray:
    """Images moved right (left when negative); blank paper moves in, what leaves is lost."""
    framed = np.pad(images, ((0, 0), (0, 0), (1, 1), (0, 0)))
    return framed[:, :, 1 - pixels : 9 - pixels]


if __name__ == "__main__":
    main()
