"""Connect to a Ray cluster, or start one on this machine."""

import contextlib
import dataclasses
import logging
import os
import socket

from animegan_tf.utils.messages import reason_of

# Bytes of shared memory of a local cluster. Paths and report rows need little of it.
_OBJECT_STORE = 512 * 2**20
# Seconds to wait for the computer of a cluster.
_PATIENCE = 10.0


@dataclasses.dataclass(frozen=True)
class Cluster:
    """Where a bulk job runs.

    Attributes:
        address: Address of an existing Ray cluster, such as `"auto"` or
            `"ray://host:10001"`; `None` starts one on this machine and stops it again.
        workers: Number of worker processes; `None` for as many as there are cores, or
            GPUs if `gpus` is not 0.
        cpus: Cores of each worker.
        gpus: GPUs of each worker; 0.5 shares one between two.

    Raises:
        ValueError: If a number is out of range.
    """

    address: str | None = None
    workers: int | None = None
    cpus: int = 1
    gpus: float = 0.0

    def __post_init__(self):
        if self.workers is not None and self.workers < 1:
            raise ValueError(
                f"`workers` must be at least 1. Received: workers={self.workers}"
            )
        if self.cpus < 1:
            raise ValueError(f"`cpus` must be at least 1. Received: cpus={self.cpus}")
        if not 0.0 <= self.gpus < float("inf"):
            raise ValueError(f"`gpus` must be at least 0. Received: gpus={self.gpus}")


@contextlib.contextmanager
def connect(cluster: Cluster):
    """Connect to a cluster, unless that is done, or start one; yield its worker count.

    A cluster that was started here is stopped at the end. It has no dashboard and
    sends nothing to other computers.

    Raises:
        ConnectionError: If that fails, or the cluster does later.
        ValueError: If the cluster is too small for a worker.
    """
    import ray

    # Read when Ray starts. It would report its use to its makers, and log a lot.
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    os.environ.setdefault("RAY_BACKEND_LOG_LEVEL", "fatal")
    options = {"log_to_driver": False, "logging_level": logging.ERROR}
    if cluster.address is None:
        options |= {
            "address": "local",
            "include_dashboard": False,
            "num_cpus": cluster.workers and cluster.workers * cluster.cpus,
            "object_store_memory": _OBJECT_STORE,
        }
    else:
        options["address"] = cluster.address
    is_ours = not ray.is_initialized()
    try:
        if is_ours:
            try:
                _check_reachable(cluster.address or "")
                ray.init(**options)
            except Exception as error:
                # Ray also raises plain ones, such as if the machine is too busy.
                raise ConnectionError(
                    f"No Ray cluster at {cluster.address or 'this machine'!r}: "
                    f"{reason_of(error)}"
                ) from error
        workers = cluster.workers
        # An existing cluster may grow when workers are waiting for it.
        if workers is None or cluster.address is None:
            possible = count_workers(ray.cluster_resources(), cluster)
            workers = workers or possible
        yield workers
    except ray.exceptions.RayError as error:
        raise ConnectionError(f"The Ray cluster failed: {reason_of(error)}") from error
    finally:
        if is_ours:
            ray.shutdown()


def _check_reachable(address: str) -> None:
    """Raise an `OSError` if nobody listens at `HOST:PORT`; Ray tries for minutes."""
    host, _, port = address.rpartition(":")
    if host and port.isdecimal() and "/" not in host:
        socket.create_connection((host.strip("[]"), int(port)), _PATIENCE).close()


def count_workers(resources: dict[str, float], cluster: Cluster) -> int:
    """Return for how many workers the resources of a cluster suffice.

    Raises:
        ValueError: If they do not for one.
    """
    count = resources.get("CPU", 1.0) / cluster.cpus
    if cluster.gpus:
        count = min(count, resources.get("GPU", 0.0) / cluster.gpus)
    if count < 1:
        raise ValueError(
            f"The cluster must have {cluster.cpus} CPUs and {cluster.gpus:g} GPUs for "
            f"a worker. Received: {resources.get('CPU', 0):g} CPUs, "
            f"{resources.get('GPU', 0):g} GPUs"
        )
    return int(count)
