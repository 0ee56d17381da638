package org.tornadolens.tornado;

import java.lang.reflect.Field;
import java.util.Arrays;
import java.util.List;
import org.tornadolens.tornado.kernels.Block;

/**
 * The names of a kernel's arguments, in the order in which they follow the kernel's number in its block. They are the
 * constants of an interface, such as {@code Elementwise.Add}, which the kernel reads its block by and the host sets it
 * by.
 */
record ArgumentNames(List<String> names) {

    /**
     * Reads the constants of an interface and of those that it extends.
     *
     * @throws IllegalStateException unless they number the arguments from one on
     */
    static ArgumentNames of(Class<?> constants) {
        Field[] fields = constants.getFields();
        String[] names = new String[fields.length];
        for (Field field : fields) {
            int argument = value(field);
            boolean free = argument >= 1 && argument <= names.length && names[argument - 1] == null;
            if (!free || names.length >= Block.SIZE)
                throw new IllegalStateException(constants.getName() + " does not number its arguments: " + field);
            names[argument - 1] = field.getName();
        }
        return new ArgumentNames(List.copyOf(Arrays.asList(names)));
    }

    private static int value(Field field) {
        try {
            return field.getInt(null);
        } catch (IllegalAccessException e) {
            throw new IllegalStateException(field + " is no argument of a kernel", e);
        }
    }

    int count() { return names.size(); }

    String name(int argument) { return names.get(argument - 1); }
}
