/** Conversations: the text and tokens that a model's chat template makes of messages, and where each message stands. */
package org.tornadolens.chat;
