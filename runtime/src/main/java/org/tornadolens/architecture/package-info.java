/** Hook points, parameters, configurations, families of models, and the forward pass that they build. */
package org.tornadolens.architecture;
