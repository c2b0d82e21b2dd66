"""Everything that uses Keras' internals or TensorFlow."""

import skfi._keras._start  # noqa: F401 - first, as it loads both

# isort: split

from skfi._keras._compiled import (
    CHUNK_SIZE,
    clear_compiled,
    forward,
    input_gradient,
    input_gradient_and_outputs,
    on_gpu,
)
from skfi._keras._datasets import is_dataset, samples_of_dataset
from skfi._keras._embedded_inputs import (
    EmbeddedInput,
    MixedIdsError,
    arriving_ids,
    embedded_inputs,
    embeddings_of,
)
from skfi._keras._embedding import (
    embedding_gradient,
    embedding_table,
    find_embedding,
    forward_embedded,
    forward_ids,
    token_ids,
    vocabulary_of,
)
from skfi._keras._epochs import is_plain_training
from skfi._keras._files import read_network
from skfi._keras._heads import Head, has_several_outputs, heads_of, in_a_row
from skfi._keras._hidden_arguments import hidden_arguments
from skfi._keras._kernels import free_kernels_now_and_then
from skfi._keras._marks import PASSING
from skfi._keras._masks import is_decoder, mask_value_of, mask_values_of, output_steps
from skfi._keras._names import names_from_the_start
from skfi._keras._networks import (
    OF_CLASSES,
    check_inputs,
    check_network,
    check_steps,
    class_probabilities,
    compiled_loss,
    gives_logits,
    last_activation,
    loss_name,
    losses_of,
    output_kind,
    refuse_legacy,
    takes_texts,
)
from skfi._keras._packed import Layout, input_names, packed_network, row_dtype
from skfi._keras._pickled import PickledNetwork, with_own_code
from skfi._keras._plain import is_a_copy, plain_network
from skfi._keras._points import Points, gradient_at_points, outputs_at_points
from skfi._keras._pool import Pool, pool, trains_by_keras_alone
from skfi._keras._private import (
    all_layers,
    auto_name,
    has_computed,
    learning_rate_schedule,
)
from skfi._keras._rebuild import (
    Fixed,
    build_optimizer,
    compile_like,
    fixed_weights,
    fresh_optimizer,
    leaves,
    rebuild,
    rebuild_for,
    rebuild_the_same,
)
from skfi._keras._restore import restored_if_it_fails
from skfi._keras._seeds import seeded, while_others_draw
from skfi._keras._structure import another, description, is_keras, n_bytes, only_keras, structure
from skfi._keras._summary import network_summary
from skfi._keras._threads import FORKED, check_not_forked, keep_to_own_threads
from skfi._keras._weighted_mean import REDUCTION, WeightedMean
from skfi._keras._xla import (
    calls_are_by_xla,
    calls_by_xla,
    fits_ahead,
    jit_compile,
    jit_compile_as,
    worth_calling,
    xla,
)

__all__ = [
    "CHUNK_SIZE",
    "FORKED",
    "OF_CLASSES",
    "PASSING",
    "REDUCTION",
    "EmbeddedInput",
    "Fixed",
    "Head",
    "Layout",
    "MixedIdsError",
    "PickledNetwork",
    "Points",
    "Pool",
    "WeightedMean",
    "all_layers",
    "another",
    "arriving_ids",
    "auto_name",
    "build_optimizer",
    "calls_are_by_xla",
    "calls_by_xla",
    "check_inputs",
    "check_network",
    "check_not_forked",
    "check_steps",
    "class_probabilities",
    "clear_compiled",
    "compile_like",
    "compiled_loss",
    "description",
    "embedded_inputs",
    "embedding_gradient",
    "embedding_table",
    "embeddings_of",
    "find_embedding",
    "fits_ahead",
    "fixed_weights",
    "forward",
    "forward_embedded",
    "forward_ids",
    "free_kernels_now_and_then",
    "fresh_optimizer",
    "gives_logits",
    "gradient_at_points",
    "has_computed",
    "has_several_outputs",
    "heads_of",
    "hidden_arguments",
    "in_a_row",
    "input_gradient",
    "input_gradient_and_outputs",
    "input_names",
    "is_a_copy",
    "is_dataset",
    "is_decoder",
    "is_keras",
    "is_plain_training",
    "jit_compile",
    "jit_compile_as",
    "keep_to_own_threads",
    "last_activation",
    "learning_rate_schedule",
    "leaves",
    "loss_name",
    "losses_of",
    "mask_value_of",
    "mask_values_of",
    "n_bytes",
    "names_from_the_start",
    "network_summary",
    "on_gpu",
    "only_keras",
    "output_kind",
    "output_steps",
    "outputs_at_points",
    "packed_network",
    "plain_network",
    "pool",
    "read_network",
    "rebuild",
    "rebuild_for",
    "rebuild_the_same",
    "refuse_legacy",
    "restored_if_it_fails",
    "row_dtype",
    "samples_of_dataset",
    "seeded",
    "structure",
    "takes_texts",
    "token_ids",
    "trains_by_keras_alone",
    "vocabulary_of",
    "while_others_draw",
    "with_own_code",
    "worth_calling",
    "xla",
]
