/** Trains models on the CPU: AdamW, learning-rate schedules, data and the training loop. */
package org.tornadolens.training;
