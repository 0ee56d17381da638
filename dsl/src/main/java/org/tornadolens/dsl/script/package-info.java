/** The JavaScript sandbox, and the Java objects behind the {@code lens} module that scripts import. */
package org.tornadolens.dsl.script;
