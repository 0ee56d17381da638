package org.tornadolens.chat;

import java.util.List;

/**
 * A conversation as a model reads it.
 *
 * @param text     what the template renders, with the texts of special tokens
 * @param ids      its tokens
 * @param contents for each message the positions of the tokens that share a character with its content, ascending; none
 *                 where the template leaves a content out or it is empty
 * @param after    the positions behind the content of the last user message; none without such a message
 * @param special  the special tokens whose texts stand in contents, and which are encoded as these tokens
 */
public record Conversation(String text, int[] ids, List<int[]> contents, int[] after, List<String> special) {}
