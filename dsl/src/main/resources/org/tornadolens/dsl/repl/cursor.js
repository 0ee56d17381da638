// What stands at the cursor of an unfinished input: a name, a member, an option, or a string, with what it belongs to.

const MARK = "ǀ";                 // a letter: stands for what is being typed

const tokensOf = text => {
  const tokens = [];
  const tokenizer = acorn.tokenizer(text, { ...syntax, locations: false });
  try {
    for (let token = tokenizer.getToken(); token.type !== acorn.tokTypes.eof; token = tokenizer.getToken()) {
      tokens.push({ label: token.type.label, keyword: token.type.keyword !== undefined, start: token.start,
        end: token.end });
    }
    return { tokens, ok: true };
  } catch (error) {
    return { tokens, ok: false, error };
  }
};

const closers = { "(": ")", "[": "]", "{": "}", "${": "}" };

/** The text up to the cursor, with a mark at the cursor, every bracket and string closed. */
function closed(before, inString) {
  const quote = inString === undefined ? "" : before[inString];
  const marked = before + MARK + quote;
  const open = [];
  let template = 0;
  for (const { label } of tokensOf(marked).tokens) {
    if (label === "`") template = open.at(-1) === "`" ? (open.pop(), 0) : open.push("`");
    else if (closers[label]) open.push(closers[label]);
    else if (label === ")" || label === "]" || label === "}") open.pop();
  }
  return marked + open.reverse().join("");
}

/** The innermost nodes around the mark, from the outside in. */
function pathTo(node, at) {
  for (const child of children(node)) {
    if (child.start <= at && at < child.end) return [node, ...pathTo(child, at)];
  }
  return [node];
}

/** An expression as far as completion follows it: names, members, calls and literals. */
function described(node) {
  switch (node?.type) {
    case "Identifier": return { kind: "name", name: node.name };
    case "MemberExpression":
      return node.computed || node.property.type !== "Identifier" ? { kind: "unknown" }
        : { kind: "member", object: described(node.object), name: node.property.name };
    case "CallExpression": return { kind: "call", callee: described(node.callee) };
    case "AwaitExpression": return described(node.argument);
    case "ChainExpression": case "ParenthesizedExpression": return described(node.expression);
    case "ArrayExpression": return { kind: "literal", type: "any[]" };
    case "TemplateLiteral": return { kind: "literal", type: "string" };
    case "Literal": return { kind: "literal", type: typeof node.value };
    default: return { kind: "unknown" };
  }
}

/** Where in a call the last node of a path stands: the callee, the number of the argument, and the options above. */
function placeInCall(path) {
  const options = [];
  for (let i = path.length - 2; i >= 0; i--) {
    const node = path[i], inner = path[i + 1];
    if (node.type === "Property") {
      if (inner === node.value && inner !== node.key) options.unshift(node.key.name ?? node.key.value);
    } else if (node.type === "CallExpression") {
      const argument = node.arguments.indexOf(inner);
      return argument < 0 ? undefined : { callee: described(node.callee), argument, options };
    } else if (!["ObjectExpression", "ArrayExpression"].includes(node.type)) return undefined;
  }
  return undefined;
}

/** { kind: "name" | "member" | "option" | "string" | "none", start, prefix, … } */
function atCursor(before) {
  const { tokens, ok, error } = tokensOf(before);
  const inString = !ok && /^Unterminated string/.test(error.message) ? error.pos : undefined;
  if (!ok && inString === undefined && !/^Unterminated template/.test(error.message)) return { kind: "none" };
  const text = closed(before, inString);
  const start = inString !== undefined ? inString + 1 : before.length - /[\p{ID_Continue}$]*$/u.exec(before)[0].length;
  const prefix = before.slice(start);
  const tree = parsed(text, "script").program ?? parsed(text, "module").program ?? objectOf(text).expression
    ?? statementAtEnd(text, tokens);
  if (tree === undefined) return { kind: "none" };
  const path = pathTo(tree, Math.max(0, before.length - (inString === undefined ? 0 : 1)));
  const last = path.at(-1), around = path.at(-2);
  const place = placeInCall(path);
  if (inString !== undefined) return { kind: "string", start, prefix, place };
  if (last.type !== "Identifier") return { kind: "none" };
  if (around?.type === "MemberExpression" && around.property === last && !around.computed) {
    return { kind: "member", start, prefix, object: described(around.object) };
  }
  if (around?.type === "Property" && around.key === last && path.at(-3)?.type === "ObjectExpression") {
    const object = path.at(-3);
    const given = object.properties.filter(one => one !== around).map(one => one.key?.name ?? "");
    return { kind: "option", start, prefix, given, place: placeInCall(path.slice(0, -2).concat(object)) ?? place };
  }
  return { kind: "name", start, prefix, place };
}

/** The tree of the last statement, when one before it is wrong. */
function statementAtEnd(text, tokens) {
  for (let i = tokens.length - 1; i >= 0; i--) {
    if (tokens[i].label !== ";") continue;
    const tree = parsed(" ".repeat(tokens[i].end) + text.slice(tokens[i].end), "script").program;
    if (tree) return tree;
  }
  return undefined;
}

/** The tokens to colour: [start, end, kind] of each. */
function colours(text) {
  const found = [], comments = [];
  const onComment = (block, comment, start, end) => comments.push(start, end, "comment");
  const tokenizer = acorn.tokenizer(text, { ...syntax, onComment });
  try {
    for (let token = tokenizer.getToken(); token.type !== acorn.tokTypes.eof; token = tokenizer.getToken()) {
      const { label, keyword } = token.type;
      const kind = keyword !== undefined || ["let", "async", "await", "of", "static"].includes(token.value)
        && label === "name" ? "keyword"
        : { string: "string", template: "string", "`": "string", regexp: "string", num: "number", name: "name" }[label];
      if (kind !== undefined) found.push(token.start, token.end, kind);
    }
  } catch (error) {
    if (error.pos !== undefined && /^Unterminated (string|template)/.test(error.message)) {
      found.push(error.pos, text.length, "string");
    } else if (error.pos !== undefined && error.message.startsWith("Unterminated comment")) {
      comments.push(error.pos, text.length, "comment");
    }
  }
  return [...found, ...comments];
}
