package org.tornadolens.checkpoint;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Reads a dictionary of tensors pickled by torch.save. A pickle is a program that may call any function by name; this
 * reader knows OrderedDict, torch's _rebuild_tensor_v2 and _rebuild_parameter, and the storages of plain numbers, and
 * rejects every other name and opcode. No code is executed, and the work is bounded by the length of the file and
 * {@link #MAX_STEPS}.
 */
final class Unpickler {

    private static final int MAX_STEPS = 1_000_000;
    private static final int MAX_DIMENSIONS = 32;

    private static final String ORDERED_DICT = "collections.OrderedDict";
    private static final String REBUILD_TENSOR = "torch._utils._rebuild_tensor_v2";
    private static final String REBUILD_PARAMETER = "torch._utils._rebuild_parameter";
    private static final Map<String, ElementType> STORAGES = Map.of("torch.FloatStorage", ElementType.F32,
            "torch.HalfStorage", ElementType.F16, "torch.BFloat16Storage", ElementType.BF16,
            "torch.DoubleStorage", ElementType.F64, "torch.LongStorage", ElementType.I64,
            "torch.IntStorage", ElementType.I32, "torch.ShortStorage", ElementType.I16,
            "torch.CharStorage", ElementType.I8, "torch.ByteStorage", ElementType.U8,
            "torch.BoolStorage", ElementType.BOOL);

    /** A value on the stack other than Long, Double, Boolean, String, List (also for a tuple) and Map. */
    private sealed interface Special {}

    private enum Atom implements Special { NONE, MARK }

    private record Global(String name) implements Special {}

    /** @param elements number of elements in the storage */
    record Storage(String key, ElementType type, long elements) implements Special {}

    /** A tensor over a storage; offset and strides in elements. */
    record TensorView(Storage storage, long offset, List<Long> shape, List<Long> strides) implements Special {}

    private final MappedFile file;
    private final Cursor cursor;
    private final List<Object> stack = new ArrayList<>();
    private final Map<Long, Object> memo = new HashMap<>();

    private Unpickler(MappedFile file) {
        this.file = file;
        this.cursor = file.cursor(0);
    }

    /** Returns the tensors of the pickled dictionary, by name. */
    static Map<String, TensorView> tensors(MappedFile pickle) {
        Unpickler unpickler = new Unpickler(pickle);
        if (!(unpickler.load() instanceof Map<?, ?> map)) throw unpickler.problem("is not a dictionary of tensors");
        Map<String, TensorView> tensors = new LinkedHashMap<>();
        map.forEach((name, value) -> {
            if (!(value instanceof TensorView tensor))
                throw unpickler.problem(
                        "has \"" + name + "\", which is not a tensor; a plain dictionary of tensors is needed");
            tensors.put((String) name, tensor);
        });
        return tensors;
    }

    private Object load() {
        for (int step = 0; step < MAX_STEPS; step++) {
            int opcode = cursor.u8();
            if (opcode == '.') return pop(Object.class);
            execute(opcode);
        }
        throw problem("takes more than " + MAX_STEPS + " steps");
    }

    private void execute(int opcode) {
        switch (opcode) {
            case 0x80 -> cursor.skip(1);                                   // PROTO
            case 0x95 -> cursor.skip(8);                                   // FRAME
            case '(' -> stack.add(Atom.MARK);
            case 'N' -> stack.add(Atom.NONE);
            case 0x88 -> stack.add(true);
            case 0x89 -> stack.add(false);
            case 'K' -> stack.add((long) cursor.u8());                     // BININT1
            case 'M' -> stack.add((long) cursor.u16());                    // BININT2
            case 'J' -> stack.add((long) cursor.i32());                    // BININT
            case 0x8a -> stack.add(longOf(cursor.u8()));                   // LONG1
            case 'G' -> stack.add(Double.longBitsToDouble(Long.reverseBytes(cursor.i64())));   // BINFLOAT
            case 'X' -> stack.add(cursor.utf8(cursor.u32()));              // BINUNICODE
            case 0x8c -> stack.add(cursor.utf8(cursor.u8()));              // SHORT_BINUNICODE
            case '}' -> stack.add(new LinkedHashMap<String, Object>());
            case ']' -> stack.add(new ArrayList<>());
            case ')' -> stack.add(List.of());
            case 0x85 -> tuple(1);
            case 0x86 -> tuple(2);
            case 0x87 -> tuple(3);
            case 't' -> stack.add(popToMark());
            case 'q' -> memo.put((long) cursor.u8(), peek());              // BINPUT
            case 'r' -> memo.put(cursor.u32(), peek());                    // LONG_BINPUT
            case 0x94 -> memo.put((long) memo.size(), peek());             // MEMOIZE
            case 'h' -> recall(cursor.u8());                               // BINGET
            case 'j' -> recall(cursor.u32());                              // LONG_BINGET
            case 'c' -> global(line(), line());
            case 0x93 -> stackGlobal();
            case 'Q' -> persistent();
            case 'R' -> reduce();
            case 'b' -> build();
            case 's' -> setItems(popLast(2));
            case 'u' -> setItems(popToMark());
            case 'a' -> append(popLast(1));
            case 'e' -> append(popToMark());
            default -> throw problem("has the opcode 0x" + Integer.toHexString(opcode) + " before byte "
                    + cursor.position() + ", which no dictionary of tensors needs");
        }
    }

    private void global(String module, String name) {
        String full = module + "." + name;
        boolean known = full.equals(ORDERED_DICT) || full.equals(REBUILD_TENSOR) || full.equals(REBUILD_PARAMETER)
                || STORAGES.containsKey(full);
        if (!known) {
            throw problem("asks for " + full + "; only OrderedDict, _rebuild_tensor_v2, _rebuild_parameter and the"
                    + " storages " + STORAGES.keySet().stream().sorted().toList() + " are allowed: save the tensors of"
                    + " a state_dict and nothing else");
        }
        stack.add(new Global(full));
    }

    private void stackGlobal() {
        String name = pop(String.class), module = pop(String.class);
        global(module, name);
    }

    /** ("storage", type, key, device, elements) names a storage, which is an archive entry of its own. */
    private void persistent() {
        List<?> id = pop(List.class);
        boolean storage = id.size() == 5 && "storage".equals(id.get(0)) && id.get(1) instanceof Global type
                && STORAGES.containsKey(type.name()) && id.get(2) instanceof String && id.get(4) instanceof Long;
        if (!storage) throw problem("names something other than a storage, before byte " + cursor.position());
        stack.add(new Storage((String) id.get(2), STORAGES.get(((Global) id.get(1)).name()), (Long) id.get(4)));
    }

    private void reduce() {
        List<?> arguments = pop(List.class);
        Global function = pop(Global.class);
        if (function.name().equals(REBUILD_TENSOR)) {
            stack.add(tensor(arguments));
        } else
            if (function.name().equals(REBUILD_PARAMETER) && !arguments.isEmpty()
                    && arguments.getFirst() instanceof TensorView tensor) {
                        stack.add(tensor);
                    } else
                if (function.name().equals(ORDERED_DICT) && arguments.isEmpty()) {
                    stack.add(new LinkedHashMap<String, Object>());
                } else {
                    throw problem("calls " + function.name() + " in a way that is not allowed");
                }
    }

    /** Rebuilds a tensor from (storage, offset, shape, strides, requires_grad, hooks). */
    private TensorView tensor(List<?> arguments) {
        boolean known = arguments.size() >= 4 && arguments.get(0) instanceof Storage && arguments.get(1) instanceof Long
                && longs(arguments.get(2)) && longs(arguments.get(3));
        if (!known)
            throw problem("rebuilds a tensor from arguments that are not a tensor's, before byte " + cursor.position());
        return new TensorView((Storage) arguments.get(0), (Long) arguments.get(1), listOfLongs(arguments.get(2)),
                listOfLongs(arguments.get(3)));
    }

    private static boolean longs(Object value) {
        return value instanceof List<?> list && list.size() <= MAX_DIMENSIONS
                && list.stream().allMatch(Long.class::isInstance);
    }

    private static List<Long> listOfLongs(Object value) {
        return ((List<?>) value).stream().map(Long.class::cast).toList();
    }

    /** Skips the attributes of a state dict (_metadata), which do not affect the numbers. */
    private void build() {
        pop(Object.class);
        if (!(peek() instanceof Map)) throw problem("sets attributes of something other than a dictionary");
    }

    private void setItems(List<?> pairs) {
        Map<String, Object> map = dictionary(peek());
        if (pairs.size() % 2 != 0) throw problem("has a dictionary with a name and no value");
        for (int i = 0; i < pairs.size(); i += 2) {
            if (!(pairs.get(i) instanceof String name)) throw problem("has a dictionary whose keys are not all names");
            if (map.put(name, pairs.get(i + 1)) != null) throw problem("has \"" + name + "\" twice");
        }
    }

    @SuppressWarnings("unchecked")   // every map on the stack was made here
    private Map<String, Object> dictionary(Object value) {
        return value instanceof LinkedHashMap<?, ?> map ? (Map<String, Object>) map : wrong("a dictionary");
    }

    @SuppressWarnings("unchecked")   // every list on the stack was made here
    private void append(List<?> values) {
        List<Object> list = peek() instanceof ArrayList<?> found ? (List<Object>) found : wrong("a list");
        list.addAll(values);
    }

    private void tuple(int size) { stack.add(popLast(size)); }

    private void recall(long index) {
        Object value = memo.get(index);
        if (value == null) throw problem("recalls memo " + index + ", which is empty");
        stack.add(value);
    }

    private List<Object> popToMark() {
        int mark = stack.lastIndexOf(Atom.MARK);
        if (mark < 0) throw problem("closes a tuple or list that it did not open, before byte " + cursor.position());
        List<Object> values = popLast(stack.size() - mark - 1);
        stack.removeLast();
        return values;
    }

    private List<Object> popLast(int count) {
        if (stack.size() < count) return wrong("a value");
        List<Object> top = stack.subList(stack.size() - count, stack.size());
        List<Object> values = Collections.unmodifiableList(new ArrayList<>(top));
        top.clear();
        return values;
    }

    private <T> T pop(Class<T> type) {
        if (stack.isEmpty() || !type.isInstance(stack.getLast())) return wrong("a " + type.getSimpleName());
        return type.cast(stack.removeLast());
    }

    private Object peek() { return stack.isEmpty() ? wrong("a value") : stack.getLast(); }

    /** Reads an integer in little-endian two's complement of at most eight bytes. */
    private long longOf(int bytes) {
        if (bytes > Long.BYTES) throw problem("has a number of " + bytes + " bytes");
        long value = 0;
        for (int i = 0; i < bytes; i++) value |= (long) cursor.u8() << 8 * i;
        int unused = Long.SIZE - 8 * bytes;
        return bytes == 0 ? 0 : value << unused >> unused;
    }

    private String line() {
        StringBuilder text = new StringBuilder();
        for (char c = (char) cursor.u8(); c != '\n'; c = (char) cursor.u8()) text.append(c);
        return text.toString();
    }

    private <T> T wrong(String needed) {
        throw problem("is damaged before byte " + cursor.position() + ", where " + needed + " is needed");
    }

    private CheckpointException problem(String text) {
        return new CheckpointException(file.path(), "its pickle " + text);
    }
}
