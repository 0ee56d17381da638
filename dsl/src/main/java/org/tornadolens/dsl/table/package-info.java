/** Tables of rows or tensors, printed in columns or saved as CSV. */
package org.tornadolens.dsl.table;
