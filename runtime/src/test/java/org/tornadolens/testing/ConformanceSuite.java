package org.tornadolens.testing;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.Tag;

/**
 * Marks a {@link BackendSuite} that compares the backend under test with the reference. It also runs on every further
 * set of kernels that a device has, and not on the reference itself.
 */
@BackendSuite
@Tag("conformance")
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME) public @interface ConformanceSuite {}
