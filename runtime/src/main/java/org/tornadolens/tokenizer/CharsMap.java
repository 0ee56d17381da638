package org.tornadolens.tokenizer;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.IntBuffer;
import java.nio.charset.StandardCharsets;

/**
 * SentencePiece's precompiled_charsmap: the u32 size of a trie in bytes, the trie, then the replacements, each
 * terminated by NUL. The trie is a Darts double array of u32 units; a leaf holds the offset of its replacement. The
 * native library walks the trie without bounds checks and collects what it finds in an array of fixed size, so every
 * offset that it can reach is checked here, and how far a key and its replacement can go.
 */
final class CharsMap {

    /** Keys of which each begins the next; the native library has room for as many. */
    static final int MAX_NESTED = 32;
    /** In bytes; the longest key of SentencePiece's own rules has 21, the longest replacement 33. */
    static final int MAX_KEY = 256, MAX_REPLACEMENT = 1024;
    /** Bytes of a map; SentencePiece's own have a quarter of a megabyte. */
    private static final int MAX_MAP = 4 << 20;

    private final String origin;
    private final byte[] map;
    private final IntBuffer trie;   // empty for the identity
    private final int replacements;  // position of the first
    private int longest;            // bytes that a replacement becomes

    private CharsMap(byte[] map, String origin) {
        this.origin = origin;
        this.map = map;
        if (map.length == 0) {
            trie = IntBuffer.allocate(0);
            replacements = 0;
            return;
        }
        if (map.length > MAX_MAP) throw broken("it has " + map.length + " bytes, and at most " + MAX_MAP + " are read");
        ByteBuffer bytes = ByteBuffer.wrap(map).order(ByteOrder.LITTLE_ENDIAN);
        long trieBytes = map.length < 4 ? -1 : Integer.toUnsignedLong(bytes.getInt());
        if (trieBytes <= 0 || trieBytes % 4 != 0 || 4 + trieBytes >= map.length)
            throw broken("its trie is larger than the map");
        trie = bytes.slice(4, (int) trieBytes).order(ByteOrder.LITTLE_ENDIAN).asIntBuffer();
        replacements = 4 + (int) trieBytes;
        if (map[map.length - 1] != 0) throw broken("its last replacement is not terminated");
        walk();
    }

    /** @throws TokenizerException if the native library could not be given it */
    static CharsMap of(byte[] map, String origin) {
        return new CharsMap(map, origin);
    }

    // ---- what the native library can reach

    /**
     * Visits every node once, its children first. Parts of the trie may be shared, so that the keys below a node are
     * counted once and remembered.
     */
    private void walk() {
        byte[] nested = new byte[trie.limit()];     // keys along the deepest path from a node down, and 1; 0: unseen
        short[] below = new short[trie.limit()];    // bytes of the longest key from a node down
        int[] path = new int[MAX_KEY + 1], labels = new int[MAX_KEY + 1];
        int depth = 0;
        path[0] = enter(0, nested);
        while (depth >= 0) {
            int node = path[depth], children = children(node);
            if (labels[depth] == 256) {
                if (hasLeaf(trie.get(node)) && ++nested[node] > MAX_NESTED + 1 && node != 0)
                    throw broken("more than " + MAX_NESTED + " of its keys begin with one another");
                if (--depth >= 0) collect(path[depth], node, nested, below);
                continue;
            }
            int child = children ^ labels[depth]++;
            if ((trie.get(child) & 0x8000_00FF) != (labels[depth] - 1)) continue;   // a text may contain NUL
            if (nested[child] == 0) {
                if (++depth > MAX_KEY) throw tooLong();
                path[depth] = enter(child, nested);
                labels[depth] = 0;
            } else {
                for (int i = 0; i <= depth; i++) if (path[i] == child) throw broken("its trie has a cycle");
                collect(node, child, nested, below);
            }
        }
    }

    /** Checks a node's own offsets. */
    private int enter(int node, byte[] nested) {
        nested[node] = 1;
        int children = children(node);
        if (children < 0 || (children | 0xFF) >= trie.limit()) throw broken("its trie points outside itself");
        if (hasLeaf(trie.get(node))) longest = Math.max(longest, replacementBytes(children));
        return node;
    }

    private void collect(int node, int child, byte[] nested, short[] below) {
        nested[node] = (byte) Math.max(nested[node], nested[child]);
        below[node] = (short) Math.max(below[node], below[child] + 1);
        if (below[node] > MAX_KEY) throw tooLong();
    }

    /** A child under byte b stands at {@code children ^ b}, and a replacement's offset under 0. */
    private int children(int node) {
        int unit = trie.get(node);
        return node ^ (unit >>> 10) << ((unit & 0x200) >>> 6);
    }

    private static boolean hasLeaf(int unit) { return (unit >>> 8 & 1) == 1; }

    /** The bytes that a replacement becomes: a space becomes U+2581, of three. */
    private int replacementBytes(int leaf) {
        long start = replacements + (trie.get(leaf) & 0x7FFF_FFFFL);
        if (start >= map.length) throw broken("a replacement lies outside the map");
        int bytes = 0, at = (int) start;
        for (; map[at] != 0; at++) {
            if (at - start == MAX_REPLACEMENT)
                throw broken("a replacement is longer than " + MAX_REPLACEMENT + " bytes");
            bytes += map[at] == ' ' ? 3 : 1;
        }
        return bytes;
    }

    private TokenizerException tooLong() { return broken("a key is longer than " + MAX_KEY + " bytes"); }

    private TokenizerException broken(String what) {
        return new TokenizerException(origin, "its normaliser (precompiled_charsmap) is broken: " + what);
    }

    // ---- how long a text becomes

    /** Returns a number of bytes that the normal form of a text has at most, quickly. */
    long roughBytes(String text) {
        return (long) text.length() * Math.max(3, longest);
    }

    /**
     * Returns a number of bytes that the normal form of a text has at most: each character, and what could replace a
     * key that begins there.
     */
    long mostBytes(String text) {
        byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
        long most = 0;
        for (int at = 0; at < utf8.length; at++) {
            most += utf8[at] == ' ' ? 3 : 1;
            boolean startsCharacter = (utf8[at] & 0xC0) != 0x80;
            if (startsCharacter && trie.limit() > 0) most += replacementAt(utf8, at);
        }
        return most;
    }

    private int replacementAt(byte[] utf8, int start) {
        int node = 0, bytes = 0;
        for (int at = start; at < utf8.length; at++) {
            int label = utf8[at] & 0xFF, child = children(node) ^ label;
            if ((trie.get(child) & 0x8000_00FF) != label) break;
            node = child;
            if (hasLeaf(trie.get(node))) bytes = replacementBytes(children(node));
        }
        return bytes;
    }
}
