/** Reports: what a run printed and saved, on one self-contained page with the record of the run. */
package org.tornadolens.dsl.report;
