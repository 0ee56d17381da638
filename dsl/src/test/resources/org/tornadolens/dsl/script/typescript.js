// What the tests ask of the TypeScript compiler: what it finds wrong in some files, and what lens.d.ts declares.
// Evaluates to a function; `ts` is the compiler, a global variable.

/**
 * @param read     (name) => the text of a file, or null: everything the compiler sees
 * @param scripts  names of the files to check
 * @param settings the name of the jsconfig.json whose compiler options hold
 * @param tables   the name of a file that declares, for each type of options T, an interface T_ as the module has it
 * @returns JSON: { problems: [text], exports: {…}, types: {…}, options: {…} }
 */
((read, scripts, settings, tables) => {
  const text = name => read(name) ?? undefined;
  const { compilerOptions } = ts.parseConfigFileTextToJson(settings, text(settings)).config;
  const { options, errors } = ts.convertCompilerOptionsFromJson(compilerOptions, "/scripts");
  if (errors.length > 0) throw new Error(JSON.stringify(errors.map(error => error.messageText)));
  const program = ts.createProgram({
    rootNames: [...scripts, tables],
    options: { ...options, skipDefaultLibCheck: true },
    host: {
      getSourceFile: (name, target) => {
        const source = text(name);
        return source === undefined ? undefined : ts.createSourceFile(name, source, target, true);
      },
      getDefaultLibFileName: () => "/lib/lib.es2023.d.ts",
      getDefaultLibLocation: () => "/lib",
      getCurrentDirectory: () => "/scripts",
      getCanonicalFileName: name => name,
      useCaseSensitiveFileNames: () => true,
      getNewLine: () => "\n",
      fileExists: name => text(name) !== undefined,
      readFile: text,
      writeFile() {},
    },
  });
  const checker = program.getTypeChecker();

  // ---- what is wrong

  const problem = ({ file, start, messageText }) => {
    const message = ts.flattenDiagnosticMessageText(messageText, "\n");
    if (file === undefined) return message;
    const { line } = file.getLineAndCharacterOfPosition(start);
    return `${file.fileName.slice(file.fileName.lastIndexOf("/") + 1)}:${line + 1}: ${message}`;
  };
  const problems = [...program.getOptionsDiagnostics(), ...program.getGlobalDiagnostics()];
  for (const name of [...scripts, tables]) {
    const file = program.getSourceFile(name);
    problems.push(...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file));
  }

  // ---- what is declared

  const lens = checker.getAmbientModules().find(module => module.name === '"lens"');
  const declared = checker.getExportsOfModule(lens);

  const documentation = symbol => ts.displayPartsToString(symbol.getDocumentationComment(checker));

  const tag = (symbol, name) => symbol.getJsDocTags(checker).filter(one => one.name === name)
    .map(one => ts.displayPartsToString(one.text))[0] ?? null;

  const typeOf = symbol => checker.getNonNullableType(checker.getTypeOfSymbol(symbol));

  const isReadonly = symbol => symbol.declarations.every(declaration =>
    (ts.getCombinedModifierFlags(declaration) & ts.ModifierFlags.Readonly) !== 0);

  const member = symbol => ({
    kind: typeOf(symbol).getCallSignatures().length > 0 ? "function" : "value",
    optional: (symbol.flags & ts.SymbolFlags.Optional) !== 0,
    readonly: isReadonly(symbol),
    type: checker.typeToString(typeOf(symbol)),
    documentation: documentation(symbol),
    otherwise: tag(symbol, "default"),
  });

  const entries = (symbols, value) => Object.fromEntries(symbols.map(symbol => [symbol.name, value(symbol)]));

  const exports = entries(declared.filter(symbol => symbol.flags & ts.SymbolFlags.Value), symbol => ({
    documentation: documentation(symbol),
    example: tag(symbol, "example"),
    // what hangs on a function, as circuit.load does
    members: symbol.flags & ts.SymbolFlags.ValueModule
      ? entries(checker.getExportsOfModule(symbol), member) : {},
  }));

  const interfaces = declared.filter(symbol => symbol.flags & ts.SymbolFlags.Interface && !symbol.name.endsWith("_"));
  const properties = symbol => checker.getPropertiesOfType(checker.getDeclaredTypeOfSymbol(symbol));
  const types = entries(interfaces, symbol => entries(properties(symbol), member));

  // ---- options: the declared type of each beside the type in the module's table

  const same = (one, other) => checker.isTypeAssignableTo(one, other) && checker.isTypeAssignableTo(other, one);
  const compared = {};
  for (const symbol of declared.filter(one => one.name.endsWith("_"))) {
    const name = symbol.name.slice(0, -1), interfaceOf = interfaces.find(one => one.name === name);
    const declaredOptions = interfaceOf === undefined ? [] : properties(interfaceOf);
    compared[name] = entries(properties(symbol), option => {
      const other = declaredOptions.find(one => one.name === option.name);
      return {
        table: checker.typeToString(typeOf(option)),
        same: other !== undefined && same(typeOf(option), typeOf(other)),
      };
    });
  }

  return JSON.stringify({ problems: problems.map(problem), exports, types, options: compared });
})
