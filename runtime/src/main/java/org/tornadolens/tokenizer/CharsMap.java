package org.tornadolens.tokenizer;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.IntBuffer;
import java.util.ArrayDeque;
import java.util.BitSet;

/**
 * Checks SentencePiece's precompiled_charsmap: the u32 size of a trie in bytes, the trie, then the replacements, each
 * terminated by NUL. The trie is a Darts double array of u32 units; a leaf holds the offset of its replacement. The
 * native library walks the trie without bounds checks, so every offset that it can reach is checked here.
 */
final class CharsMap {

    private CharsMap() {}

    static void check(byte[] map, String origin) {
        if (map.length == 0) return;
        ByteBuffer bytes = ByteBuffer.wrap(map).order(ByteOrder.LITTLE_ENDIAN);
        long trieBytes = map.length < 4 ? -1 : Integer.toUnsignedLong(bytes.getInt());
        if (trieBytes <= 0 || trieBytes % 4 != 0 || 4 + trieBytes >= map.length)
            throw broken(origin, "its trie is larger than the map");
        IntBuffer trie = bytes.slice(4, (int) trieBytes).order(ByteOrder.LITTLE_ENDIAN).asIntBuffer();
        int replacements = map.length - 4 - (int) trieBytes;
        if (map[map.length - 1] != 0) throw broken(origin, "its last replacement is not terminated");

        BitSet seen = new BitSet(trie.limit());
        ArrayDeque<Integer> open = new ArrayDeque<>();
        open.push(0);
        while (!open.isEmpty()) {
            int node = open.pop();
            if (seen.get(node)) continue;
            seen.set(node);
            int unit = trie.get(node);
            int children = node ^ offset(unit);   // a child under byte b stands at children ^ b
            if ((children | 0xFF) >= trie.limit() || children < 0)
                throw broken(origin, "its trie points outside itself");
            if (hasLeaf(unit)) {
                int replacement = trie.get(children) & 0x7FFF_FFFF;
                if (replacement >= replacements) throw broken(origin, "a replacement lies outside the map");
            }
            for (int label = 0; label < 256; label++) {   // a text may contain NUL
                int child = children ^ label;
                if ((trie.get(child) & 0x8000_00FF) == label) open.push(child);
            }
        }
    }

    private static int offset(int unit) { return (unit >>> 10) << ((unit & 0x200) >>> 6); }

    private static boolean hasLeaf(int unit) { return (unit >>> 8 & 1) == 1; }

    private static TokenizerException broken(String origin, String what) {
        return new TokenizerException(origin, "its normaliser (precompiled_charsmap) is broken: " + what);
    }
}
