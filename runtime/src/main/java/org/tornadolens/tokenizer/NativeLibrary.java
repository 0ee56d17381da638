package org.tornadolens.tokenizer;

import ai.djl.sentencepiece.jni.LibUtils;

/** Loads SentencePiece's native library, which DJL carries in its jar and unpacks into a cache folder. */
final class NativeLibrary {

    private static boolean loaded;

    private NativeLibrary() {}

    static synchronized void load() {
        if (loaded) return;
        LibUtils.loadLibrary();
        loaded = true;
    }
}
