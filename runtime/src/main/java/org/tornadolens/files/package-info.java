/** Claims on files and folders that hold between processes and containers, and temporary folders. */
package org.tornadolens.files;
