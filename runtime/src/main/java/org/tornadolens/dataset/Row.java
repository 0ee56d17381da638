package org.tornadolens.dataset;

/**
 * One row of tokens.
 *
 * @param index its number in the dataset, from 0
 * @param place where its first document stands, in words
 */
public record Row(long index, int[] ids, String place) {}
