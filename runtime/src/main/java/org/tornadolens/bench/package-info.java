/** The measurements of {@code lens bench}, relative to limits of the machine that are measured in the same run. */
package org.tornadolens.bench;
