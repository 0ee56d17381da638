/** Rotary embedding and attention, in three steps or fused, with their gradients. */
package org.tornadolens.backend.cpu.attention;
