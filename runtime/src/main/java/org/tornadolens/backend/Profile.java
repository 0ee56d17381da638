package org.tornadolens.backend;

import java.util.List;

/**
 * The distribution of a device's time over the kernels of some work.
 *
 * @param launches number of launches by the host
 * @param kernels  number of kernels in these launches
 * @param steps    the kernels by name, the longest first, each measured in a launch of its own
 */
public record Profile(long launches, long kernels, List<Step> steps) {

    /** @param seconds total of all executions, including the cost of launching */
    public record Step(String kernel, long times, double seconds) {}
}
