import type { DocumentSelector } from 'vscode-languageclient/node';

/** What Weir reads, by VS Code's names: languages of their own, and documents that hold some (scripts, templates, rules). */
const LANGUAGES = [
  'javascript',
  'javascriptreact',
  'typescript',
  'typescriptreact',
  'python',
  'ruby',
  'php',
  'java',
  'elixir',
  'html',
  'vue',
  'svelte',
  'erb',
  'phoenix-heex',
  'jinja',
  'yaml',
];

/** The documents the server is told of, saved or not, and its own configuration. */
export const DOCUMENTS: DocumentSelector = [
  ...LANGUAGES.flatMap((language) => [
    { scheme: 'file', language },
    { scheme: 'untitled', language },
  ]),
  { scheme: 'file', pattern: '**/weir.toml' },
];
