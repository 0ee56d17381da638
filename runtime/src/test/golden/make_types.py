"""Makes ../resources/types: for every type of weights random blocks, and what the gguf package decodes from them.

    python make_types.py            # the types of DType.java that have no file yet
    python make_types.py --all      # all of them anew

Run with Python 3.11, gguf 0.19.0, numpy 2.4.6.

Each file is a GGUF with two tensors of one shape: "blocks" of the type, "values" the same in f32. Half of the rows are
tame, with magnitudes about one, so that tests can multiply with them; the other half take scales as they come, each byte
of the block running through evenly spread values. Only blocks whose values are finite are taken. Nothing here knows a
layout, so that a new type needs no line.
"""
import re
import sys
import zlib
from pathlib import Path

import gguf
import numpy as np

HERE = Path(__file__).resolve().parent
OUT = HERE.parent / "resources" / "types"
TYPES = HERE.parents[1] / "main" / "java" / "org" / "tornadolens" / "tensor" / "DType.java"
ELEMENTS, COLUMNS = 4096, 512   # of a file, of a row


def decoded(blocks, kind):
    with np.errstate(all="ignore"):
        return gguf.quants.dequantize(blocks, kind).astype(np.float32)


def tame(random, n, size, kind):
    """Random bytes, of which blocks are taken whose largest element has a magnitude about one."""
    taken = np.zeros((0, size), np.uint8)
    while len(taken) < n:
        blocks = random.integers(0, 256, (4096, size), dtype=np.uint8)
        largest = np.abs(decoded(blocks, kind)).max(axis=-1)
        taken = np.concatenate([taken, blocks[(largest > 1 / 8) & (largest < 8)]])
    return taken[:n]


def wild(random, n, size, kind):
    """Bytes that are evenly spread at every place of the block, in an order of their own at each."""
    taken = np.zeros((0, size), np.uint8)
    while len(taken) < n:
        steps = np.stack([random.permutation(n) for _ in range(size)], axis=1)
        blocks = (steps * 256 // n + random.integers(0, max(1, 256 // n), (n, size))).astype(np.uint8)
        taken = np.concatenate([taken, blocks[np.isfinite(decoded(blocks, kind)).all(axis=-1)]])
    return taken[:n]


def write(name):
    kind = gguf.GGMLQuantizationType[name]
    elements, size = gguf.GGML_QUANT_SIZES[kind]
    random = np.random.default_rng(zlib.crc32(name.encode()))
    half = ELEMENTS // elements // 2
    blocks = np.concatenate([tame(random, half, size, kind), wild(random, half, size, kind)])
    assert (np.bitwise_or.reduce(blocks) == 255).all() and (np.bitwise_and.reduce(blocks) == 0).all(), "every bit has both values"
    blocks = blocks.reshape(ELEMENTS // COLUMNS, -1)
    values = decoded(blocks, kind)
    writer = gguf.GGUFWriter(OUT / f"{name}.gguf", "types")
    raw = {gguf.GGMLQuantizationType.F32: np.float32, gguf.GGMLQuantizationType.F16: np.float16}.get(kind)
    writer.add_tensor("blocks", blocks if raw is None else blocks.view(raw), raw_dtype=kind)
    writer.add_tensor("values", values)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    print(name, "largest", np.abs(values).max())


def main():
    OUT.mkdir(exist_ok=True)
    for name in re.findall(r"^    (\w+)\(new \w+\(\)\)", TYPES.read_text(), re.MULTILINE):
        if "--all" in sys.argv or not (OUT / f"{name}.gguf").exists():
            write(name)


main()
