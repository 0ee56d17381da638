/** Synthetic tasks for small models: copying, sorting, brackets, recall, modular arithmetic and others. */
package org.tornadolens.training.task;
