"""What the processor of this machine can do."""

from pathlib import Path

CPU_INFO = Path("/proc/cpuinfo")
# Processors that multiply bfloat16 matrices in hardware; others emulate it slowly.
_BFLOAT16_FLAGS = frozenset({"avx512_bf16", "amx_bf16"})


def has_bfloat16(*, cpu_info: Path = CPU_INFO) -> bool:
    """Return whether the processor lists instructions for bfloat16 (Linux only).

    Args:
        cpu_info: File in which Linux describes the processor.
    """
    try:
        lines = cpu_info.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return False
    flags = (line.partition(":")[2] for line in lines if line.startswith("flags"))
    return bool(_BFLOAT16_FLAGS & set(next(flags, "").split()))
