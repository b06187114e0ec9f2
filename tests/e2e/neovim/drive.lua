-- Drives a real Neovim through a scenario: `SCENARIO` is a JSON object with `root`, `file`, `filetype`, `steps` and either `cmd`, with
-- which the server is started as in the recipe without plugins, or `runtime`, the folder we ship, from which it is enabled.
-- Prints one JSON object: `ok`, and for a failure which step and what was on the screen.
local scenario = vim.json.decode(vim.env.SCENARIO, { luanil = { object = true } })
local PATIENCE_MS = 60000

vim.opt.swapfile = false
-- What is typed is what stands there.
vim.opt.autoindent = false
vim.cmd.edit(vim.fn.fnameescape(scenario.file))
local buffer = vim.api.nvim_get_current_buf()

local function wait(condition)
  return vim.wait(PATIENCE_MS, condition, 10)
end

local client
if scenario.runtime then
  vim.opt.runtimepath:prepend(scenario.runtime)
  vim.lsp.enable('weir')
  vim.bo[buffer].filetype = scenario.filetype
  assert(wait(function()
    local attached = vim.lsp.get_clients({ name = 'weir', bufnr = buffer })[1]
    client = attached and attached.id
    return attached ~= nil and attached.initialized
  end), 'the server is not attached')
else
  vim.bo[buffer].filetype = scenario.filetype
  client = assert(vim.lsp.start({ name = 'weir', cmd = scenario.cmd, root_dir = scenario.root }))
end

local function shown()
  local list = {}
  for _, diagnostic in ipairs(vim.diagnostic.get(buffer)) do
    table.insert(list, { line = diagnostic.lnum, column = diagnostic.col, code = diagnostic.code })
  end
  return list
end

local function has(step)
  for _, diagnostic in ipairs(shown()) do
    if diagnostic.code == step.code and diagnostic.line == step.line
      and (step.column == nil or step.column == diagnostic.column) then
      return true
    end
  end
  return false
end

local function keys(text)
  vim.api.nvim_feedkeys(vim.keycode('<Esc>'), 'tx', false)
  vim.api.nvim_feedkeys(text .. vim.keycode('<Esc>'), 'tx', false)
end

local steps = {
  -- Types text into a line as a person does: one character, one change. `column` is in bytes; left out it is the line's end.
  type = function(step)
    local column = step.column
    for _, character in ipairs(vim.fn.split(step.text, '\\zs')) do
      local line = vim.api.nvim_buf_get_lines(buffer, step.line, step.line + 1, true)[1]
      if column == nil or column >= #line then
        vim.api.nvim_win_set_cursor(0, { step.line + 1, 0 })
        keys('A' .. character)
      else
        vim.api.nvim_win_set_cursor(0, { step.line + 1, column })
        keys('i' .. character)
      end
      column = column and column + #character
    end
    return true
  end,
  -- Opens a new line below this one.
  below = function(step)
    vim.api.nvim_win_set_cursor(0, { step.line + 1, 0 })
    keys('o' .. step.text)
    return true
  end,
  -- Replaces the first occurrence of a text in a line.
  replace = function(step)
    vim.api.nvim_win_set_cursor(0, { step.line + 1, 0 })
    local line = vim.api.nvim_buf_get_lines(buffer, step.line, step.line + 1, true)[1]
    local first, last = line:find(step.from, 1, true)
    if not first then
      return false
    end
    vim.api.nvim_buf_set_text(buffer, step.line, first - 1, step.line, last, { step.to })
    return true
  end,
  appears = function(step)
    return wait(function()
      return has(step)
    end)
  end,
  disappears = function(step)
    return wait(function()
      return not has(step)
    end)
  end,
  -- What is shown of this buffer was asked for, by a client that took the project's folder for its root.
  pulls = function()
    local attached = assert(vim.lsp.get_client_by_id(client))
    local asked = vim.lsp.diagnostic.get_namespace(client, true)
    return attached.server_capabilities.diagnosticProvider ~= nil
      and attached.root_dir == scenario.root
      and #vim.diagnostic.get(buffer) > 0
      and #vim.diagnostic.get(buffer, { namespace = asked }) == #vim.diagnostic.get(buffer)
  end,
  action = function(step)
    vim.api.nvim_win_set_cursor(0, { step.line + 1, step.column })
    local before = vim.api.nvim_buf_get_changedtick(buffer)
    vim.lsp.buf.code_action({
      apply = true,
      filter = function(action)
        return action.title == step.title
      end,
    })
    return wait(function()
      return vim.api.nvim_buf_get_changedtick(buffer) > before
    end)
  end,
  hover = function(step)
    vim.api.nvim_win_set_cursor(0, { step.line + 1, step.column })
    local found = vim.lsp.buf_request_sync(buffer, 'textDocument/hover',
      vim.lsp.util.make_position_params(0, vim.lsp.get_client_by_id(client).offset_encoding), PATIENCE_MS)
    local answer = found and found[client]
    return answer ~= nil and answer.result ~= nil and answer.result.contents.value:find(step.text, 1, true) ~= nil
  end,
  write = function()
    vim.cmd.write()
    return true
  end,
}

local result = { ok = true }
for at, step in ipairs(scenario.steps) do
  local fine, outcome = pcall(steps[step.what], step)
  if not fine or not outcome then
    result = { ok = false, step = at, what = step, error = not fine and outcome or nil, shown = shown() }
    break
  end
end
vim.lsp.stop_client(client)
wait(function()
  return vim.lsp.client_is_stopped(client)
end)
print(vim.json.encode(result))
vim.cmd(result.ok and 'qall!' or 'cquit!')
