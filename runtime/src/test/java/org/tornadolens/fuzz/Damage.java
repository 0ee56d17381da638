package org.tornadolens.fuzz;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Random;

/** Changes to the bytes of a sound file, mostly near either end, where headers are. */
final class Damage {

    static final long[] EXTREMES = {-1, 0, 1, 2, 255, 256, 65_535, Integer.MAX_VALUE, Integer.MIN_VALUE, 1L << 31,
            1L << 32, 1L << 40, 1L << 62, Long.MAX_VALUE, Long.MIN_VALUE};

    private Damage() {}

    static byte[] of(byte[] sound, Random random) {
        byte[] bytes = sound.clone();
        for (int times = random.nextInt(8) == 0 ? 3 : 1; times > 0; times--) bytes = once(bytes, sound, random);
        return bytes;
    }

    private static byte[] once(byte[] bytes, byte[] sound, Random random) {
        if (bytes.length < 16) return Arrays.copyOf(bytes, random.nextInt(40));
        ByteBuffer buffer = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        switch (random.nextInt(8)) {
            case 0 -> {
                return Arrays.copyOf(bytes, random.nextInt(bytes.length + 20));
            }
            case 1 -> {
                for (int i = random.nextInt(4); i >= 0; i--) bytes[place(bytes, 1, random)] = (byte) random.nextInt();
            }
            case 2 -> bytes[place(bytes, 1, random)] ^= (byte) (1 << random.nextInt(8));
            case 3 -> buffer.putInt(place(bytes, 4, random), (int) extreme(random));
            case 4 -> buffer.putLong(place(bytes, 8, random), extreme(random));
            case 5 -> buffer.putLong(place(bytes, 8, random), bytes.length + random.nextInt(17) - 8);
            case 6 -> {   // some bytes more, or fewer
                int at = place(bytes, 8, random), length = 1 + random.nextInt(8);
                byte[] moved = Arrays.copyOf(bytes, bytes.length + (random.nextBoolean() ? length : -length));
                int from = Math.min(bytes.length - 1, moved.length > bytes.length ? at : at + length);
                int to = moved.length > bytes.length ? at + length : at;
                System.arraycopy(bytes, from, moved, to, Math.min(bytes.length - from, moved.length - to));
                return moved;
            }
            default -> {   // a piece of the sound file elsewhere
                int length = 1 + random.nextInt(Math.min(64, Math.min(bytes.length, sound.length) - 1));
                System.arraycopy(sound, place(sound, length, random), bytes, place(bytes, length, random), length);
            }
        }
        return bytes;
    }

    static long extreme(Random random) { return EXTREMES[random.nextInt(EXTREMES.length)]; }

    private static int place(byte[] bytes, int length, Random random) {
        int within = bytes.length - length + 1, near = Math.min(within, 1 + random.nextInt(3000));
        int at = random.nextInt(near);
        return random.nextInt(3) == 0 ? within - 1 - at : at;
    }
}
