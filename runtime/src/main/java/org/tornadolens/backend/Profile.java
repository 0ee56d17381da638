package org.tornadolens.backend;

import java.util.List;

/**
 * Where a device's time goes in some work.
 *
 * @param launches how often the host launched something
 * @param kernels  that ran in these launches
 * @param steps    the kernels by name, the longest first; each launched by itself here, and waited for
 */
public record Profile(long launches, long kernels, List<Step> steps) {

    /** @param seconds of all times together, what a launch costs included */
    public record Step(String kernel, long times, double seconds) {}
}
