/**
 * Self-contained HTML pages: attention patterns, texts coloured by numbers or by who attends to whom, logit lenses,
 * heat maps and circuits. A class makes each page's data; scripts and style sheets are resources, a folder for each
 * {@link org.tornadolens.dsl.html.View}.
 */
package org.tornadolens.dsl.html;
