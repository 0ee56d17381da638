package org.tornadolens.fuzz;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.tornadolens.jinja.JinjaException;
import org.tornadolens.jinja.Template;

/** Chat templates: those of the tests, damaged, and ones that a grammar draws. */
final class MadeTemplate implements Target {

    private static final List<String> ATOMS = List.of("messages", "m", "m.role", "m['content']", "x", "loop.index", "1",
            "-1", "9223372036854775807", "1.5", "''", "'ab'", "true", "none", "[1, 'a', messages]", "{'a': 1}",
            "range(10)", "range(99999999)", "namespace(a=1)", "ns.a", "cycler", "dict(a=2)", "bos_token");
    private static final List<String> OPERATORS =
            List.of("+", "-", "*", "/", "//", "%", "**", "~", "==", "<", "in", "not in", "and", "or", "is");
    private static final List<String> FILTERS = List.of("length", "trim", "upper", "join(',')", "list", "tojson",
            "first", "last", "replace('a', 'aaaaaaaa')", "int", "string", "items", "map(attribute='role')",
            "selectattr('role', 'equalto', 'user')", "default('x')", "indent(9)", "sort", "reverse", "unique",
            "nosuch");
    private static final List<String> TESTS = List.of("defined", "none", "string", "mapping", "odd", "nosuch");

    @Override public String name() { return "chat template"; }

    @Override public Path write(Random random, Path folder) throws IOException {
        byte[] bytes;
        if (random.nextBoolean()) {
            bytes = block(random, 4).getBytes(StandardCharsets.UTF_8);
        } else {
            try (Stream<Path> all = Files.list(Damaged.resource("../chat/templates"))) {
                List<Path> files = all.sorted().toList();
                bytes = Damage.of(Files.readAllBytes(files.get(random.nextInt(files.size()))), random);
            }
        }
        return Files.write(folder.resolve("chat_template.jinja"), bytes);
    }

    private static String block(Random random, int depth) {
        StringBuilder text = new StringBuilder();
        for (int i = random.nextInt(4); i >= 0; i--) {
            String expression = expression(random, depth);
            text.append(switch (depth == 0 ? random.nextInt(2) : random.nextInt(9)) {
                case 0 -> "text\n ";
                case 1, 2 -> "{{ " + expression + " }}";
                case 3, 4 -> "{% for m in " + expression + " %}" + block(random, depth - 1) + "{% endfor %}";
                case 5 -> "{% if " + expression + " %}" + block(random, depth - 1) + "{% else %}"
                        + block(random, depth - 1) + "{% endif %}";
                case 6 -> "{% set x = " + expression + " %}";
                case 7 -> "{% macro x(a=1) %}" + block(random, depth - 1) + "{{ x() }}{% endmacro %}{{ x() }}";
                default -> "{%- set ns = namespace(a=" + expression + ") -%}{% set ns.a = " + expression + " %}";
            });
        }
        return text.toString();
    }

    private static String expression(Random random, int depth) {
        String atom = ATOMS.get(random.nextInt(ATOMS.size()));
        if (depth == 0) return atom;
        return switch (random.nextInt(7)) {
            case 0 -> "(" + expression(random, depth - 1) + " " + OPERATORS.get(random.nextInt(OPERATORS.size())) + " "
                    + expression(random, depth - 1) + ")";
            case 1, 2 -> expression(random, depth - 1) + " | " + FILTERS.get(random.nextInt(FILTERS.size()));
            case 3 -> expression(random, depth - 1) + "[" + expression(random, depth - 1) + ":]";
            case 4 -> expression(random, depth - 1) + " is " + TESTS.get(random.nextInt(TESTS.size()));
            case 5 -> expression(random, depth - 1) + "." + List.of("a", "split(' ')", "strip()", "items()", "class",
                    "format(1)", "__class__", "append(1)", "upper()").get(random.nextInt(9));
            default -> atom;
        };
    }

    @Override public void open(Path file) throws IOException {
        Template.of(new String(Files.readAllBytes(file), StandardCharsets.UTF_8));
    }

    @Override public void use(Path file) throws IOException {
        Template template =
                Template.of(new String(Files.readAllBytes(file), StandardCharsets.UTF_8));
        List<Map<String, String>> messages = List.of(Map.of("role", "system", "content", "Be brief."),
                Map.of("role", "user", "content", "a {{ b }}"), Map.of("role", "assistant", "content", ""));
        try {
            template.render(Map.of("messages", messages, "bos_token", "<s>", "eos_token", "</s>",
                    "add_generation_prompt", true));
        } catch (JinjaException e) {
            if (e.getMessage() == null) throw new AssertionError("no message", e);
        }
    }
}
