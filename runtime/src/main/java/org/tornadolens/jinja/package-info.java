/** Jinja, as far as chat templates use it: rendered as transformers renders it, without access to Java or to files. */
package org.tornadolens.jinja;
