package org.tornadolens.jinja;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeout;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Templates render as transformers renders them, and whatever a hostile one does, it ends in an error. */
class TemplateTest {

    private static final Path FOLDER = Path.of("src/test/resources/chat");
    private static final JsonObject GOLDEN = golden();

    private static JsonObject golden() {
        try {
            return JsonParser.parseString(Files.readString(FOLDER.resolve("chats.json"))).getAsJsonObject();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Map<String, Object> variables(String talk, boolean answer) {
        List<Object> messages = new ArrayList<>();
        for (JsonElement message : GOLDEN.getAsJsonObject("talks").getAsJsonArray(talk)) {
            Map<String, Object> fields = new LinkedHashMap<>();
            message.getAsJsonObject().entrySet().forEach(e -> fields.put(e.getKey(), e.getValue().getAsString()));
            messages.add(fields);
        }
        Map<String, Object> variables = new HashMap<>(Map.of("messages", messages, "bos_token", "<s>", "eos_token",
                "</s>", "add_generation_prompt", answer));
        variables.put("tools", null);
        variables.put("documents", null);
        return variables;
    }

    static Stream<String> templates() throws IOException {
        return Files.list(FOLDER.resolve("templates")).map(file -> file.getFileName().toString()).sorted();
    }

    @ParameterizedTest
    @MethodSource("templates") void conversationsRenderAsInTransformers(String file) throws IOException {
        Template template = Template.of(Files.readString(FOLDER.resolve("templates").resolve(file)));
        int compared = 0;
        for (JsonElement element : GOLDEN.getAsJsonArray("cases")) {
            JsonObject golden = element.getAsJsonObject();
            if (!file.equals(golden.get("template").getAsString() + ".jinja")) continue;
            String talk = golden.get("talk").getAsString();
            Map<String, Object> variables = variables(talk, golden.get("answer").getAsBoolean());
            if (golden.has("text")) {
                assertEquals(golden.get("text").getAsString(), template.render(variables), talk);
            } else {
                JinjaException refused = assertThrows(JinjaException.class, () -> template.render(variables), talk);
                assertEquals(golden.get("refused").getAsString(), refused.getMessage());
            }
            compared++;
        }
        assertEquals(42, compared);
    }

    @Test void thePartsOfTheLanguageRenderAsInJinja2() {
        Map<String, Object> variables = variables("system turns", true);
        for (JsonElement element : GOLDEN.getAsJsonArray("snippets")) {
            JsonObject golden = element.getAsJsonObject();
            String source = golden.get("source").getAsString();
            if (golden.has("text")) {
                assertEquals(golden.get("text").getAsString(), Template.of(source).render(variables), source);
            } else {
                assertThrows(JinjaException.class, () -> Template.of(source).render(variables), source);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {
            "{% for a in range(100000) %}{% for b in range(100000) %}{% endfor %}{% endfor %}",
            "{{ range(100001) }}", "{{ range(9223372036854775807) }}", "{{ range(0, -9223372036854775807, -1) }}",
            "{{ 'a' * 9999999999 }}", "{{ 9999999999 * 'a' }}", "{{ 2 ** 4000000000 }}",
            "{% set ns = namespace(s='aaaaaaaaaa') %}{% for i in range(99) %}{% set ns.s = ns.s + ns.s %}{% endfor %}",
            "{% set ns = namespace(s='aaaaaaaaaa') %}{% for i in range(99) %}{% set ns.s = ns.s ~ ns.s %}{% endfor %}",
            "{% set ns = namespace(s='aaaa') %}{% for i in range(99) %}"
                    + "{% set ns.s = ns.s|replace('a', 'aa') %}{% endfor %}",
            "{% set ns = namespace(s=['a']) %}{% for i in range(99) %}{% set ns.s = ns.s + ns.s %}{% endfor %}",
            "{% set ns = namespace(s=['a']) %}{% for i in range(99) %}"
                    + "{% set ns.s = [ns.s, ns.s] %}{% endfor %}{{ ns.s }}",
            "{% set ns = namespace(s=['a']) %}{% for i in range(99) %}{% set ns.s = [ns.s, ns.s] %}{% endfor %}"
                    + "{{ ns.s | tojson }}",
            "{% set x = namespace(s=1) %}{% set y = namespace(s=1) %}{% for i in range(99) %}{% set x.s = [x.s, x.s] %}"
                    + "{% set y.s = [y.s, y.s] %}{% endfor %}{{ x.s == y.s }}",
            "{% for i in range(100000) %}aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
                    + "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
                    + "aaaaaaaaaaaaaaaaaaaaaaaaaaaaa{% endfor %}",
            "{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}",
            "{% macro f() %}{{ f() }}{{ f() }}{% endmacro %}{{ f() }}",
            "{{ ''.getClass() }}", "{{ messages.getClass().forName('java.lang.Runtime') }}", "{{ ''.class.name }}",
            "{{ ''.__class__.__mro__ }}", "{{ messages.__class__() }}", "{{ messages.append(1) }}",
            "{{ messages[0].pop('role') }}", "{% include '/etc/passwd' %}", "{% import 'x' as y %}",
            "{% extends 'x' %}", "{% from 'x' import y %}", "{{ lipsum.__globals__ }}", "{{ self.x }}",
            "{{ strftime_now('%Q') }}", "{{ cycler('a') }}",
            "{% if", "{{ x", "{# x", "{% for x in %}", "{% set %}", "{{ 'a }}", "{{ (1 }}", "{{ 1 + }}", "{{ a|nope }}",
            "{{ a is nope }}", "{% nope %}", "{% endif %}", "{{ 99999999999999999999 }}",
            "{{ '\\U99999999' }}"}) void aHostileOrBrokenTemplateEndsInOneError(String source) {
        assertTimeout(Duration.ofSeconds(30), () -> {
            JinjaException error = assertThrows(JinjaException.class,
                    () -> Template.of(source).render(variables("user", true)));
            assertTrue(error.getMessage().lines().count() == 1 && error.getMessage().length() > 5, error.getMessage());
        });
    }

    @Test void deepNestingEndsInAnError() {
        String brackets = "{{ " + "(".repeat(50_000) + "1" + ")".repeat(50_000) + " }}";
        assertThrows(JinjaException.class, () -> Template.of(brackets));
        String sum = "{{ 1" + " + 1".repeat(100_000) + " }}";
        assertThrows(JinjaException.class, () -> Template.of(sum).render(Map.of()));
        assertThrows(JinjaException.class, () -> Template.of("{% if 1 %}".repeat(100) + "{% endif %}".repeat(100)));
        assertThrows(JinjaException.class, () -> Template.of("a".repeat(2_000_000)));
    }

    @Test void errorsNameTheLine() {
        JinjaException error = assertThrows(JinjaException.class, () -> Template.of("a\nb\n{{ x|nope }}"));
        assertEquals("there is no filter \"nope\" here in line 3", error.getMessage());
    }

    @Test void todayIsWrittenAsStrftimeDoes() {
        assertEquals(java.time.LocalDate.now().toString(),
                Template.of("{{ strftime_now('%Y-%m-%d') }}").render(Map.of()));
    }
}
