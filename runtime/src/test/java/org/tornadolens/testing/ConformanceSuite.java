package org.tornadolens.testing;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.Tag;

/**
 * Marks a {@link BackendSuite} that holds the backend under test to the reference. It also runs on every further set of
 * kernels that a device has, and not on the reference itself.
 */
@BackendSuite
@Tag("conformance")
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME) public @interface ConformanceSuite {}
