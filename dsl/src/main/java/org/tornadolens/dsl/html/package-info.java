/** Self-contained HTML pages that show attention patterns, coloured texts, logit lenses and large heat maps. */
package org.tornadolens.dsl.html;
