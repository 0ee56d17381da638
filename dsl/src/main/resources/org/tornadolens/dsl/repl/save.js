// A session as a script: one ES module that does what its inputs did, and prints what they showed.

/** The names that a statement declares for those after it. */
const namesOf = statement => declared([statement]).map(one => one.name);

/**
 * Names that a `const` or an import cannot declare, since they are declared again or assigned to in the course of the
 * session. `kinds` has the names that exist before it: name → kind.
 */
function changing(inputs, kinds) {
  const changed = new Set();
  for (const { statements } of inputs) {
    for (const { name, kind } of declared(statements)) {
      if (kinds.has(name)) changed.add(name);
      kinds.set(name, kind);
    }
    for (const { name } of used(statements).written) {
      if (!["let", "var"].includes(kinds.get(name))) changed.add(name);
    }
  }
  for (let size = -1; size !== changed.size;) {       // what is declared beside one of them is assigned, too
    size = changed.size;
    for (const names of inputs.flatMap(input => input.statements.map(namesOf))) {
      if (names.some(name => changed.has(name))) names.forEach(name => changed.add(name));
    }
  }
  return changed;
}

/**
 * @param given    the texts of the inputs that worked, whether each showed its value, and the name under which it was
 *                 saved for that: [{ text, shown, saved }]
 * @param exported the names that "lens" exports
 * @param model    the expression that opens the session's model
 */
function script(given, exported, model) {
  const inputs = Array.from(given, ({ text, shown, saved }) => ({ ...read(text), shown, saved }))
    .filter(input => input.status === "complete" && !used(input.statements).read.has("_error"));
  const uses = new Set(inputs.flatMap(({ statements }) => [...used(statements).read]));
  const declares = new Set(inputs.flatMap(({ statements }) => statements.flatMap(namesOf)));
  const first = inputs.find(({ statements }) => used(statements).read.has("model")
    || declared(statements).some(one => one.name === "model"));
  const opens = first !== undefined && !declared(first.statements).some(one => one.name === "model");
  const changed = changing(inputs, new Map(opens ? [["model", "const"]] : []));
  const lasts = uses.has("_") && !declares.has("_");
  const needs = new Set(uses);
  if (inputs.some(input => input.shown)) needs.add("print");
  if (opens) needs.add("load");
  const hidden = [...changed].filter(name => exported.includes(name));
  const imported = exported.filter(name => needs.has(name) && !declares.has(name) && !changed.has(name));
  const variables = [...changed].filter(name => name !== "model" || !opens)
    .map(name => hidden.includes(name) ? `${name} = lens.${name}` : name);
  return [
    ...hidden.length > 0 ? ["import * as lens from \"lens\";"] : [],
    ...imported.length > 0 ? [`import { ${imported.sort().join(", ")} } from "lens";`] : [],
    ...variables.length > 0 || lasts ? [`let ${[...variables, ...lasts ? ["_"] : []].join(", ")};`] : [],
    ...opens ? [`${changed.has("model") ? "let" : "const"} model = ${model};`] : [],
    ...inputs.map(input => statementsOf(input, changed, lasts)),
  ].join("\n") + "\n";
}

/** @param lasts whether `_` is kept: some input uses the value of one before it */
function statementsOf({ statements, text, shown, saved, object }, changed, lasts) {
  const edits = new Edits(text);
  const last = statements.at(-1), ended = text[last.end - 1] === ";";
  let closed = ended;
  for (const statement of statements) {
    if (!namesOf(statement).some(name => changed.has(name))) continue;
    closed ||= statement === last;
    const node = declarationOf(statement);
    if (node?.type === "FunctionDeclaration") {
      edits.insert(node.start, `${node.id.name} = `);
      edits.insert(node.end, ";");
    } else asAssignment(statement, edits, text);
  }
  if (last.type === "ExpressionStatement") {
    const [open, close] = shown ? lasts ? ["print(_ = (", "))"] : ["print(", ")"] : lasts ? ["_ = (", ")"]
      : object ? ["(", ")"] : ["", ""];
    const [group, save] = saved ? ["(", `).save(${JSON.stringify(saved)})`] : ["", ""];
    edits.insert(last.start, open + group);
    edits.insert(endOf(last, text), save + close);
  }
  const ends = ["ExpressionStatement", "VariableDeclaration", "ImportDeclaration"].includes(last.type);
  if (ends && !closed) edits.insert(last.end, ";");
  return edits.apply().code.trimEnd();
}
