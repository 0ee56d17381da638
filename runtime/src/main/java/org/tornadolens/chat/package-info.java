/** Conversations: the text and the tokens that a model's chat template makes of messages, and where each message stands. */
package org.tornadolens.chat;
