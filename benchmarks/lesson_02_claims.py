"""How far the figures behind lesson 02's claims spread over seeds, so that its bounds can clear the spread.

    python benchmarks/lesson_02_claims.py                # seeds 1 to 5, about eight minutes on two cores

Fitted on the training writers, measured on the test writers; the curves on the validation writers.
"""

import argparse
from collections.abc import Callable
from dataclasses import replace

import numpy as np
from keras import Input, Sequential, layers
from unseen_writers import accuracies, moved

from course_utils.data import digits
from course_utils.recognition import baselines, cnn
from course_utils.runtime import setup

SPLIT = digits.load("by writer")


def main() -> None:
    parser = argparse.ArgumentParser(description="Mean, lowest and highest of lesson 02's figures over seeds.")
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3, 4, 5])
    seeds = parser.parse_args().seeds
    setup(keras=True)
    print_scrambled(seeds)
    for augmented in (False, True):
        print_curves(augmented, seeds)
    print_architectures(seeds)


def show(name: str, values) -> None:
    values = np.asarray(values)
    print(f"{name:58s} {values.mean():7.3f}  ({values.min():.3f} to {values.max():.3f})", flush=True)


def print_scrambled(seeds: list[int]) -> None:
    """All pixels exchanged in one fixed way, at training and at test time; without augmentation."""
    order = np.random.default_rng(0).permutation(64)
    train, test = (scrambled(part, order) for part in (SPLIT.train, SPLIT.test))
    labels = [baselines.svm(a).predict(b.images).argmax(axis=1) for a, b in ((SPLIT.train, SPLIT.test), (train, test))]
    print(f"scrambled pixels: the SVM changes {(labels[0] != labels[1]).sum()} of {len(test)} answers")
    models = [predictor(cnn.train(train, seed=seed, augmented=False)) for seed in seeds]
    show("scrambled pixels: CNN without augmentation", accuracies(models, test.images, test.labels))


def scrambled(part: digits.Digits, order: np.ndarray) -> digits.Digits:
    return replace(part, images=part.images.reshape(-1, 64)[:, order].reshape(part.images.shape))


def predictor(model) -> Callable:
    return lambda images: cnn.predict(model, images)


def print_curves(augmented: bool, seeds: list[int]) -> None:
    """Loss and accuracy at some epochs, as Keras reports them, then what the finished networks can do."""
    name = "CNN" if augmented else "CNN without augmentation"
    models = [cnn.train(SPLIT.train, SPLIT.validation, seed=seed, augmented=augmented) for seed in seeds]
    for key in ("loss", "val_loss", "accuracy", "val_accuracy"):
        for epoch in (1, 5, 10, 20, 40):
            show(f"{name}: {key} after epoch {epoch}", [model.history.history[key][epoch - 1] for model in models])
    predictors = [predictor(model) for model in models]
    show(f"{name}: training accuracy", accuracies(predictors, SPLIT.train.images, SPLIT.train.labels))
    show(f"{name}: validation accuracy", accuracies(predictors, SPLIT.validation.images, SPLIT.validation.labels))
    show(f"{name}: training surprise", [surprise(predict, SPLIT.train) for predict in predictors])
    show(f"{name}: validation surprise", [surprise(predict, SPLIT.validation) for predict in predictors])
    print_test(name, predictors)


def surprise(predict: Callable, part: digits.Digits) -> float:
    """Mean cross-entropy without smoothing, in nats."""
    return float(-np.log(np.maximum(predict(part.images)[np.arange(len(part)), part.labels], 1e-7)).mean())


def print_test(name: str, predictors: list) -> None:
    images, labels = SPLIT.test.images, SPLIT.test.labels
    show(f"{name}: test", accuracies(predictors, images, labels))
    show(f"{name}: test, inverted", accuracies(predictors, 1 - images, labels))
    for shift in (-1, 1):
        show(f"{name}: test, moved by {shift:+d}", accuracies(predictors, moved(images, shift), labels))


def print_architectures(seeds: list[int]) -> None:
    """Depth and pooling, each trained by the recipe without augmentation."""
    for fit in (baselines.logistic, baselines.nearest_neighbours, baselines.svm):
        model = fit(SPLIT.train)
        print_test(model.name, [model.predict])
    for name, network in ARCHITECTURES.items():
        models = [cnn.train(SPLIT.train, seed=seed, augmented=False, network=network) for seed in seeds]
        print(f"{name}: {models[0].count_params():,} weights")
        print_test(name, [predictor(model) for model in models])


def network(*body) -> Sequential:
    return Sequential([Input((8, 8, 1)), *body, layers.Flatten(), layers.Dense(10, activation="softmax")])


def convolution(filters: int = 32) -> layers.Layer:
    return layers.Conv2D(filters, 3, padding="same", activation="relu")


ARCHITECTURES = {
    "linear: one dense layer": network,
    "hidden layer of 96, no convolution": lambda: network(layers.Flatten(), layers.Dense(96, activation="relu")),
    "one convolution": lambda: network(convolution()),
    "two convolutions": lambda: network(convolution(), convolution()),
    "two convolutions, pooling": lambda: network(convolution(), convolution(), layers.MaxPooling2D()),
    "three convolutions, pooling": lambda: network(
        convolution(), convolution(), layers.MaxPooling2D(), convolution(64)
    ),
    "three convolutions, pooling twice": lambda: network(
        convolution(), convolution(), layers.MaxPooling2D(), convolution(64), layers.MaxPooling2D()
    ),
}


if __name__ == "__main__":
    main()
