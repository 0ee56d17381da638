/** Opens Hugging Face, GGUF, llama2.c and Meta checkpoints as weights, and writes Hugging Face folders and tensors. */
package org.tornadolens.checkpoint;
