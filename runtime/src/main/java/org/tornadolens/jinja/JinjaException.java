package org.tornadolens.jinja;

/** A template that cannot be read or rendered; the message says where and why. */
public class JinjaException extends RuntimeException {

    public JinjaException(String message) { super(message); }

    /** What a template itself refuses by {@code raise_exception}; the message is the template's. */
    public static final class Raised extends JinjaException {

        Raised(String message) { super(message); }
    }
}
