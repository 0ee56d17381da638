/** A configuration with weights: runs and their caches, generation of tokens, and edits of weights. */
package org.tornadolens.model;
