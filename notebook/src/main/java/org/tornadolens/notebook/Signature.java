package org.tornadolens.notebook;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.tornadolens.UsageException;

/** Signs messages with the key that front end and kernel share (HMAC, RFC 2104). */
final class Signature {

    private final String algorithm;
    private final byte[] key;

    /** @param scheme {@code hmac-sha256} or with another digest */
    Signature(String scheme, String key) {
        this.algorithm = "Hmac" + scheme.replaceFirst("^hmac-", "").toUpperCase(Locale.ROOT);
        this.key = key.getBytes(StandardCharsets.UTF_8);
        if (!scheme.startsWith("hmac-")) throw new UsageException(unknown(scheme));
        try {
            Mac.getInstance(algorithm);
        } catch (GeneralSecurityException e) {
            throw new UsageException(unknown(scheme));
        }
    }

    private static String unknown(String scheme) {
        return "messages signed by \"" + scheme + "\" cannot be read; Jupyter's default is hmac-sha256";
    }

    /** Returns the signature in hexadecimal digits; empty without a key. */
    byte[] of(List<byte[]> parts) {
        if (key.length == 0) return new byte[0];
        try {
            Mac mac = Mac.getInstance(algorithm);
            mac.init(new SecretKeySpec(key, algorithm));
            parts.forEach(mac::update);
            return HexFormat.of().formatHex(mac.doFinal()).getBytes(StandardCharsets.US_ASCII);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    boolean signs(byte[] signature, List<byte[]> parts) { return MessageDigest.isEqual(signature, of(parts)); }
}
