"""Train on several devices or machines with `tf.distribute`, and on parts of a batch.

Every replica takes its part of each batch and has its own copy of every variable. The
copies stay equal, because all that is applied to them is averaged over the replicas:
gradients, statistics of batch normalization, and whatever else a step computes of a
whole batch (`batch_mean`). Random values are drawn for the whole batch, of which each
replica takes those of its part (`draw`). Therefore a training does not depend on the
number of replicas, but for rounding.
"""

import contextlib
import contextvars
import functools
import json
import os
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import keras
import tensorflow as tf

from animegan_tf.data.streams import Shard, sharded, take_part
from animegan_tf.models.gan import all_layers

# What a collective operation raises when a peer is gone.
_CONNECTION_ERRORS = (
    tf.errors.UnavailableError,
    tf.errors.AbortedError,
    tf.errors.CancelledError,
    tf.errors.DeadlineExceededError,
    tf.errors.InternalError,
    tf.errors.FailedPreconditionError,
)
# The part that is being processed of a batch that comes in parts.
_part: contextvars.ContextVar = contextvars.ContextVar("part", default=(0, 1))


class WorkerLostError(ConnectionError):
    """Another worker of the training has ended or cannot be reached."""


class replicated:  # noqa: N801 - a decorator, like `property`
    """Compile a method; within a strategy's scope, run it in every replica.

    Arguments and results may then have a value for each replica. A call from within a
    replica is part of what is being compiled.
    """

    def __init__(self, function: Callable):
        self._function = function
        functools.update_wrapper(self, function)

    def __set_name__(self, owner, name):
        self._name = name

    def __get__(self, instance, owner=None):
        if instance is None:
            return self
        # Kept with the instance, so that its traces live as long as it does.
        call = self._compile(self._function.__get__(instance))
        instance.__dict__[self._name] = call
        return call

    @staticmethod
    def _compile(method):
        compiled = tf.function(method)

        @tf.function
        def in_every_replica(arguments):
            return tf.distribute.get_strategy().run(method, args=arguments)

        def call(*arguments):
            if not tf.distribute.has_strategy():
                return compiled(*arguments)
            if tf.distribute.in_cross_replica_context():
                return in_every_replica(arguments)
            return method(*arguments)

        return call


@contextlib.contextmanager
def part_of_batch(index, count: int):
    """Process a part of a batch: `draw` returns the random values of that part.

    Args:
        index: Which of the parts, an int32 scalar.
        count: Number of parts.
    """
    token = _part.set((index, count))
    try:
        yield
    finally:
        _part.reset(token)


def draw(sample: Callable[[Any], tf.Tensor], count) -> tf.Tensor:
    """Draw random values for a whole batch, and return those of the present part.

    Args:
        sample: Function of a number of examples to their random values, a tensor whose
            first axis is that number.
        count: Number of examples in the part.
    """
    index, num_parts = _part.get()
    context = tf.distribute.get_replica_context()
    if context is not None and context.num_replicas_in_sync > 1:
        index = index * context.num_replicas_in_sync + context.replica_id_in_sync_group
        num_parts *= context.num_replicas_in_sync
    if num_parts == 1:
        return sample(count)
    return sample(count * num_parts)[index * count : (index + 1) * count]


def batch_mean(values):
    """Average tensors over the replicas; gradients pass through.

    Args:
        values: A structure of float tensors; in a single replica it is returned as is.
    """
    context = tf.distribute.get_replica_context()
    if context is None or context.num_replicas_in_sync == 1:
        return values
    return context.all_reduce(tf.distribute.ReduceOp.MEAN, values)


class Distribution:
    """Where a training runs: on one device, or in several replicas.

    Args:
        strategy: `tf.distribute.MirroredStrategy` or `MultiWorkerMirroredStrategy`, or
            `None` for one device.

    Attributes:
        num_replicas: Number of replicas of all workers.
        num_workers: Number of processes.
        worker: Index of this process among them.
    """

    def __init__(self, strategy: tf.distribute.Strategy | None = None):
        self.strategy = strategy
        self.num_replicas = 1 if strategy is None else strategy.num_replicas_in_sync
        self.num_workers, self.worker = _find_place(strategy)

    @property
    def is_chief(self) -> bool:
        """Whether this process is the one that writes the run folder."""
        return self.worker == 0

    @contextlib.contextmanager
    def scope(self):
        """Create variables with a copy in each replica, and run steps in each."""
        if self.strategy is None:
            yield
            return
        with self.strategy.scope(), tf.variable_creator_scope(_create_copies):
            yield

    def share_statistics(self, networks: Iterable[keras.Model]) -> None:
        """Make layers treat the parts of a batch as the whole.

        Batch normalization takes the statistics of the whole batch, and dropout the
        mask.
        """
        if self.num_replicas == 1:
            return
        for network in networks:
            for layer in all_layers(network):
                if isinstance(layer, keras.layers.BatchNormalization):
                    layer.synchronized = True
                elif isinstance(layer, keras.layers.Dropout):
                    _draw_masks(layer)

    def build_dataset(self, build: Callable, start_step: int, blocks: int = 1):
        """Build a dataset of which this process reads its part of each batch.

        Args:
            build: Function of a start step to a dataset of whole batches.
            start_step: Number of batches to skip.
            blocks: Number of equal blocks in a batch, such as one for each update of a
                discriminator; of each block every replica has its part.
        """
        with sharded(Shard(self.worker, self.num_workers, blocks)):
            return build(start_step)

    def split(self, batch: Mapping[str, tf.Tensor], blocks: int = 1):
        """Split a batch among the replicas of this process."""
        num_local = self.num_replicas // self.num_workers
        if num_local == 1:
            return batch

        def choose(context):
            index = context.replica_id_in_sync_group % num_local
            return take_part(batch, index, num_local, blocks)

        return self.strategy.experimental_distribute_values_from_function(choose)

    def mean(self, scalars: Mapping[str, Any]) -> dict[str, float]:
        """Average scalars by name over all replicas.

        Every worker must call it with the same names, in the same order.

        Raises:
            WorkerLostError: If a worker cannot be reached.
        """
        if self.num_replicas == 1:
            return {name: float(value) for name, value in scalars.items()}
        # As a Python number every value would be traced anew.
        values = [
            tf.constant(v) if isinstance(v, float) else v for v in scalars.values()
        ]
        with self.watch(), self.scope():
            values = self._average(values)
            values = self.strategy.experimental_local_results(values)[0].numpy()
        return dict(zip(scalars, map(float, values), strict=True))

    @replicated
    def _average(self, scalars):
        return batch_mean(tf.stack([tf.cast(s, tf.float32) for s in scalars]))

    def chief_first(self, function: Callable[[], Any]) -> None:
        """Call a function in the chief alone, while the other workers wait."""
        if self.is_chief:
            function()
        self.wait()

    def wait(self) -> None:
        """Wait until all workers have come here."""
        if self.num_workers > 1:
            self.mean({"here": 0.0})

    def check_agreement(self, step: int) -> None:
        """Check that all workers continue from the same step.

        Raises:
            ValueError: If not: they do not see the same checkpoints.
        """
        if self.num_workers == 1:
            return
        if abs(self.mean({"step": float(step)})["step"] - step) > 1e-3:
            raise ValueError(
                "`run` must be a folder that all workers share, with the same "
                f"checkpoints. Received: one whose newest is of step {step} here"
            )

    @contextlib.contextmanager
    def watch(self):
        """Report the errors of a lost connection as `WorkerLostError`."""
        try:
            yield
        except _CONNECTION_ERRORS as error:
            if self.num_workers == 1:
                raise
            reason = str(error).strip().splitlines()[0][:200]
            raise WorkerLostError(
                f"Another worker has ended or cannot be reached ({reason})"
            ) from error


def build_distribution(name: str = "auto") -> Distribution:
    """Build the distribution of a training, before anything else of TensorFlow.

    Args:
        name: `"none"`; `"mirrored"`, all GPUs of this machine, or its logical CPU
            devices without any; `"multi_worker"`, the processes in the environment
            variable `TF_CONFIG`; or `"auto"`, which is the last if it is set, and else
            `"none"`.

    Raises:
        ValueError: If `TF_CONFIG` is needed and missing, or cannot be read.
    """
    cluster = _read_tf_config()
    if name == "auto":
        name = "multi_worker" if cluster else "none"
    if name == "multi_worker" and not cluster:
        raise ValueError(
            "`distribution` multi_worker needs the environment variable TF_CONFIG, "
            "with the addresses of all workers. Received: none"
        )
    return _build_once(name)


@functools.cache
def _build_once(name: str) -> Distribution:
    """Build a distribution: workers can be connected once in a process."""
    if name == "none":
        return Distribution()
    if name == "mirrored":
        devices = tf.config.list_logical_devices("GPU")
        devices = devices or tf.config.list_logical_devices("CPU")
        names = [device.name for device in devices]
        return Distribution(tf.distribute.MirroredStrategy(names))
    return Distribution(tf.distribute.MultiWorkerMirroredStrategy())


def _read_tf_config() -> Mapping[str, Any]:
    text = os.environ.get("TF_CONFIG", "")
    try:
        values = json.loads(text or "{}")
        cluster = values.get("cluster", {})
        if cluster:
            # Tasks of other kinds take no part in the all-reduce.
            own = values["task"]["type"], values["task"]["index"]
            known = {(t, i) for t in ("chief", "worker") for i in _indices(cluster, t)}
            if own not in known:
                raise ValueError(f"no such task: {own}")
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ValueError(
            "TF_CONFIG must be JSON with `cluster`, addresses by `chief` and `worker`, "
            f"and the `task` of this process ({error}). Received: {text[:200]!r}"
        ) from error
    return cluster


def _indices(cluster: Mapping[str, Any], task_type: str) -> range:
    return range(len(cluster.get(task_type, ())))


def _find_place(strategy) -> tuple[int, int]:
    """Return the number of workers, and which of them this process is."""
    resolver = getattr(strategy, "cluster_resolver", None)
    cluster = resolver.cluster_spec().as_dict() if resolver else {}
    if not cluster:
        return 1, 0
    num_chiefs = len(_indices(cluster, "chief"))
    is_worker = resolver.task_type == "worker"
    index = resolver.task_id + (num_chiefs if is_worker else 0)
    return num_chiefs + len(_indices(cluster, "worker")), index


def _create_copies(create, **arguments):
    """Create a variable that each replica reads and writes on its own.

    Variables that TensorFlow keeps equal itself cannot be written in a replica, which
    is where a step changes them. Gradient tapes do not watch such copies unasked.
    """
    return create(
        **arguments
        | {
            "trainable": False,
            "synchronization": tf.VariableSynchronization.ON_READ,
            "aggregation": tf.VariableAggregation.ONLY_FIRST_REPLICA,
        }
    )


def _draw_masks(layer: keras.layers.Dropout) -> None:
    """Make a dropout draw the mask of the whole batch, and use that of its part."""
    drop = layer.call

    def call(inputs, training=False):
        if not training or not layer.rate:
            return inputs

        def sample(count):
            shape = tf.concat([[count], tf.shape(inputs)[1:]], axis=0)
            return drop(tf.ones(shape, inputs.dtype), training=True)

        return inputs * draw(sample, tf.shape(inputs)[0])

    layer.call = call
