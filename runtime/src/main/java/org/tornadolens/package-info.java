/** Errors of use, and the nearest names that they suggest. */
package org.tornadolens;
