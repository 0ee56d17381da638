package org.tornadolens.testing;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.Tag;

/**
 * Marks a suite whose claims hold on every backend. It runs once for each, on the {@link BackendUnderTest}: in this
 * module on the CPU and on the reference, in the module tornado-kernels on a device.
 */
@Tag("backend")
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME) public @interface BackendSuite {}
