package org.tornadolens.dsl.script;

import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.graalvm.polyglot.Value;

/**
 * Reads the requests that the module's JavaScript sends to Java: objects, each into a record, field by field by name.
 * Scripts never write these objects, so a field that is missing, unknown or of another type is a bug of ours, and an
 * {@link IllegalStateException}.
 *
 * <p>A component may be a primitive, a String, an enum (its constant in any case), a Value, an Optional or OptionalInt
 * (empty for null and undefined), a List, a Map from String in the order of the object's fields, a record, or a Java
 * object that the module keeps as a handle.
 */
final class Requests {

    private Requests() {}

    static <R extends Record> R read(Value request, Class<R> type) {
        return type.cast(record(request, type, type.getSimpleName()));
    }

    private static Record record(Value request, Class<?> type, String where) {
        if (request == null || request.isNull() || !request.hasMembers()) throw wrong(where, "an object", request);
        Fields fields = FIELDS.get(type);
        for (String name : request.getMemberKeys())
            if (!fields.types.containsKey(name))
                throw new IllegalStateException(where + " has no field \"" + name + "\"");
        List<Object> values = new ArrayList<>();
        fields.types.forEach((name, field) -> {
            if (!request.hasMember(name)) throw new IllegalStateException(where + " lacks the field \"" + name + "\"");
            values.add(value(request.getMember(name), field, where + "." + name));
        });
        return fields.record(values);
    }

    /** The components of a record by name, in order, and its constructor. */
    private record Fields(Map<String, Type> types, Constructor<?> constructor) {

        static Fields of(Class<?> type) {
            RecordComponent[] components = type.getRecordComponents();
            Map<String, Type> types = new LinkedHashMap<>();
            for (RecordComponent component : components) types.put(component.getName(), component.getGenericType());
            try {
                Constructor<?> constructor = type.getDeclaredConstructor(
                        Arrays.stream(components).map(RecordComponent::getType).toArray(Class<?>[]::new));
                constructor.setAccessible(true);
                return new Fields(types, constructor);
            } catch (NoSuchMethodException e) {
                throw new IllegalStateException(e);
            }
        }

        Record record(List<Object> values) {
            try {
                return (Record) constructor.newInstance(values.toArray());
            } catch (InvocationTargetException e) {
                if (e.getCause() instanceof RuntimeException refused) throw refused;
                throw new IllegalStateException(e.getCause());
            } catch (ReflectiveOperationException e) {
                throw new IllegalStateException(e);
            }
        }
    }

    private static final ClassValue<Fields> FIELDS = new ClassValue<>() {
        @Override protected Fields computeValue(Class<?> type) { return Fields.of(type); }
    };

    private static Object value(Value value, Type type, String where) {
        if (type instanceof ParameterizedType generic) return generic(value, generic, where);
        Class<?> plain = (Class<?>) type;
        if (plain == Value.class) return value;
        if (plain == OptionalInt.class)
            return value.isNull() ? OptionalInt.empty() : OptionalInt.of((int) value(value, int.class, where));
        if (plain.isRecord() && !value.isHostObject()) return record(value, plain, where);
        if (plain == int.class || plain == Integer.class) {
            if (value.fitsInInt()) return value.asInt();
        } else if (plain == double.class || plain == Double.class) {
            if (value.fitsInDouble()) return value.asDouble();
        } else if (plain == boolean.class || plain == Boolean.class) {
            if (value.isBoolean()) return value.asBoolean();
        } else if (plain == String.class) {
            if (value.isString()) return value.asString();
        } else if (plain.isEnum()) {
            return constant(value, plain, where);
        } else if (value.isHostObject() && plain.isInstance(value.asHostObject())) { return value.asHostObject(); }
        throw wrong(where, plain.getSimpleName(), value);
    }

    private static Object generic(Value value, ParameterizedType type, String where) {
        Type[] of = type.getActualTypeArguments();
        Class<?> raw = (Class<?>) type.getRawType();
        if (raw == Optional.class) return value.isNull() ? Optional.empty() : Optional.of(value(value, of[0], where));
        if (raw == List.class && value.hasArrayElements()) {
            List<Object> list = new ArrayList<>();
            for (long i = 0; i < value.getArraySize(); i++)
                list.add(value(value.getArrayElement(i), of[0], where + "[" + i + "]"));
            return List.copyOf(list);
        }
        if (raw == Map.class && of[0] == String.class && value.hasMembers()) {
            Map<String, Object> map = new LinkedHashMap<>();
            for (String name : value.getMemberKeys())
                map.put(name, value(value.getMember(name), of[1], where + "." + name));
            return map;
        }
        throw wrong(where, type.getTypeName(), value);
    }

    private static Object constant(Value value, Class<?> type, String where) {
        if (value.isString())
            for (Object constant : type.getEnumConstants())
                if (((Enum<?>) constant).name().equals(value.asString().toUpperCase(Locale.ROOT))) return constant;
        throw wrong(where, type.getSimpleName(), value);
    }

    private static IllegalStateException wrong(String where, String type, Value value) {
        return new IllegalStateException(where + " is no " + type + ", but " + value);
    }
}
