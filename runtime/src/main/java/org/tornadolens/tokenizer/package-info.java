/** Converts text to token ids and back, from SentencePiece models and the vocabularies of llama2.c and GGUF files. */
package org.tornadolens.tokenizer;
