// One input of a session, as acorn parses it, rewritten as a script whose declarations stay: at the top level `var`
// stands for let and const, and an input that awaits or imports runs inside an asynchronous function.

const syntax = { ecmaVersion: "latest", allowAwaitOutsideFunction: true, allowHashBang: true };

const parsed = (text, sourceType) => {
  try {
    return { program: acorn.parse(text, { ...syntax, sourceType }) };
  } catch (error) {
    if (!(error instanceof SyntaxError) || error.pos === undefined) throw error;
    return { error };
  }
};

/** The input as an object in braces, which a script would read as a block; undefined if it is none. */
function objectOf(text) {
  if (!text.trimStart().startsWith("{")) return { };
  const start = text.indexOf("{");
  try {
    const expression = acorn.parseExpressionAt(text, start, syntax);
    const after = acorn.tokenizer(text.slice(expression.end), syntax).getToken();
    return after.type === acorn.tokTypes.eof ? { expression } : {};
  } catch (error) {
    return { error };
  }
}

/** Whether more lines may complete what acorn refused. */
function incomplete(error, text) {
  if (/^Unterminated (template|comment)/.test(error.message)) return true;
  if (error.message.startsWith("Unterminated string constant")) return /\\\n?$/.test(text);
  return error.pos >= text.trimEnd().length && !/already been declared|Unterminated/.test(error.message);
}

/**
 * Parses an input: { status: "empty" | "incomplete" }, { status: "wrong", message, at }, or { status: "complete",
 * statements, text } with acorn's nodes.
 */
function read(text) {
  const object = objectOf(text);
  if (object.expression) {
    const { start, end } = object.expression;
    const statement = { type: "ExpressionStatement", start, end, expression: object.expression };
    return { status: "complete", text, statements: [statement], object: true };
  }
  let { program, error } = parsed(text, "script");
  let module = false;
  if (error && /'import' and 'export'|import\.meta/.test(error.message)) {
    ({ program, error } = parsed(text, "module"));
    module = true;
  }
  if (program) {
    if (program.body.length === 0) return { status: "empty" };
    return { status: "complete", text, statements: program.body, module };
  }
  if (incomplete(error, text) || object.error && incomplete(object.error, text)) return { status: "incomplete" };
  return { status: "wrong", message: `SyntaxError: ${error.message.replace(/ \(\d+:\d+\)$/, "")}`, at: error.pos };
}

/** Insertions into a text and replacements of parts of it, by position. */
class Edits {
  #text;
  #edits = [];

  constructor(text) { this.#text = text; }

  insert(at, text) { this.replace(at, at, text); }

  replace(start, end, text) { this.#edits.push({ start, end, text }); }

  /** The new text, and which parts of it are the old one's: [new position, old position, length] of each. */
  apply(from = 0, to = this.#text.length) {
    let code = "", at = from;
    const kept = [];
    const keep = end => {
      if (end > at) kept.push([code.length, at, end - at]);
      code += this.#text.slice(at, end);
    };
    for (const { start, end, text } of this.#edits.toSorted((a, b) => a.start - b.start)) {
      keep(start);
      code += text;
      at = Math.max(at, end);
    }
    keep(to);
    return { code, kept };
  }
}

/** Whether a statement awaits, other than inside a function of it. */
function awaits(node) {
  if (isFunction(node)) return false;
  if (node.type === "AwaitExpression" || node.type === "ForOfStatement" && node.await) return true;
  return children(node).some(awaits);
}

const endOf = (statement, text) => text[statement.end - 1] === ";" ? statement.end - 1 : statement.end;

/** Declarations as `var`, in a script. */
function asScript(statements, edits) {
  for (const node of statements) {
    if (node.type === "VariableDeclaration" && node.kind !== "var") {
      edits.replace(node.start, node.start + node.kind.length, "var".padEnd(node.kind.length));
      for (const { id, init } of node.declarations) if (!init) edits.insert(id.end, " = undefined");
    } else if (node.type === "ClassDeclaration") {
      edits.insert(node.start, `var ${node.id.name} = `);
      edits.insert(node.end, ";");
    }
  }
}

/** A declaration of variables as assignments: what is declared stands elsewhere. */
function assigning(node, edits, text) {
  const all = node.declarations, simple = all.length === 1 && all[0].id.type === "Identifier";
  edits.replace(node.start, all[0].start, simple ? "" : "void (");
  for (const { id, init, start, end } of all) {
    if (!init && node.kind !== "var") edits.insert(id.end, " = undefined");
    if (init && id.type !== "Identifier" && all.length > 1) {
      edits.insert(start, "(");
      edits.insert(end, ")");
    }
  }
  edits.insert(all.at(-1).end, (simple ? "" : ")") + (text[node.end - 1] === ";" ? "" : ";"));
}

/** The `var` in the head of a loop, as an assignment. */
function assigningLoop(loop, edits) {
  const head = loop.type === "ForStatement" ? loop.init : loop.left;
  const first = head.declarations[0];
  edits.replace(head.start, first.start, "");
  if (loop.type !== "ForStatement") return;
  for (const { id, init, start, end } of head.declarations) {
    if (init && id.type !== "Identifier") {
      edits.insert(start, "(");
      edits.insert(end, ")");
    }
  }
}

/** Every nested `var` of the input as an assignment. */
function assigningNested(node, edits, text) {
  if (isFunction(node) || /^Class/.test(node.type)) return;
  const head = node.type === "ForStatement" ? node.init : /^For(In|Of)Statement$/.test(node.type) ? node.left : null;
  const loop = head?.type === "VariableDeclaration" && head.kind === "var";
  if (loop) assigningLoop(node, edits);
  for (const child of children(node)) {
    if (loop && child === head) children(child).forEach(one => assigningNested(one, edits, text));
    else if (child.type === "VariableDeclaration" && child.kind === "var") assigning(child, edits, text);
    else assigningNested(child, edits, text);
  }
}

/** An import as an assignment of what the module has; a name that it does not have is an error. */
function importing(node, edits) {
  const from = `await import(${JSON.stringify(node.source.value)})`;
  if (node.specifiers.length === 0) return edits.replace(node.start, node.end, `${from};`);
  const name = one => one.type === "ImportDefaultSpecifier" ? "default" : one.imported.name ?? one.imported.value;
  const whole = node.specifiers.find(one => one.type === "ImportNamespaceSpecifier");
  const parts = node.specifiers.filter(one => one !== whole);
  const has = "(m => { for (const n of " + JSON.stringify(parts.map(name)) + ") if (!(n in m)) throw new SyntaxError("
    + JSON.stringify(`"${node.source.value}" has no export `) + " + n); return m; })";
  const fields = parts.map(one => `${JSON.stringify(name(one))}: ${one.local.name}`).join(", ");
  const assignments = [...parts.length > 0 ? [`({ ${fields} } = ${has}(${from}))`] : [],
    ...whole ? [`${whole.local.name} = ${from}`] : []];
  return edits.replace(node.start, node.end, `void (${assignments.join(", ")});`);
}

/** A statement without `export`; returns what it declares, or undefined. */
function unexported(node, edits) {
  if (node.type === "ExportNamedDeclaration" && node.declaration || node.type === "ExportDefaultDeclaration") {
    const named = node.declaration.type === "VariableDeclaration" || node.declaration.id;
    edits.replace(node.start, node.declaration.start, named ? "" : "void ");
    return named ? node.declaration : undefined;
  }
  if (/^Export/.test(node.type)) {
    edits.replace(node.start, node.end, "");
    return undefined;
  }
  return node;
}

/** A top-level statement whose declarations stand elsewhere. */
function asAssignment(statement, edits, text) {
  const node = unexported(statement, edits);
  if (node === undefined) return;
  if (node.type === "ImportDeclaration") importing(node, edits);
  else if (node.type === "VariableDeclaration") assigning(node, edits, text);
  else if (node.type === "ClassDeclaration") {
    edits.insert(node.start, `${node.id.name} = `);
    edits.insert(node.end, ";");
  } else if (node.type !== "FunctionDeclaration") assigningNested(node, edits, text);
}

/** The input inside an asynchronous function, which returns the value of a last expression as { value }. */
function asAsync(statements, edits, text) {
  const hoisted = statements.map(declarationOf).filter(one => one?.type === "FunctionDeclaration" && one.id);
  const variables = declared(statements).filter(one => one.kind !== "function").map(one => one.name);
  edits.insert(0, (variables.length > 0 ? `var ${variables.join(", ")}; ` : "") + "(async () => { "
    + hoisted.map(one => `globalThis.${one.id.name} = ${one.id.name}; `).join(""));
  for (const statement of statements) asAssignment(statement, edits, text);
  const last = statements.at(-1);
  if (last.type === "ExpressionStatement") {
    edits.insert(last.start, "return { value: (");
    edits.insert(endOf(last, text), "\n) }");
  }
  edits.insert(text.length, "\n})()");
}

/** What a session needs to know of an input: its status and, if it is complete, the script to run in its place. */
function rewrite(text) {
  const input = read(text);
  if (input.status !== "complete") return input;
  const { statements, module, object } = input;
  const edits = new Edits(text);
  const async = module || statements.some(awaits);
  if (async) asAsync(statements, edits, text);
  else if (object) {
    edits.insert(0, "(");
    edits.insert(text.length, "\n)");
  } else asScript(statements, edits);
  const { code, kept } = edits.apply();
  const last = statements.at(-1);
  return {
    status: "complete", code, async, kept: kept.flat(),
    silent: text[last.end - 1] === ";",
    declared: declared(statements),
    written: used(statements).written,
  };
}
