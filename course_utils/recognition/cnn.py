"""A small convolutional network for 8 × 8 digits. Taught in lesson 02."""

import numpy as np

BATCH = 64


def build():
    import keras
    from keras import layers

    return keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            layers.Conv2D(32, 3, padding="same", use_bias=False),
            layers.BatchNormalization(),
            layers.ReLU(),
            layers.Conv2D(32, 3, padding="same", use_bias=False),
            layers.BatchNormalization(),
            layers.ReLU(),
            layers.MaxPooling2D(),
            layers.Conv2D(64, 3, padding="same", use_bias=False),
            layers.BatchNormalization(),
            layers.ReLU(),
            layers.Flatten(),
            layers.Dropout(0.3),
            layers.Dense(96, activation="relu"),
            layers.Dropout(0.3),
            layers.Dense(10, activation="softmax"),
        ]
    )


def augment(images, rng, shift=1.0, angle=12, zoom=0.12, shear=0.12, elastic=0.3):
    from scipy.ndimage import map_coordinates

    n, height, width, _ = images.shape

    def any_of(limit):
        return rng.uniform(-limit, limit, (n, 1, 1)).astype(np.float32)

    angle, scale, shear = np.deg2rad(any_of(angle)), 1 + any_of(zoom), any_of(shear)
    y, x = np.mgrid[:height, :width].astype(np.float32) - np.float32([[[(height - 1) / 2]], [[(width - 1) / 2]]])
    cos, sin = np.cos(angle) / scale, np.sin(angle) / scale
    bumps = rng.normal(0, elastic, (2, n, 3, 3)).astype(np.float32)
    bend = bumps_matrix(height) @ bumps @ bumps_matrix(width).T
    slanted = x + shear * y
    rows = cos * y - sin * slanted + any_of(shift) + bend[0] + (height - 1) / 2
    columns = sin * y + cos * slanted + any_of(shift) + bend[1] + (width - 1) / 2
    which = np.broadcast_to(np.arange(n, dtype=np.float32)[:, None, None], rows.shape)
    warped = map_coordinates(images[..., 0], [which, rows, columns], order=1, mode="grid-constant", output=np.float32)
    return warped[..., None]


def bumps_matrix(size):
    places = np.linspace(0, 2, size)[:, None]
    return np.maximum(0, 1 - np.abs(places - np.arange(3))).astype(np.float32)


def batches(images, labels, epochs, rng, augmented):
    steps = epochs * len(labels) // BATCH
    order = np.concatenate([rng.permutation(len(labels)) for _ in range(epochs)])[: steps * BATCH]
    pictures = augment(images[order], rng) if augmented else images[order]
    return pictures, np.eye(10, dtype=np.float32)[labels[order]]


def compiled(model, steps, lr=3e-3, wd=1e-4, ema=0.995, jit=None, spe=1, metrics=None, smoothing=0.05):
    import keras

    rate = keras.optimizers.schedules.CosineDecay(0.0, steps - steps // 10, warmup_target=lr, warmup_steps=steps // 10)
    model.compile(
        keras.optimizers.AdamW(rate, weight_decay=wd, use_ema=ema is not None, ema_momentum=ema or 0.99),
        keras.losses.CategoricalCrossentropy(label_smoothing=smoothing),
        jit_compile=jit,
        steps_per_execution=spe,
        metrics=metrics,
    )
    return model
