/** Charts of tensors and arrays as PNG, SVG and PDF files: axes, scales and layout of our own, marks by XChart. */
package org.tornadolens.dsl.chart;
