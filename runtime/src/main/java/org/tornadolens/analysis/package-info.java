/** Head scores, lenses, direct attribution, circuits of heads, composition, and reference values for ablations. */
package org.tornadolens.analysis;
