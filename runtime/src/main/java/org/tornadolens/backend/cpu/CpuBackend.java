package org.tornadolens.backend.cpu;

import jdk.incubator.vector.FloatVector;
import org.tornadolens.backend.Backend;
import org.tornadolens.backend.Executable;

import org.tornadolens.backend.cpu.parallel.Threads;
import org.tornadolens.memory.OffHeap;
import org.tornadolens.program.Program;
import org.tornadolens.tensor.Weights;

/** The default backend: Vector API kernels on all cores, weights read in place in their file's type. */
final class CpuBackend implements Backend {

    static final CpuBackend INSTANCE = new CpuBackend();

    private CpuBackend() {}

    @Override public String name() { return "cpu"; }

    @Override public String device() {
        return Threads.count() + " threads, " + FloatVector.SPECIES_PREFERRED.vectorBitSize() + "-bit vectors";
    }

    @Override public long freeMemory() { return OffHeap.available(); }

    @Override public Executable compile(Program program, Weights weights) {
        return new CpuExecutable(program, weights);
    }
}
