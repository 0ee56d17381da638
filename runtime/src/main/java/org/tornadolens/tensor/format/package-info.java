/** The element types of weights: the layout of their blocks in files, and plain decoders. */
package org.tornadolens.tensor.format;
