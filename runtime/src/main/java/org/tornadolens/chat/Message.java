package org.tornadolens.chat;

/** One message of a conversation: who speaks ({@code system}, {@code user}, {@code assistant}) and what. */
public record Message(String role, String content) {}
