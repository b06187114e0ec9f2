-- Weir for Neovim 0.11 and newer: with this folder on the runtimepath, `vim.lsp.enable('weir')` is all.
-- Your own `vim.lsp.config('weir', { … })` adds to what is here.

---@type vim.lsp.Config
return {
  cmd = { 'weir', 'lsp' },
  filetypes = {
    'javascript',
    'javascriptreact',
    'typescript',
    'typescriptreact',
    'python',
    'ruby',
    'php',
    'java',
    'elixir',
    -- Documents that hold code of these languages.
    'html',
    'vue',
    'svelte',
    'eruby',
    'eelixir',
    'heex',
    'htmldjango',
    'jinja',
    'twig',
    -- Rules that you write.
    'yaml',
    'json',
  },
  root_markers = { 'weir.toml', '.git' },
}
