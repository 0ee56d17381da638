/** The memory off the heap, in which tensors, converted weights and intermediate values lie, and its budget. */
package org.tornadolens.memory;
