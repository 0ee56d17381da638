// The names of a syntax tree of acorn's: which it declares at the top level, and which it uses of those outside.

const functions = ["FunctionDeclaration", "FunctionExpression", "ArrowFunctionExpression"];

const isFunction = node => functions.includes(node.type);

/** The nodes directly below a node. */
function children(node) {
  return Object.values(node).flat().filter(child => child !== null && typeof child?.type === "string");
}

/** The identifiers that a pattern binds: x, { a, b: [c] }, ...rest. */
function bound(pattern) {
  switch (pattern?.type) {
    case "Identifier": return [pattern];
    case "ObjectPattern": return pattern.properties.flatMap(p => bound(p.type === "Property" ? p.value : p));
    case "ArrayPattern": return pattern.elements.flatMap(bound);
    case "RestElement": return bound(pattern.argument);
    case "AssignmentPattern": return bound(pattern.left);
    default: return [];
  }
}

/** The declaration of a statement, which may be exported; undefined if it declares nothing. */
function declarationOf(statement) {
  const node = /^Export(Named|Default)Declaration$/.test(statement.type) ? statement.declaration : statement;
  return /Declaration$/.test(node?.type ?? "") && node.type !== "ImportDeclaration" && !/^Export/.test(node.type)
    ? node : undefined;
}

/** The identifiers that a declaration, or an import, binds. */
function boundBy(node) {
  if (node.type === "VariableDeclaration") return node.declarations.flatMap(one => bound(one.id));
  if (node.type === "ImportDeclaration") return node.specifiers.map(one => one.local);
  return node.id ? [node.id] : [];
}

/** Every `var` below a node that belongs to the function around it. */
function nestedVars(node) {
  if (isFunction(node) || /^Class/.test(node.type)) return [];
  const below = children(node).flatMap(nestedVars);
  return node.type === "VariableDeclaration" && node.kind === "var" ? [node, ...below] : below;
}

/** What the statements of a session's input declare for the inputs after it: [{ name, kind }]. */
function declared(body) {
  const all = new Map();
  for (const statement of body) {
    const node = statement.type === "ImportDeclaration" ? statement : declarationOf(statement);
    if (node === undefined) {
      for (const one of nestedVars(statement)) for (const { name } of boundBy(one)) all.set(name, "var");
      continue;
    }
    const kind = node.kind ?? { ClassDeclaration: "class", FunctionDeclaration: "function" }[node.type] ?? "const";
    for (const { name } of boundBy(node)) all.set(name, kind);
  }
  return [...all].map(([name, kind]) => ({ name, kind }));
}

/**
 * The global names that statements use: { read: Set of names, written: [{ name, start }] }. Names that the statements
 * declare at the top level are global themselves.
 */
function used(body) {
  const read = new Set(), written = [];

  const refer = (id, scope, write) => {
    for (let inner = scope; inner !== null; inner = inner.around) if (inner.names.has(id.name)) return;
    read.add(id.name);
    if (write) written.push({ name: id.name, start: id.start });
  };
  const within = (around, ids) => ({ around, names: new Set(ids.map(id => id.name)) });
  const lexical = statements => statements.flatMap(statement =>
    statement.type === "VariableDeclaration" && statement.kind === "var" || !declarationOf(statement) ? []
      : boundBy(declarationOf(statement)));
  const each = (nodes, scope) => nodes.forEach(node => visit(node, scope));

  function ofFunction(node, scope) {
    const own = node.type === "FunctionExpression" && node.id ? [node.id] : [];
    const parameters = node.params.flatMap(bound);
    const variables = node.body.type === "BlockStatement"
      ? [...node.body.body.flatMap(nestedVars).flatMap(boundBy), ...lexical(node.body.body)] : [];
    const arguments_ = node.type === "ArrowFunctionExpression" ? [] : [{ name: "arguments" }];
    const inside = within(scope, [...own, ...parameters, ...variables, ...arguments_]);
    node.params.forEach(parameter => pattern(parameter, inside));
    if (node.body.type === "BlockStatement") each(node.body.body, inside);
    else visit(node.body, inside);
  }

  /** The expressions inside a pattern that binds names. */
  function pattern(node, scope) {
    if (node === null) return;
    switch (node.type) {
      case "AssignmentPattern":
        pattern(node.left, scope);
        return visit(node.right, scope);
      case "ObjectPattern":
        for (const property of node.properties) {
          if (property.computed) visit(property.key, scope);
          pattern(property.type === "Property" ? property.value : property, scope);
        }
        return undefined;
      case "ArrayPattern": return node.elements.forEach(element => pattern(element, scope));
      case "RestElement": return pattern(node.argument, scope);
      default: return undefined;
    }
  }

  function visit(node, scope, write = false) {
    if (isFunction(node)) return ofFunction(node, scope);
    switch (node.type) {
      case "Identifier": return refer(node, scope, write);
      case "MemberExpression":
        visit(node.object, scope);
        return node.computed ? visit(node.property, scope) : undefined;
      case "Property": case "MethodDefinition": case "PropertyDefinition":
        if (node.computed) visit(node.key, scope);
        return node.value === null ? undefined : visit(node.value, scope, write);
      case "LabeledStatement": return visit(node.body, scope);
      case "BreakStatement": case "ContinueStatement": case "MetaProperty": case "ImportDeclaration": return undefined;
      case "ExportNamedDeclaration": return node.declaration ? visit(node.declaration, scope) : undefined;
      case "AssignmentExpression":
        visit(node.left, scope, true);
        return visit(node.right, scope);
      case "UpdateExpression": return visit(node.argument, scope, true);
      case "AssignmentPattern":
        visit(node.left, scope, write);
        return visit(node.right, scope);
      case "ObjectPattern": return node.properties.forEach(property => visit(property, scope, write));
      case "ArrayPattern": return node.elements.forEach(element => element && visit(element, scope, write));
      case "RestElement": return visit(node.argument, scope, write);
      case "VariableDeclaration":
        return node.declarations.forEach(one => {
          pattern(one.id, scope);
          if (one.init) visit(one.init, scope);
        });
      case "ClassDeclaration": case "ClassExpression": {
        if (node.superClass) visit(node.superClass, scope);
        return each(node.body.body, within(scope, node.id ? [node.id] : []));
      }
      case "BlockStatement": return each(node.body, within(scope, lexical(node.body)));
      case "StaticBlock": return each(node.body,
        within(scope, [...lexical(node.body), ...node.body.flatMap(nestedVars).flatMap(boundBy)]));
      case "SwitchStatement": {
        visit(node.discriminant, scope);
        const inside = within(scope, lexical(node.cases.flatMap(one => one.consequent)));
        return node.cases.forEach(one => each(children(one), inside));
      }
      case "CatchClause": {
        const inside = within(scope, node.param ? bound(node.param) : []);
        if (node.param) pattern(node.param, inside);
        return visit(node.body, inside);
      }
      case "ForStatement": {
        const inside = within(scope, node.init ? lexical([node.init]) : []);
        return each(children(node), inside);
      }
      case "ForInStatement": case "ForOfStatement": {
        const inside = within(scope, lexical([node.left]));
        visit(node.left, inside, node.left.type !== "VariableDeclaration");
        visit(node.right, inside);
        return visit(node.body, inside);
      }
      default: return each(children(node), scope);
    }
  }

  each(body, null);
  return { read, written };
}
