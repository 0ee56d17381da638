/** Metrics: one number for each row of a run, computed by operations at the end of its program. */
package org.tornadolens.metric;
