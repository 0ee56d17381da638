/**
 * The reference backend: every operation as a plain loop in double precision, which the tests hold every backend to.
 */
package org.tornadolens.backend.reference;
