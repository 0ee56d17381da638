/**
 * What runs programs: the interface of a backend, the frame of a run that all backends share, and planning without
 * running.
 */
package org.tornadolens.backend;
