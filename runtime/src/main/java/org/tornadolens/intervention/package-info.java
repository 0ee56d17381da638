/** Sites of a run ("10.29", "blocks.*.hook_mlp_out") and the changes to make there, declared before the run. */
package org.tornadolens.intervention;
