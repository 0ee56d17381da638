// What the tests ask of the TypeScript language service, which editors use: what it finds wrong in a folder of scripts,
// and what it completes at some places. Evaluates to a function; `ts` is the compiler, a global variable.

/**
 * @param read      (name) => the text of a file, or null: everything the service sees
 * @param scripts   names of the files of the folder
 * @param settings  the name of its jsconfig.json
 * @param questions file names and offsets, alternately
 * @returns JSON: { problems: [text], completions: [[name]] }
 */
((read, scripts, settings, questions) => {
  const text = name => read(name) ?? undefined;
  const folder = settings.slice(0, settings.lastIndexOf("/"));
  const { compilerOptions } = ts.parseConfigFileTextToJson(settings, text(settings)).config;
  const { options } = ts.convertCompilerOptionsFromJson(compilerOptions, folder);
  const service = ts.createLanguageService({
    getCompilationSettings: () => ({ ...options, skipDefaultLibCheck: true, allowJs: true }),
    getScriptFileNames: () => scripts,
    getScriptVersion: () => "1",
    getScriptSnapshot: name => {
      const source = text(name);
      return source === undefined ? undefined : ts.ScriptSnapshot.fromString(source);
    },
    getCurrentDirectory: () => folder,
    getDefaultLibFileName: () => "/lib/lib.es2023.d.ts",
    fileExists: name => text(name) !== undefined,
    readFile: text,
    directoryExists: () => true,
    getDirectories: () => [],
    useCaseSensitiveFileNames: () => true,
  });
  const problems = scripts.filter(name => name.endsWith(".js")).flatMap(name =>
    [...service.getSyntacticDiagnostics(name), ...service.getSemanticDiagnostics(name)].map(problem => {
      const { line } = problem.file.getLineAndCharacterOfPosition(problem.start);
      return `${name}:${line + 1}: ${ts.flattenDiagnosticMessageText(problem.messageText, "\n")}`;
    }));
  const completions = [];
  for (let i = 0; i < questions.length; i += 2) {
    const found = service.getCompletionsAtPosition(questions[i], Number(questions[i + 1]), {});
    completions.push(found === undefined ? [] : found.entries.map(entry => entry.name));
  }
  return JSON.stringify({ problems, completions });
})
