/** Tensors with named axes, stored weights and their element types. */
package org.tornadolens.tensor;
