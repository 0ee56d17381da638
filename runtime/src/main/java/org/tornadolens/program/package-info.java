/** Programs: operations over named values, their rewrites, their derivatives, and the plan of their memory. */
package org.tornadolens.program;
