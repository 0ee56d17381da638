package org.tornadolens.dataset;

/**
 * One text, before it is tokens.
 *
 * @param place where it stands, in words
 */
record Document(String place, String text) {}
