/**
 * Files that nobody would make, of every format that TornadoLens reads: sound ones that are damaged, and ones made by
 * rules that damage does not find. Each case is drawn from a seed and its number alone, so that it can be made again.
 */
package org.tornadolens.fuzz;
