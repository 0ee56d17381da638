package org.tornadolens.tokenizer;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Makes SentencePiece's precompiled_charsmap, with whatever a sound one has not: nested keys, shared parts, cycles.
 * Each node of the trie has a block of 256 units of its own for its children, which is large and simple.
 */
public final class CharsMapBuilder {

    private static final int BLOCK = 256;

    private final List<TreeMap<Integer, Integer>> children = new ArrayList<>(List.of(new TreeMap<>()));
    private final Map<Integer, Integer> values = new TreeMap<>();   // replacement offset by node
    private final ByteArrayOutputStream replacements = new ByteArrayOutputStream();

    /** Returns the map of these keys and their replacements. */
    public static byte[] of(Map<String, String> rules) {
        CharsMapBuilder builder = new CharsMapBuilder();
        rules.forEach(builder::put);
        return builder.build();
    }

    /** Adds a key and returns its node. */
    public int put(String key, String replacement) {
        int node = 0;
        for (byte each : key.getBytes(StandardCharsets.UTF_8)) {
            int label = each & 0xFF;
            if (!children.get(node).containsKey(label)) {
                children.get(node).put(label, children.size());
                children.add(new TreeMap<>());
            }
            node = children.get(node).get(label);
        }
        values.put(node, replacements.size());
        replacements.writeBytes(replacement.getBytes(StandardCharsets.UTF_8));
        replacements.write(0);
        return node;
    }

    public byte[] build() { return build(-1, 0); }

    /** Makes the children of a node those of another, which may be above it. */
    public byte[] build(int node, int childrenOf) {
        int[] units = new int[BLOCK * (children.size() + 1)];
        int[] place = new int[children.size()];   // of a node; the root's is 0, and its children's block the second
        for (int n = 0; n < children.size(); n++) {
            int block = BLOCK * (n + 1);
            for (Map.Entry<Integer, Integer> child : children.get(n).entrySet())
                place[child.getValue()] = block ^ child.getKey();
        }
        Arrays.fill(units, BLOCK, units.length, 0x8000_0000);   // no child; 0 would be one under the byte 0
        for (int n = 1; n < children.size(); n++) units[place[n]] = place[n] & 0xFF;
        for (int n = 0; n < children.size(); n++) {
            int block = BLOCK * ((n == node ? childrenOf : n) + 1), at = place[n];
            boolean leaf = values.containsKey(n);
            units[at] |= (at ^ block) << 10 | (leaf ? 1 << 8 : 0);
            if (leaf && n != node) units[block] = 0x8000_0000 | values.get(n);
        }
        ByteBuffer bytes = ByteBuffer.allocate(4 + 4 * units.length + replacements.size())
                .order(ByteOrder.LITTLE_ENDIAN).putInt(4 * units.length);
        for (int unit : units) bytes.putInt(unit);
        return bytes.put(replacements.toByteArray()).array();
    }
}
