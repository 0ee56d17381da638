/**
 * Texts of any number, read as a stream: files of JSON Lines, plain text, CSV or Parquet, compressed or not, become
 * rows of tokens in memory that does not grow with them.
 */
package org.tornadolens.dataset;
