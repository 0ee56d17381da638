package org.tornadolens.jinja;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.tornadolens.jinja.Callable.Arguments;
import org.tornadolens.jinja.Token.Kind;

/** Reads expressions with Jinja2's precedences, from {@code a if b else c} down to {@code a.b[c](d)|filter is test}. */
final class ExpressionParser {

    private final Tokens tokens;

    ExpressionParser(Tokens tokens) { this.tokens = tokens; }

    /** An expression, or several with commas between them, which are a tuple. */
    Expression listed() {
        Expression first = expression();
        if (!tokens.current().is(",")) return first;
        List<Expression> all = new ArrayList<>(List.of(first));
        while (tokens.skip(",") && startsExpression()) all.add(expression());
        return tuple(all);
    }

    private static Expression tuple(List<Expression> all) {
        Expression list = list(all);
        return scope -> new Tuple((List<?>) list.value(scope));
    }

    private boolean startsExpression() {
        Token token = tokens.current();
        return switch (token.kind()) {
            case BLOCK_END, PRINT_END, END -> false;
            case OPERATOR -> !token.is(")") && !token.is("]") && !token.is("}") && !token.is("=");
            default -> true;
        };
    }

    private static Expression list(List<Expression> all) {
        return scope -> {
            List<Object> list = new ArrayList<>(all.size());
            scope.budget.elements(all.size());
            for (Expression each : all) list.add(each.value(scope));
            return list;
        };
    }

    Expression expression() {
        Expression value = or();
        while (tokens.skipName("if")) {
            Expression then = value, condition = or();
            Expression otherwise = tokens.skipName("else") ? expression()
                    : scope -> new Undefined("the inline if-expression has no else");
            value = scope -> (Values.truth(condition.value(scope)) ? then : otherwise).value(scope);
        }
        return value;
    }

    Expression or() {
        Expression left = and();
        while (tokens.skipName("or")) {
            Expression a = left, b = and();
            left = scope -> {
                Object value = a.value(scope);
                return Values.truth(value) ? value : b.value(scope);
            };
        }
        return left;
    }

    private Expression and() {
        Expression left = not();
        while (tokens.skipName("and")) {
            Expression a = left, b = not();
            left = scope -> {
                Object value = a.value(scope);
                return Values.truth(value) ? b.value(scope) : value;
            };
        }
        return left;
    }

    private Expression not() {
        if (!tokens.skipName("not")) return comparison();
        Expression of = not();
        return scope -> !Values.truth(of.value(scope));
    }

    private Expression comparison() {
        Expression first = sum();
        List<String> operators = new ArrayList<>();
        List<Expression> others = new ArrayList<>();
        while (true) {
            Token token = tokens.current();
            String operator = token.kind() == Kind.OPERATOR && Comparisons.is(token.text()) ? token.text()
                    : token.named("in") ? "in"
                    : token.named("not") && tokens.following().named("in") ? "not in" : null;
            if (operator == null) break;
            tokens.next();
            if (operator.equals("not in")) tokens.next();
            operators.add(operator);
            others.add(sum());
        }
        if (operators.isEmpty()) return first;
        return scope -> {
            Object left = first.value(scope);
            for (int i = 0; i < operators.size(); i++) {
                scope.budget.step();
                Object right = others.get(i).value(scope);
                if (!Comparisons.hold(operators.get(i), left, right)) return false;
                left = right;
            }
            return true;
        };
    }

    private Expression sum() {
        Expression left = concatenation();
        while (tokens.current().is("+") || tokens.current().is("-")) {
            left = binary(tokens.next().text(), left, concatenation());
        }
        return left;
    }

    private static Expression binary(String operator, Expression a, Expression b) {
        return scope -> Arithmetic.of(operator, a.value(scope), b.value(scope), scope.budget);
    }

    private Expression concatenation() {
        Expression first = product();
        if (!tokens.current().is("~")) return first;
        List<Expression> all = new ArrayList<>(List.of(first));
        while (tokens.skip("~")) all.add(product());
        return scope -> {
            List<Object> parts = new ArrayList<>();
            for (Expression each : all) parts.add(each.value(scope));
            return Methods.join(parts, "", scope.budget);
        };
    }

    private Expression product() {
        Expression left = power();
        while (List.of("*", "/", "//", "%").contains(tokens.current().kind() == Kind.OPERATOR
                ? tokens.current().text() : "")) {
            left = binary(tokens.next().text(), left, power());
        }
        return left;
    }

    private Expression power() {
        Expression left = unary(true);
        while (tokens.current().is("**")) left = binary(tokens.next().text(), left, unary(true));
        return left;
    }

    private Expression unary(boolean filters) {
        Expression value;
        if (tokens.skip("-")) {
            Expression of = unary(false);
            value = scope -> Arithmetic.negated(of.value(scope));
        } else if (tokens.skip("+")) {
            value = unary(false);
        } else {
            value = members(primary());
        }
        return filters ? filtered(value) : value;
    }

    private Expression primary() {
        Token token = tokens.next();
        return switch (token.kind()) {
            case NAME -> named(token.text());
            case STRING -> {
                StringBuilder text = new StringBuilder(token.text());
                while (tokens.current().kind() == Kind.STRING) text.append(tokens.next().text());
                String whole = text.toString();
                yield scope -> whole;
            }
            case INTEGER -> constant(integer(token));
            case FLOAT -> constant(Double.valueOf(token.text()));
            case OPERATOR -> switch (token.text()) {
                case "(" -> {
                    Expression inside = tokens.current().is(")") ? tuple(List.of()) : listed();
                    tokens.expect(")");
                    yield inside;
                }
                case "[" -> {
                    List<Expression> all = new ArrayList<>();
                    while (!tokens.current().is("]")) {
                        all.add(expression());
                        if (!tokens.skip(",")) break;
                    }
                    tokens.expect("]");
                    yield list(all);
                }
                case "{" -> dict();
                default -> throw tokens.error("an unexpected \"" + token.text() + "\"");
            };
            default -> throw tokens.error("an expression is expected");
        };
    }

    private static Expression constant(Object value) { return scope -> value; }

    private Long integer(Token token) {
        try {
            return Long.valueOf(token.text());
        } catch (NumberFormatException e) {
            throw tokens.error("the number " + token.text() + " is too large");
        }
    }

    private static Expression named(String name) {
        return switch (name) {
            case "true", "True" -> constant(true);
            case "false", "False" -> constant(false);
            case "none", "None" -> constant(null);
            default -> scope -> scope.get(name);
        };
    }

    private Expression dict() {
        Map<Expression, Expression> entries = new LinkedHashMap<>();
        while (!tokens.current().is("}")) {
            Expression key = expression();
            tokens.expect(":");
            entries.put(key, expression());
            if (!tokens.skip(",")) break;
        }
        tokens.expect("}");
        return scope -> {
            Map<Object, Object> map = new LinkedHashMap<>();
            entries.forEach((key, value) -> {
                scope.budget.step();
                Object name = key.value(scope);
                if (name != null && !(name instanceof String) && !Values.number(name)) {
                    throw new JinjaException("a " + Values.type(name) + " cannot be the key of a dict");
                }
                map.put(name, value.value(scope));
            });
            return map;
        };
    }

    // ---- what follows a value

    private Expression members(Expression value) {
        while (true) {
            Expression of = value;
            if (tokens.skip(".")) {
                Token name = tokens.next();
                if (name.kind() == Kind.NAME) value = scope -> Members.attribute(of.value(scope), name.text());
                else if (name.kind() == Kind.INTEGER) value = element(of, constant(integer(name)));
                else throw tokens.error("a name is expected after the dot");
            } else if (tokens.skip("[")) {
                value = bracketed(of);
            } else if (tokens.current().is("(")) {
                value = called(of);
            } else return value;
        }
    }

    private static Expression element(Expression of, Expression key) {
        return scope -> Members.element(of.value(scope), key.value(scope));
    }

    private Expression bracketed(Expression of) {
        Expression[] bounds = new Expression[3];
        int count = 0;
        boolean slice = false;
        while (!tokens.current().is("]")) {
            if (tokens.skip(":")) {
                slice = true;
                if (++count > 2) throw tokens.error("a slice has at most three parts");
            } else if (bounds[count] == null) {
                bounds[count] = expression();
            } else throw tokens.unexpected("\"]\"");
        }
        tokens.expect("]");
        if (!slice && bounds[0] == null) throw tokens.error("an index is expected");
        if (!slice) return element(of, bounds[0]);
        return scope -> Members.slice(of.value(scope), bound(bounds[0], scope), bound(bounds[1], scope),
                bound(bounds[2], scope), scope.budget);
    }

    private static Object bound(Expression bound, Scope scope) { return bound == null ? null : bound.value(scope); }

    private Expression called(Expression function) {
        int line = tokens.line();
        Call call = arguments();
        return scope -> {
            scope.budget.step();
            return switch (function.value(scope)) {
                case Callable callable -> callable.call(call.of(scope), scope.budget);
                case Undefined none -> throw none.error();
                case null -> throw new JinjaException("'None' is called in line " + line);
                case Object other -> throw new JinjaException("a " + Values.type(other) + " is called in line " + line);
            };
        };
    }

    /** The arguments that a call gives. */
    private record Call(List<Expression> positional, Map<String, Expression> named) {

        static final Call NONE = new Call(List.of(), Map.of());

        Arguments of(Scope scope) {
            List<Object> values = new ArrayList<>();
            for (Expression each : positional) values.add(each.value(scope));
            Map<String, Object> byName = new LinkedHashMap<>();
            named.forEach((name, each) -> byName.put(name, each.value(scope)));
            return new Arguments(values, byName);
        }
    }

    private Call arguments() {
        tokens.expect("(");
        List<Expression> positional = new ArrayList<>();
        Map<String, Expression> named = new LinkedHashMap<>();
        while (!tokens.current().is(")")) {
            if (tokens.current().kind() == Kind.NAME && tokens.following().is("=")) {
                String name = tokens.next().text();
                tokens.next();
                named.put(name, expression());
            } else if (named.isEmpty()) {
                positional.add(expression());
            } else throw tokens.error("an argument without a name after one with a name");
            if (!tokens.skip(",")) break;
        }
        tokens.expect(")");
        return new Call(positional, named);
    }

    private Expression filtered(Expression value) {
        while (true) {
            if (tokens.skip("|")) value = filter(value);
            else if (tokens.skipName("is")) value = test(value);
            else if (tokens.current().is("(")) value = called(value);
            else return value;
        }
    }

    /** Reads a filter's name and arguments. */
    Expression filter(Expression value) {
        String name = tokens.expect(Kind.NAME, "the name of a filter").text();
        Filters.Filter filter = Filters.named(name);
        if (filter == null) throw tokens.error("there is no filter \"" + name + "\" here");
        Call call = tokens.current().is("(") ? arguments() : Call.NONE;
        return scope -> {
            scope.budget.step();
            return filter.of(value.value(scope), call.of(scope), scope.budget);
        };
    }

    private Expression test(Expression value) {
        boolean negated = tokens.skipName("not");
        String name = tokens.expect(Kind.NAME, "the name of a test").text();
        Tests.Test test = Tests.named(name);
        if (test == null) throw tokens.error("there is no test \"" + name + "\" here");
        Token token = tokens.current();
        Call call = Call.NONE;
        if (token.is("(")) call = arguments();
        else if (switch (token.kind()) {
            case NAME -> !List.of("else", "or", "and", "is", "if", "not", "in").contains(token.text());
            case STRING, INTEGER, FLOAT -> true;
            default -> token.is("[") || token.is("{");
        }) call = new Call(List.of(members(primary())), Map.of());
        Call given = call;
        return scope -> {
            scope.budget.step();
            return test.holds(value.value(scope), given.of(scope)) != negated;
        };
    }
}
