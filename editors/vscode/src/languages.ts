import type { DocumentSelector } from 'vscode-languageclient/node';

/**
 * What Weir reads, by VS Code's names: languages of their own, and documents that hold some (scripts, templates, rules). Those
 * that VS Code does not bring have the names that the extensions for them give.
 */
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
  'eex',
  'html-eex',
  'phoenix-heex',
  'jinja',
  'jinja-html',
  'django-html',
  'nunjucks',
  'twig',
  'yaml',
  'json',
];

/** The documents the server is told of, saved or not, and its own configuration. */
export const DOCUMENTS: DocumentSelector = [
  ...LANGUAGES.flatMap((language) => [
    { scheme: 'file', language },
    { scheme: 'untitled', language },
  ]),
  { scheme: 'file', pattern: '**/weir.toml' },
];
