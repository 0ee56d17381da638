/**
 * Surveys: one pass of a model over a dataset, with reductions of its values over all tokens. A survey consists of
 * units of consecutive rows; the result of a unit depends on its rows alone, and results are merged in the order of
 * units, so that neither threads nor batches nor an interruption change them.
 */
package org.tornadolens.survey;
