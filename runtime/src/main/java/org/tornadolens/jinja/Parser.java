package org.tornadolens.jinja;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.tornadolens.jinja.Token.Kind;

/** Reads the tags of a template. */
final class Parser {

    private static final int MAX_DEPTH = 64;   // tags within tags
    private static final Expression FILTERED = scope -> scope.get(" filtered");   // the text of a block

    private final Tokens tokens;
    private final ExpressionParser expressions;
    private int depth, loops;

    private Parser(String source) {
        tokens = new Tokens(source);
        expressions = new ExpressionParser(tokens);
    }

    static List<Node> parse(String source) {
        Parser parser = new Parser(source);
        List<Node> nodes = parser.until(Set.of());
        if (parser.tokens.current().kind() != Kind.END) throw parser.tokens.unexpected("the end of the template");
        return nodes;
    }

    /** Reads up to a tag with one of these names, and that name; up to the template's end where there are none. */
    private List<Node> until(Set<String> ends) {
        if (++depth > MAX_DEPTH) throw tokens.error("tags are nested more than " + MAX_DEPTH + " deep");
        List<Node> nodes = new ArrayList<>();
        while (true) {
            Token token = tokens.current();
            switch (token.kind()) {
                case DATA -> {
                    String text = tokens.next().text();
                    nodes.add((scope, out) -> {
                        out.append(text);
                        return Node.Flow.ON;
                    });
                }
                case PRINT_BEGIN -> {
                    tokens.next();
                    Expression value = expressions.listed();
                    tokens.expect(Kind.PRINT_END, "\"}}\"");
                    nodes.add(print(value));
                }
                case BLOCK_BEGIN -> {
                    if (ends.contains(tokens.following().text())) {
                        tokens.next();
                        depth--;
                        return nodes;
                    }
                    tokens.next();
                    nodes.add(tag());
                }
                default -> {
                    if (!ends.isEmpty())
                        throw tokens.error("{% " + ends.stream().sorted().toList().getLast()
                                + " %} is missing");
                    depth--;
                    return nodes;
                }
            }
        }
    }

    private static Node print(Expression value) {
        return (scope, out) -> {
            String text = Values.string(value.value(scope), scope.budget);
            scope.budget.characters(text.length());
            out.append(text);
            return Node.Flow.ON;
        };
    }

    private Node tag() {
        Token name = tokens.expect(Kind.NAME, "a tag's name");
        return switch (name.text()) {
            case "if" -> conditional();
            case "for" -> loop();
            case "set" -> set();
            case "macro" -> macro();
            case "generation" -> {
                end();
                List<Node> body = until(Set.of("endgeneration"));
                endOf("endgeneration");
                yield (scope, out) -> Node.all(body, scope, out);
            }
            case "filter" -> {
                Expression filters = expressions.filter(FILTERED);
                while (tokens.skip("|")) filters = expressions.filter(filters);
                Expression filtered = filters;
                end();
                List<Node> body = until(Set.of("endfilter"));
                endOf("endfilter");
                yield (scope, out) -> {
                    Scope inner = scope.inner();
                    inner.set(" filtered", Node.text(body, scope.inner()));
                    out.append(Values.string(filtered.value(inner), scope.budget));
                    return Node.Flow.ON;
                };
            }
            case "break", "continue" -> {
                if (loops == 0) throw tokens.error("{% " + name.text() + " %} outside of a loop");
                end();
                Node.Flow flow = name.text().equals("break") ? Node.Flow.BREAK : Node.Flow.CONTINUE;
                yield (scope, out) -> flow;
            }
            case "include", "import", "from", "extends" -> throw tokens.error(
                    "{% " + name.text() + " %} reads another file, which a chat template may not");
            default -> throw tokens.error("there is no tag \"" + name.text() + "\" here");
        };
    }

    private void end() { tokens.expect(Kind.BLOCK_END, "\"%}\""); }

    private void endOf(String name) {
        if (!tokens.skipName(name)) throw tokens.unexpected("{% " + name + " %}");
        end();
    }

    private Node conditional() {
        List<Expression> conditions = new ArrayList<>();
        List<List<Node>> bodies = new ArrayList<>();
        conditions.add(expressions.listed());
        end();
        while (true) {
            bodies.add(until(Set.of("elif", "else", "endif")));
            if (tokens.skipName("elif")) {
                conditions.add(expressions.listed());
                end();
            } else if (tokens.skipName("else")) {
                end();
                bodies.add(until(Set.of("endif")));
                endOf("endif");
                break;
            } else {
                endOf("endif");
                break;
            }
        }
        return (scope, out) -> {
            for (int i = 0; i < bodies.size(); i++) {
                if (i == conditions.size() || Values.truth(conditions.get(i).value(scope))) {
                    return Node.all(bodies.get(i), scope, out);
                }
            }
            return Node.Flow.ON;
        };
    }

    private List<String> targets() {
        boolean nested = tokens.skip("(");
        List<String> names = new ArrayList<>();
        do names.add(tokens.expect(Kind.NAME, "a name").text()); while (tokens.skip(","));
        if (nested) tokens.expect(")");
        return names;
    }

    private static void assign(List<String> targets, Object value, Scope scope) {
        if (targets.size() == 1) {
            scope.set(targets.getFirst(), value);
            return;
        }
        List<Object> values = Values.elements(value, scope.budget);
        if (values.size() != targets.size()) {
            throw new JinjaException(values.size() + " values for the names " + String.join(", ", targets));
        }
        for (int i = 0; i < values.size(); i++) scope.set(targets.get(i), values.get(i));
    }

    private Node loop() {
        List<String> targets = targets();
        if (!tokens.skipName("in")) throw tokens.unexpected("\"in\"");
        Expression over = expressions.or();
        Expression condition = tokens.skipName("if") ? expressions.expression() : null;
        if (tokens.current().named("recursive")) throw tokens.error("recursive loops are not supported");
        end();
        loops++;
        List<Node> body = until(Set.of("else", "endfor"));
        loops--;
        List<Node> otherwise = List.of();
        if (tokens.skipName("else")) {
            end();
            otherwise = until(Set.of("endfor"));
        }
        endOf("endfor");
        List<Node> none = otherwise;
        return (scope, out) -> {
            List<Object> items = Values.elements(over.value(scope), scope.budget);
            if (condition != null) items.removeIf(item -> !holds(condition, targets, item, scope));
            Loop loop = new Loop(items);
            for (int i = 0; i < items.size(); i++) {
                scope.budget.step();
                loop.at(i);
                Scope turn = scope.inner();
                turn.set("loop", loop);
                assign(targets, items.get(i), turn);
                if (Node.all(body, turn, out) == Node.Flow.BREAK) break;
            }
            return items.isEmpty() ? Node.all(none, scope.inner(), out) : Node.Flow.ON;
        };
    }

    private static boolean holds(Expression condition, List<String> targets, Object item, Scope scope) {
        Scope inner = scope.inner();
        assign(targets, item, inner);
        return Values.truth(condition.value(inner));
    }

    private Node set() {
        if (tokens.current().kind() == Kind.NAME && tokens.following().is(".")) {
            String space = tokens.next().text();
            tokens.next();
            String name = tokens.expect(Kind.NAME, "a name").text();
            tokens.expect("=");
            Expression value = expressions.listed();
            end();
            return (scope, out) -> {
                if (!(scope.get(space) instanceof Namespace(Map<String, Object> values))) {
                    throw new JinjaException("cannot assign attribute on non-namespace object");
                }
                values.put(name, value.value(scope));
                return Node.Flow.ON;
            };
        }
        List<String> targets = targets();
        if (tokens.skip("=")) {
            Expression value = expressions.listed();
            end();
            return (scope, out) -> {
                assign(targets, value.value(scope), scope);
                return Node.Flow.ON;
            };
        }
        if (targets.size() != 1) throw tokens.unexpected("\"=\"");
        Expression filtered = null;
        while (tokens.skip("|")) filtered = expressions.filter(filtered == null ? FILTERED : filtered);
        end();
        List<Node> body = until(Set.of("endset"));
        endOf("endset");
        Expression filter = filtered;
        return (scope, out) -> {
            String text = Node.text(body, scope.inner());
            Scope inner = scope.inner();
            inner.set(" filtered", text);
            scope.set(targets.getFirst(), filter == null ? text : filter.value(inner));
            return Node.Flow.ON;
        };
    }

    private Node macro() {
        String name = tokens.expect(Kind.NAME, "the macro's name").text();
        tokens.expect("(");
        Map<String, Expression> parameters = new LinkedHashMap<>();   // with their defaults, null without one
        while (!tokens.current().is(")")) {
            String parameter = tokens.expect(Kind.NAME, "a parameter's name").text();
            parameters.put(parameter, tokens.skip("=") ? expressions.expression() : null);
            if (!tokens.skip(",")) break;
        }
        tokens.expect(")");
        end();
        int around = loops;
        loops = 0;
        List<Node> body = until(Set.of("endmacro"));
        loops = around;
        endOf("endmacro");
        return (scope, out) -> {
            scope.set(name, (Callable) (arguments, budget) -> called(name, parameters, body, arguments, scope));
            return Node.Flow.ON;
        };
    }

    private static String called(String name, Map<String, Expression> parameters, List<Node> body,
            Callable.Arguments arguments, Scope outer) {
        Scope scope = outer.inner();
        int index = 0;
        for (Map.Entry<String, Expression> parameter : parameters.entrySet()) {
            Expression otherwise = parameter.getValue();
            Object given = arguments.get(index++, parameter.getKey(), scope);
            scope.set(parameter.getKey(), given != scope ? given : otherwise != null ? otherwise.value(scope)
                    : new Undefined("parameter '" + parameter.getKey() + "' was not provided"));
        }
        if (arguments.positional().size() > parameters.size()) {
            throw new JinjaException("macro '" + name + "' takes not more than " + parameters.size() + " argument(s)");
        }
        arguments.named().keySet().stream().filter(given -> !parameters.containsKey(given)).findFirst()
                .ifPresent(given -> {
                    throw new JinjaException("macro '" + name + "' takes no keyword argument '" + given + "'");
                });
        scope.budget.enter();
        try {
            return Node.text(body, scope);
        } finally {
            scope.budget.leave();
        }
    }
}
