"""GAN and RNN writer beside generators without a network, on one report card each (lessons 06 and 07).

    python benchmarks/report_cards.py                         # random splits 0 to 4, by writer with seeds 1 to 5
    python benchmarks/report_cards.py --seeds 0 --unseen      # one random split alone
    KERAS_BACKEND=jax python benchmarks/report_cards.py --keras

On random splits the seed is the split's, the judge's and the generators'. Judge, generators and rivals learn from the
training digits; the kernel's bandwidth is chosen on validation digits; cards compare with the test digits, once.
Distances are Fréchet's in the judge's features, and only their ratio within one split means anything. `--keras` lets
Keras take the GAN's steps. CPU seconds are those of one training, all threads, compiling included.
"""

import argparse
import time
from typing import NamedTuple

import numpy as np

from course_utils.data import digits
from course_utils.generation import duel, gan, judge, report_card, rivals, writer
from course_utils.recognition import cnn
from course_utils.runtime import setup

KERNELS = "kernel density"
COLD = 0.9  # the second temperature of the writer
COLUMNS = ("frechet", "precision", "recall", "density", "coverage", "agreement", "nearest_ratio", "copies")


def main() -> None:
    parser = argparse.ArgumentParser(description="Report cards of GAN, writer and their rivals, over seeds.")
    parser.add_argument("--seeds", type=int, nargs="*", default=[0, 1, 2, 3, 4], help="of the random splits")
    parser.add_argument("--unseen", type=int, nargs="*", default=[1, 2, 3, 4, 5], help="seeds for the split by writer")
    parser.add_argument("--keras", action="store_true", help="let Keras take the GAN's steps")
    given = parser.parse_args()
    setup(keras=True)
    if given.seeds:
        compare("random splits", [(digits.load("random", seed), seed) for seed in given.seeds], given.keras)
    if given.unseen:
        compare("unseen writers", [(digits.load("by writer"), seed) for seed in given.unseen], given.keras)


class Result(NamedTuple):
    """One split: cards by the generators' names, what the trainings cost, and how well the writer codes and reads."""

    cards: dict[str, report_card.Card]
    seconds: dict[str, float]
    bits: dict[str, float]
    errors: dict[str, int]


def compare(title: str, runs: list[tuple[digits.Split, int]], keras: bool) -> None:
    print(f"\n{title}: {len(runs[0][0].test)} test digits", flush=True)
    results = [measured(split, seed, keras) for split, seed in runs]
    print_cards(results)
    print_ratios(results)
    for what, rows in (("bits per dimension", "bits"), ("errors", "errors"), ("CPU seconds", "seconds")):
        for name in getattr(results[0], rows):
            values = [getattr(result, rows)[name] for result in results]
            print(f"{what + ', ' + name:40s}{np.mean(values):8.3f}   {' '.join(f'{value:.4g}' for value in values)}")


def measured(split: digits.Split, seed: int, keras: bool) -> Result:
    referee, _ = timed(lambda: judge.train(split.train, seed))
    players, gan_seconds = timed(lambda: trained_gan(split.train, seed, keras))
    model, writer_seconds = timed(lambda: writer.train(split.train, seed))
    author = writer.Writer(writer.weights_of(model))
    exam, labels = report_card.Exam(split, referee, "test"), split.test.labels
    drawn = {name: sample(labels, seed) for name, sample in rivals.fit_all(split).items()}
    drawn |= {
        "GAN": players.generator.sample(labels, seed),
        "GAN, last weights": players.last.sample(labels, seed),
        "writer": author.sample(labels, seed),
        f"writer, temperature {COLD}": author.sample(labels, seed, COLD),
    }
    return Result(
        {name: exam.measure(images, labels, name) for name, images in drawn.items()},
        {"GAN": gan_seconds, "writer": writer_seconds},
        bits(author, split),
        reading_errors(author, split, seed),
    )


def trained_gan(train: digits.Digits, seed: int, keras: bool) -> gan.Players:
    return duel.train(train, seed, gan.STEPS) if keras else gan.train(train, seed)


def timed(make) -> tuple[object, float]:
    began = time.process_time()
    return make(), time.process_time() - began


def bits(author: writer.Writer, split: digits.Split) -> dict[str, float]:
    """Bits per dimension of the test digits."""
    images, labels = split.test.images, split.test.labels
    codes = {
        "uniform": writer.uniform(len(labels)),
        "marginals of the class": writer.marginals(split.train)[labels],
        "writer": author.logits(images, labels),
    }
    return {name: writer.bits_per_dimension(logits, images) for name, logits in codes.items()}


def reading_errors(author: writer.Writer, split: digits.Split, seed: int) -> dict[str, int]:
    """Test digits misread by the writer, by Bayes' rule, and by the CNN."""
    read = {"writer": author.classify(split.test.images)}
    read["CNN"] = cnn.predict(cnn.train(split.train, seed=seed), split.test.images)
    return {name: int((opinion.argmax(axis=1) != split.test.labels).sum()) for name, opinion in read.items()}


def print_cards(results: list[Result]) -> None:
    print(f"{'means over ' + str(len(results)):28s}" + "".join(f"{name:>14s}" for name in COLUMNS))
    for name in results[0].cards:
        means = np.mean([[result.cards[name].scores[column] for column in COLUMNS] for result in results], axis=0)
        print(f"{name:28s}" + "".join(f"{value:14.4f}" for value in means))


def print_ratios(results: list[Result]) -> None:
    """Every seed's Fréchet distance as a multiple of kernel density's, and the figures that a target names."""
    for name in results[0].cards:
        ratios = [result.cards[name].frechet / result.cards[KERNELS].frechet for result in results]
        print(f"{'distance / ' + KERNELS + ', ' + name:52s}{np.mean(ratios):6.3f}   {listed(ratios)}")
    for column in ("agreement", "recall", "nearest_ratio", "copies"):
        for name in ("GAN", "writer"):
            print(f"{column}, {name}: {listed(result.cards[name].scores[column] for result in results)}")


def listed(values) -> str:
    return " ".join(f"{value:.3f}" for value in values)


if __name__ == "__main__":
    main()
