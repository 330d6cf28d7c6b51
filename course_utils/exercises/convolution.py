"""Exercises of lesson 01, Convolution basics."""

import numpy as np

from course_utils.exercises.engine import Exercise

__all__ = ["count_weights", "cross_correlate", "receptive_field", "stride"]


# --- cross_correlate -------------------------------------------------------------------------------------


def my_cross_correlate(image, kernel):
    """Slide `kernel` (kh, kw) over `image` (h, w); return the (h - kh + 1, w - kw + 1) sums."""
    raise NotImplementedError


def loops(image, kernel):
    """Two loops: for each place one patch, one product, one sum."""
    h, w = image.shape
    kh, kw = kernel.shape
    sums = np.zeros((h - kh + 1, w - kw + 1))
    for i in range(h - kh + 1):
        for j in range(w - kw + 1):
            sums[i, j] = (image[i : i + kh, j : j + kw] * kernel).sum()
    return sums


def shifted_images(image, kernel):
    """One shifted copy of the image for each number of the kernel, all added up."""
    h, w = image.shape
    kh, kw = kernel.shape
    sums = np.zeros((h - kh + 1, w - kw + 1))
    for a in range(kh):
        for b in range(kw):
            sums += kernel[a, b] * image[a : a + h - kh + 1, b : b + w - kw + 1].astype(float)
    return sums


def windows(image, kernel):
    """All patches at once, as one array with four axes."""
    patches = np.lib.stride_tricks.sliding_window_view(image, kernel.shape)
    return (patches * kernel).sum(axis=(2, 3))


def scipy_correlate(image, kernel):
    """SciPy's own, in 32-bit floats."""
    from scipy.signal import correlate2d

    return correlate2d(image.astype(np.float32), kernel.astype(np.float32), mode="valid")


def turns_the_kernel(image, kernel):
    """Your answer turns the kernel by 180° first. That is what mathematics calls convolution; a CNN layer
    does not turn it. On a symmetric kernel you cannot tell; try `[[0, 1]]`, and look at which neighbour you
    picked.
    """
    kernel = kernel[::-1, ::-1]
    kh, kw = kernel.shape
    h, w = image.shape
    sums = np.zeros((h - kh + 1, w - kw + 1))
    for i in range(h - kh + 1):
        for j in range(w - kw + 1):
            sums[i, j] = (image[i : i + kh, j : j + kw] * kernel).sum()
    return sums


def transposes_the_kernel(image, kernel):
    """Your answer lays the kernel's rows along the columns of the image. `kernel[a, b]` meets
    `image[i + a, j + b]`: a counts rows in both, b counts columns in both. A kernel that is its own mirror
    image along the diagonal hides this; try `[[0, 1], [0, 0]]`, which should pick the neighbour to the right.
    """
    h, w = image.shape
    kh, kw = kernel.shape
    sums = np.zeros((h - kh + 1, w - kw + 1))
    for i in range(h - kh + 1):
        for j in range(w - kw + 1):
            for a in range(kh):
                for b in range(kw):
                    sums[i, j] += image[i + a, j + b] * kernel[b, a]
    return sums


def multiplies_matrices(image, kernel):
    """Your answer multiplies patch and kernel as matrices (`@` or `np.dot`), which adds up products of numbers
    that never met. Lay the kernel on the patch: the two numbers in the same place are multiplied,
    `patch * kernel`, and the products are added up.
    """
    h, w = image.shape
    kh, kw = kernel.shape
    sums = np.zeros((h - kh + 1, w - kw + 1))
    for i in range(h - kh + 1):
        for j in range(w - kw + 1):
            sums[i, j] = (image[i : i + kh, j : j + kw] @ kernel).sum()
    return sums


def averages_the_patch(image, kernel):
    """Your answer divides by the number of products: that is their mean, and their sum is asked for. With a
    3×3 kernel all your values are nine times too small. Who wants a mean puts 1/9 into the kernel.
    """
    h, w = image.shape
    kh, kw = kernel.shape
    means = np.zeros((h - kh + 1, w - kw + 1))
    for i in range(h - kh + 1):
        for j in range(w - kw + 1):
            means[i, j] = (image[i : i + kh, j : j + kw] * kernel).mean()
    return means


def stops_one_early(image, kernel):
    """Your result is one row and one column short: the kernel never reaches the image's last row and last
    column. Count the places of a 3-row kernel on 5 rows: it can begin at row 0, 1 or 2, so there are
    5 − 3 + 1. `range(5 - 3)` has only two of them, because `range` leaves out its end by itself.
    """
    h, w = image.shape
    kh, kw = kernel.shape
    sums = np.zeros((h - kh, w - kw))
    for i in range(h - kh):
        for j in range(w - kw):
            sums[i, j] = (image[i : i + kh, j : j + kw] * kernel).sum()
    return sums


def leaves_the_last_zero(image, kernel):
    """Your result has the right size, but its last row and last column stay 0: their turn never comes. `range`
    leaves out its end by itself, so the loops run over `range(h - kh + 1)` and `range(w - kw + 1)`, the very
    numbers that are the size of the result.
    """
    h, w = image.shape
    kh, kw = kernel.shape
    sums = np.zeros((h - kh + 1, w - kw + 1))
    for i in range(h - kh):
        for j in range(w - kw):
            sums[i, j] = (image[i : i + kh, j : j + kw] * kernel).sum()
    return sums


def square_only(image, kernel):
    """Your answer takes one side for both: it is right on square images with square kernels and nowhere else.
    Ask for both sides, `h, w = image.shape` and `kh, kw = kernel.shape`, and try it on 4 × 6.
    """
    n, k = len(image), len(kernel)
    sums = np.zeros((n - k + 1, n - k + 1))
    for i in range(n - k + 1):
        for j in range(n - k + 1):
            for a in range(k):
                for b in range(k):
                    sums[i, j] += image[i + a, j + b] * kernel[a, b]
    return sums


def square_kernel_only(image, kernel):
    """Your answer takes the kernel's height for its width too. Kernels need not be square: ask for both sides,
    `kh, kw = kernel.shape`, and try a kernel of 3 × 2.
    """
    h, w = image.shape
    k = len(kernel)
    sums = np.zeros((h - k + 1, w - k + 1))
    for i in range(h - k + 1):
        for j in range(w - k + 1):
            sums[i, j] = (image[i : i + k, j : j + k] * kernel).sum()
    return sums


def kernel_as_wide_as_high(image, kernel):
    """Your loops run over the kernel as far to the right as down. A kernel of 1 × 2 has one row and two columns, so
    they need both sides, `kh, kw = kernel.shape`: a counts up to kh, b up to kw.
    """
    h, w = image.shape
    k = len(kernel)
    sums = np.zeros((h - k + 1, w - k + 1))
    for i in range(h - k + 1):
        for j in range(w - k + 1):
            for a in range(k):
                for b in range(k):
                    sums[i, j] += image[i + a, j + b] * kernel[a, b]
    return sums


def keeps_the_last_product(image, kernel):
    """Your answer writes each product over the one before, so only the last product is left: the kernel's lower right
    number times its pixel. `sums[i, j] += …` adds to what is there; `=` replaces it.
    """
    h, w = image.shape
    kh, kw = kernel.shape
    sums = np.zeros((h - kh + 1, w - kw + 1))
    for i in range(h - kh + 1):
        for j in range(w - kw + 1):
            for a in range(kh):
                for b in range(kw):
                    sums[i, j] = image[i + a, j + b] * kernel[a, b]
    return sums


def mixes_height_and_width(image, kernel):
    """Your answer mixes height and width. An array gives its height first, `h, w = image.shape`, and its first
    index counts rows from top to bottom. Square images hide this; try 4 × 6.
    """
    w, h = image.shape
    kw, kh = kernel.shape
    sums = np.zeros((h - kh + 1, w - kw + 1))
    for i in range(h - kh + 1):
        for j in range(w - kw + 1):
            for a in range(kh):
                for b in range(kw):
                    sums[i, j] += image[i + a, j + b] * kernel[a, b]
    return sums


def keeps_the_size(image, kernel):
    """Your result is as large as the image: you let the kernel hang over the border and count what is missing
    as 0. That is called padding. Here the kernel stays inside, so (h - kh + 1) × (w - kw + 1) places remain.
    """
    h, w = image.shape
    kh, kw = kernel.shape
    padded = np.pad(image, ((kh // 2, kh // 2), (kw // 2, kw // 2)))
    sums = np.zeros((h, w))
    for i in range(h):
        for j in range(w):
            sums[i, j] = (padded[i : i + kh, j : j + kw] * kernel).sum()
    return sums


def keeps_the_images_type(image, kernel):
    """Your result has the image's own type. In uint8 there is room for the whole numbers 0 to 255 and nothing
    else: 300 turns into 44, −3 into 253, and halves are cut off. Start with `np.zeros(…)` without a `dtype`:
    it holds real numbers.
    """
    h, w = image.shape
    kh, kw = kernel.shape
    sums = np.zeros((h - kh + 1, w - kw + 1), dtype=image.dtype)
    for i in range(h - kh + 1):
        for j in range(w - kw + 1):
            sums[i, j] = (image[i : i + kh, j : j + kw] * kernel).sum()
    return sums


def adds_in_the_images_type(image, kernel):
    """Your sums keep the image's integer type: in uint8 200 + 100 is 44, because counting begins again at 256.
    Compute in floating-point numbers: `image = image.astype(float)`, or a total that begins with `0.0`.
    """
    h, w = image.shape
    kh, kw = kernel.shape
    sums = np.zeros((h - kh + 1, w - kw + 1))
    for i in range(h - kh + 1):
        for j in range(w - kw + 1):
            total = 0
            for a in range(kh):
                for b in range(kw):
                    total += image[i + a, j + b] * kernel[a, b]
            sums[i, j] = total
    return sums


def _images_and_kernels():
    rng = np.random.default_rng(1)
    photograph = rng.integers(0, 256, (3, 4), dtype=np.uint8)
    return [
        (np.array([[1.0, 2.0, 4.0]]), np.array([[0.0, 1.0]])),
        (np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0], [7.0, 8.0, 0.0]]), np.array([[1.0, 2.0], [0.0, -1.0]])),
        (_tenths(rng, 4, 6), _tenths(rng, 3, 2)),
        (_tenths(rng, 6, 4), _tenths(rng, 2, 3)),
        (_tenths(rng, 5, 5).astype(np.float32), np.array([[-1, 0, 1], [-1, 0, 1], [-1, 0, 1]])),
        (_tenths(rng, 3, 2), _tenths(rng, 3, 2)),
        (_tenths(rng, 9, 14)[::2, ::-1], _tenths(rng, 3, 3)),
        (photograph, np.ones((2, 2), dtype=np.uint8)),
        (photograph.copy(), np.array([[-1, 0, 1]])),
        (photograph.copy(), np.full((2, 2), 0.25)),
    ]


def _tenths(rng, height, width):
    return rng.integers(-9, 10, (height, width)) / 10


cross_correlate = Exercise(
    "convolution.cross_correlate",
    my_cross_correlate,
    right=[loops, shifted_images, windows, scipy_correlate],
    wrong=[
        turns_the_kernel,
        transposes_the_kernel,
        multiplies_matrices,
        averages_the_patch,
        stops_one_early,
        leaves_the_last_zero,
        square_only,
        square_kernel_only,
        kernel_as_wide_as_high,
        keeps_the_last_product,
        mixes_height_and_width,
        keeps_the_size,
        keeps_the_images_type,
        adds_in_the_images_type,
    ],
    cases=_images_and_kernels,
    situation="on a {image} image with a {kernel} kernel",
    hints=[
        "Begin with one place: the sum at [0, 0] is `(image[:kh, :kw] * kernel).sum()`.",
        "At [i, j] the patch begins i rows further down and j columns further right: "
        "`image[i : i + kh, j : j + kw]`.",
        "Ask for `h, w = image.shape` and `kh, kw = kernel.shape`, make room with "
        "`sums = np.zeros((h - kh + 1, w - kw + 1))`, and let two loops run over its rows and columns.",
    ],
    insight="That is all a convolution layer does, many times over: multiply, add, move on.",
)


# --- stride ----------------------------------------------------------------------------------------------


def my_strided(image, kernel, stride):
    """Slide `kernel` (kh, kw) over `image` (h, w) in steps of `stride` pixels, down and right.

    Return one sum for each place where the whole kernel fits:
    ((h - kh) // stride + 1, (w - kw) // stride + 1) of them.
    """
    raise NotImplementedError


def strided_loops(image, kernel, stride):
    """Two loops over the places; place [i, j] begins at row i · stride and column j · stride."""
    h, w = image.shape
    kh, kw = kernel.shape
    rows, columns = (h - kh) // stride + 1, (w - kw) // stride + 1
    sums = np.zeros((rows, columns))
    for i in range(rows):
        for j in range(columns):
            top, left = i * stride, j * stride
            sums[i, j] = (image[top : top + kh, left : left + kw] * kernel).sum()
    return sums


def every_stride_th_patch(image, kernel, stride):
    """All patches as a view, of which only every stride-th is multiplied."""
    patches = np.lib.stride_tricks.sliding_window_view(image, kernel.shape)[::stride, ::stride]
    return np.einsum("ijab,ab->ij", patches, kernel)


def all_then_every_stride_th(image, kernel, stride):
    """Every sum, then every stride-th of them: right, with most of the work thrown away."""
    from scipy.signal import correlate2d

    return correlate2d(image.astype(np.float32), kernel.astype(np.float32), mode="valid")[::stride, ::stride]


def computes_all_and_crops(image, kernel, stride):
    """Your result has the right size, but the steps were not taken: it is the top left corner of the result
    with stride 1. A stride of 2 looks at rows 0, 2, 4 …, so `sums[::stride, ::stride]` instead of
    `sums[:rows, :columns]`, or begin each patch at `i * stride`.
    """
    h, w = image.shape
    kh, kw = kernel.shape
    rows, columns = (h - kh) // stride + 1, (w - kw) // stride + 1
    sums = np.zeros((rows, columns))
    for i in range(rows):
        for j in range(columns):
            sums[i, j] = (image[i : i + kh, j : j + kw] * kernel).sum()
    return sums


def counts_places_in_pixels(image, kernel, stride):
    """Your answer writes to `[i, j]` of its result where i and j are pixels, 0, 2, 4 …, and soon beyond its end. The
    result counts places, 0, 1, 2 …: with i a pixel row and j a pixel column, write to
    `[i // stride, j // stride]`.
    """
    h, w = image.shape
    kh, kw = kernel.shape
    sums = np.zeros(((h - kh) // stride + 1, (w - kw) // stride + 1))
    for i in range(0, h - kh + 1, stride):
        for j in range(0, w - kw + 1, stride):
            sums[i, j] = (image[i : i + kh, j : j + kw] * kernel).sum()
    return sums


def ignores_the_stride(image, kernel, stride):
    """Your answer never uses `stride`: the kernel moves on by one pixel each time. With a stride of 2 it visits
    every second row and every second column, and about a quarter of the sums remains.
    """
    patches = np.lib.stride_tricks.sliding_window_view(image, kernel.shape)
    return (patches * kernel).sum(axis=(2, 3))


def steps_down_only(image, kernel, stride):
    """Your answer takes the steps downwards, but moves to the right by one pixel at a time. The stride holds for
    both directions: `sums[::stride, ::stride]`.
    """
    patches = np.lib.stride_tricks.sliding_window_view(image, kernel.shape)[::stride]
    return (patches * kernel).sum(axis=(2, 3))


def steps_right_only(image, kernel, stride):
    """Your answer takes the steps to the right, but moves down by one pixel at a time. The stride holds for both
    directions: `sums[::stride, ::stride]`.
    """
    patches = np.lib.stride_tricks.sliding_window_view(image, kernel.shape)[:, ::stride]
    return (patches * kernel).sum(axis=(2, 3))


def rounds_the_size_up(image, kernel, stride):
    """Your answer counts one place too many where the steps do not come out even: there the kernel would hang
    over the border. On 6 rows a 3-row kernel with stride 2 fits at rows 0 and 2, not at 4: round down,
    (6 − 3) // 2 + 1 = 2.
    """
    h, w = image.shape
    kh, kw = kernel.shape
    sums = np.zeros((-((kh - h) // stride) + 1, -((kw - w) // stride) + 1))
    for i in range((h - kh) // stride + 1):
        for j in range((w - kw) // stride + 1):
            top, left = i * stride, j * stride
            sums[i, j] = (image[top : top + kh, left : left + kw] * kernel).sum()
    return sums


def shrinks_the_image_first(image, kernel, stride):
    """Your answer throws pixels away before the kernel has seen them: it keeps every stride-th pixel of the image
    and slides over the rest. A stride moves the kernel; the kernel still looks at neighbours that lie side
    by side. Try the kernel `[[-1, 1]]` on a fine stripe pattern with stride 2.
    """
    patches = np.lib.stride_tricks.sliding_window_view(image[::stride, ::stride], kernel.shape)
    return (patches * kernel).sum(axis=(2, 3))


def steps_by_the_kernel(image, kernel, stride):
    """Your answer moves on by the kernel's own size, so that no two patches overlap. Pooling layers often do that;
    here `stride` alone says how far, and patches may share pixels.
    """
    kh, kw = kernel.shape
    patches = np.lib.stride_tricks.sliding_window_view(image, kernel.shape)[::kh, ::kw]
    return (patches * kernel).sum(axis=(2, 3))


def _images_kernels_and_strides():
    rng = np.random.default_rng(2)
    return [
        (np.array([[1.0, 2.0, 4.0, 8.0, 16.0]]), np.array([[-1.0, 1.0]]), 2),
        (np.array([[1.0, 2.0], [3.0, 5.0]]), np.array([[1.0]]), 1),
        (_tenths(rng, 5, 7), _tenths(rng, 3, 3), 2),
        (_tenths(rng, 6, 9), _tenths(rng, 3, 2), 2),
        (_tenths(rng, 10, 7).astype(np.float32), np.array([[0, 1, 0], [1, -4, 1], [0, 1, 0]]), 3),
        (rng.integers(0, 256, (7, 6), dtype=np.uint8), np.full((2, 2), 0.25), 2),
        (_tenths(rng, 4, 4), _tenths(rng, 4, 4), 5),
    ]


stride = Exercise(
    "convolution.stride",
    my_strided,
    right=[strided_loops, every_stride_th_patch, all_then_every_stride_th],
    wrong=[
        computes_all_and_crops,
        counts_places_in_pixels,
        ignores_the_stride,
        steps_down_only,
        steps_right_only,
        rounds_the_size_up,
        shrinks_the_image_first,
        steps_by_the_kernel,
    ],
    cases=_images_kernels_and_strides,
    situation="on a {image} image with a {kernel} kernel and stride {stride}",
    hints=[
        "Take your `my_cross_correlate` and ask: at which rows does the kernel begin when the stride is 2?",
        "At rows 0, 2, 4 …: the patch for place i begins at row `i * stride`. Columns alike.",
        "Two loops over `(h - kh) // stride + 1` rows and `(w - kw) // stride + 1` columns, and the patch is "
        "`image[i * stride : i * stride + kh, j * stride : j * stride + kw]`.",
    ],
    insight="A stride of 2 leaves a quarter of the sums, and all that follows has a quarter of the numbers to read.",
)


# --- count_weights ---------------------------------------------------------------------------------------


def my_count(channels, filters, size):
    """How many numbers does a convolution layer learn?

    It has `filters` filters of `size` × `size` pixels and reads images of `channels` channels.
    Return weights and biases together.
    """
    raise NotImplementedError


def counts_by_formula(channels, filters, size):
    """Each filter has a weight for every pixel of its patch in every channel, and one bias."""
    return filters * (size * size * channels + 1)


def counts_the_arrays(channels, filters, size):
    """Make the two arrays as Keras does, and count what is in them."""
    kernel = np.zeros((size, size, channels, filters))
    bias = np.zeros(filters)
    return kernel.size + bias.size


def counts_one_by_one(channels, filters, size):
    """Walk through the filters and count."""
    count = 0
    for _ in range(filters):
        for _ in range(channels):
            count += size**2
        count += 1
    return count


def one_channel_no_bias(channels, filters, size):
    """Your count lets each filter read a single channel. With RGB that gives 8 × 9 = 72 for eight 3×3 filters; but
    each filter reads all three channels, with nine weights for each of them, and then adds a bias:
    8 × 27 weights plus 8 biases.
    """
    return filters * size * size


def one_channel(channels, filters, size):
    """Your count lets each filter read a single channel. A filter is as deep as what it reads: over RGB a 3×3 filter
    has 3 × 3 × 3 = 27 weights, nine for each channel. (The biases you have counted well.)
    """
    return filters * (size * size + 1)


def forgets_the_biases(channels, filters, size):
    """Your weights are right; the biases are missing. Each filter adds one learned number to its sums, so there is
    one more for each filter.
    """
    return filters * channels * size * size


def bias_for_each_channel(channels, filters, size):
    """Your weights are right, and you add a bias for each channel that comes in. The bias is added after the
    channels have become one sum, so there is one for each filter.
    """
    return filters * channels * size * size + channels


def bias_for_each_slice(channels, filters, size):
    """Your weights are right, and you give each filter a bias for every channel. A filter adds up all its channels
    first and then one bias: one for each filter.
    """
    return filters * channels * (size * size + 1)


def one_bias_in_all(channels, filters, size):
    """Your weights are right, and you add one bias for the whole layer. Each filter has its own: filters look for
    different things, and each has its own threshold.
    """
    return filters * channels * size * size + 1


def bias_for_each_weight(channels, filters, size):
    """Your count gives each weight a bias of its own. The bias joins once, after all products of a filter have been
    added up: one for each filter.
    """
    return 2 * filters * channels * size * size


def forgets_the_square(channels, filters, size):
    """Your count gives a filter as many weights as its side is long. A 3×3 filter lays nine numbers on each channel,
    size × size.
    """
    return filters * (channels * size + 1)


def counts_one_filter(channels, filters, size):
    """Your count is that of a single filter. The layer has `filters` of them, each with weights and a bias of its
    own; a layer with 8 filters learns 8 times as much.
    """
    return channels * size * size + 1


def _layers_to_count():
    return [(3, 8, 3), (1, 8, 3), (4, 2, 5), (16, 32, 3), (3, 5, 1), (2, 1, 7)]


count_weights = Exercise(
    "convolution.count_weights",
    my_count,
    right=[counts_by_formula, counts_the_arrays, counts_one_by_one],
    wrong=[
        one_channel_no_bias,
        one_channel,
        forgets_the_biases,
        bias_for_each_channel,
        bias_for_each_slice,
        one_bias_in_all,
        bias_for_each_weight,
        forgets_the_square,
        counts_one_filter,
    ],
    cases=_layers_to_count,
    situation="with channels = {channels}, filters = {filters} and size = {size}",
    hints=[
        "Take one filter of 3×3 that reads a colour image. On how many numbers does it lie at once?",
        "On 27: nine in each of the three channels. So it has 27 weights, and one bias that is added to the sum.",
        "Weights and bias of one filter are `size * size * channels + 1`; now there are `filters` of them.",
    ],
    insight="Nowhere does the size of the image appear: the same few numbers serve every place.",
)


# --- receptive_field -------------------------------------------------------------------------------------


def my_receptive_field(layers):
    """How many input pixels, along one side, does one number of the last layer see?

    `layers` lists (size, stride), first layer first: two 3×3 convolutions and a 2×2 pooling
    with stride 2 are [(3, 1), (3, 1), (2, 2)].
    """
    raise NotImplementedError


def from_the_input_up(layers):
    """From the input up: `step` is how far apart, in pixels, two neighbours of the current layer lie."""
    field, step = 1, 1
    for size, stride in layers:
        field += (size - 1) * step
        step *= stride
    return field


def from_the_output_down(layers):
    """From the output down: n neighbours of a layer rest on (n − 1) · stride + size of the layer below."""
    field = 1
    for size, stride in reversed(layers):
        field = (field - 1) * stride + size
    return field


def steps_as_a_product(layers):
    """All layers at once: each widens by its size less one, times the strides of all layers before it."""
    sizes, strides = np.array(layers).T
    steps = np.cumprod(np.concatenate([[1], strides[:-1]]))
    return 1 + ((sizes - 1) * steps).sum()


def pooling_doubles(layers):
    """Your answer lets a layer with a stride multiply what is seen: 5 becomes 10. Pooling two neighbours widens the
    view by one current step only: the two 5-pixel views lie one pixel apart and overlap in four, so together
    they see 6. What doubles is the step of the layers that follow.
    """
    field = 1
    for size, stride in layers:
        field = field * stride if stride > 1 else field + size - 1
    return field


def multiplies_from_the_input_up(layers):
    """Your answer multiplies what was seen by each stride on the way up from the input. Multiplying belongs to the way
    down: begin with 1 at the last layer and take `field = (field - 1) * stride + size` over `reversed(layers)`.
    On the way up, keep a second number, the step.
    """
    field = 1
    for size, stride in layers:
        field = field * stride + size - 1
    return field


def output_rule_from_the_input(layers):
    """Your rule, (what is seen − 1) · stride + size, is right from the last layer down to the pixels, and you start at
    the first layer. Walk the other way, `for size, stride in reversed(layers)`.
    """
    field = 1
    for size, stride in layers:
        field = (field - 1) * stride + size
    return field


def ignores_the_strides(layers):
    """Your answer adds `size - 1` for every layer, as if all steps were one pixel. After a layer with stride 2,
    neighbours lie two pixels apart, so a 3×3 layer on top widens the view by 2 × 2 = 4. Try
    `[(2, 2), (3, 1)]`: it sees 6 pixels.
    """
    return 1 + sum(size - 1 for size, _ in layers)


def adds_the_sizes(layers):
    """Your answer adds up the sizes, as if each layer looked beside the one before. Their views overlap: a 3×3 layer
    on a 3×3 layer sees 5 pixels, one more on each side. Each layer adds `size - 1`.
    """
    return sum(size for size, _ in layers)


def multiplies_the_sizes(layers):
    """Your answer multiplies the sizes, as if the views of neighbours did not overlap. Three neighbours of a 3×3
    layer see the pixels 1–3, 2–4 and 3–5: together five, where 3 · 3 would be nine.
    """
    field = 1
    for size, _ in layers:
        field *= size
    return field


def own_stride_too_early(layers):
    """Your answer counts a layer's own stride for the layer itself. A stride moves the window; it does not widen it.
    It is felt by the layers that follow: add `(size - 1) * step` first, and only then `step *= stride`.
    """
    field, step = 1, 1
    for size, stride in layers:
        step *= stride
        field += (size - 1) * step
    return field


def last_stride_only(layers):
    """Your answer remembers only the stride of the layer just below. Steps multiply: after two layers with stride 2,
    neighbours lie four pixels apart. Try `[(2, 2), (2, 2), (3, 1)]`: it sees 12 pixels.
    """
    field, step = 1, 1
    for size, stride in layers:
        field += (size - 1) * step
        step = stride
    return field


def begins_at_zero(layers):
    """Your answer is one pixel short. Before any layer a pixel sees itself: begin with 1, not with 0."""
    field, step = 0, 1
    for size, stride in layers:
        field += (size - 1) * step
        step *= stride
    return field


def last_layer_only(layers):
    """Your answer is what the last layer sees of the layer below it. That layer has a view of its own, and so on
    down to the pixels: two 3×3 layers see 5 pixels.
    """
    return layers[-1][0]


def _stacks_of_layers():
    return [
        ([(3, 1)],),
        ([(3, 1), (3, 1)],),
        ([(3, 1), (3, 1), (2, 2)],),
        ([(2, 2), (3, 1)],),
        ([(2, 2), (2, 2), (3, 1)],),
        ([(3, 1), (2, 2), (3, 1), (2, 2), (3, 1)],),
        ([(7, 2), (1, 1), (3, 2), (5, 3)],),
    ]


receptive_field = Exercise(
    "convolution.receptive_field",
    my_receptive_field,
    right=[from_the_input_up, from_the_output_down, steps_as_a_product],
    wrong=[
        pooling_doubles,
        multiplies_from_the_input_up,
        output_rule_from_the_input,
        ignores_the_strides,
        adds_the_sizes,
        multiplies_the_sizes,
        own_stride_too_early,
        last_stride_only,
        begins_at_zero,
        last_layer_only,
    ],
    cases=_stacks_of_layers,
    situation="for layers = {layers}",
    hints=[
        "Draw a row of pixels. A 3×3 layer sees three; which pixels do three neighbours of that layer see together?",
        "Five: each layer widens the view by `size - 1` steps. A step is one pixel, until a layer has a stride.",
        "Keep two numbers, `field = 1` and `step = 1`. For each layer first `field += (size - 1) * step`, then "
        "`step *= stride`.",
    ],
    insight="Depth widens the view step by step, and every stride makes the later steps longer.",
)
