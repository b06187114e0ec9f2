-- Types into a real Neovim for long: `PLAN` is a JSON object with `cmd`, `environment` and `root` of the server, `buffers` (`file`,
-- `filetype`, and what is typed into it), `edits`, `most` (so many if not enough has happened by then), `every` (after so many the findings
-- are waited for and told), `seed`, and `signals`, a folder in which whoever reads says that something has happened.
-- Says a JSON object a line on standard output: `gesture`, `check`, `typed` once all is typed, `end`.
local plan = vim.json.decode(vim.env.PLAN)
local PATIENCE_MS = 90000
-- A line that was typed says so; there are never more of them than this in a buffer.
local MARK, MOST = 'typed', 24
-- Between two gestures what has come is taken.
local PAUSE_MS = 4
-- Broken code is parsed anew after a fifth of a second.
local SETTLED_MS = 600

math.randomseed(plan.seed)
vim.opt.swapfile = false
vim.opt.autoindent = false
vim.opt.hidden = true
-- Comments are not continued, and nothing is asked.
vim.opt.formatoptions = ''
vim.opt.report = 100000
vim.opt.showmode = false

local edits, told, client = 0, {}, nil

local function say(what, more)
  io.stdout:write(vim.json.encode(vim.tbl_extend('error', { what = what, edits = edits }, more or {})), '\n')
  io.stdout:flush()
end

local function wait(what, condition, seen)
  if not vim.wait(PATIENCE_MS, condition, 5) then
    error('waited for ' .. what .. ' after ' .. edits .. ' edits; told ' .. vim.inspect(told) .. '; seen ' .. vim.inspect(seen and seen()))
  end
end

vim.api.nvim_create_autocmd('LspNotify', {
  callback = function(event)
    if event.data.method == 'textDocument/didChange' then
      edits = edits + 1
    end
  end,
})

local capabilities = vim.lsp.protocol.make_client_capabilities()
-- Columns of wide characters are counted, not bytes.
capabilities.general.positionEncodings = { 'utf-16' }

for at, file in ipairs(plan.buffers) do
  -- What is not in a window is not asked for.
  if at > 1 then
    vim.cmd.split()
  end
  vim.cmd.edit(vim.fn.fnameescape(file.file))
  file.buffer, file.window = vim.api.nvim_get_current_buf(), vim.api.nvim_get_current_win()
  vim.bo[file.buffer].filetype = file.filetype
  file.line = assert(vim.iter(vim.api.nvim_buf_get_lines(file.buffer, 0, -1, true)):enumerate():find(function(_, line)
    return vim.startswith(line, file.below)
  end), file.below)
  client = vim.lsp.start({
    name = 'weir',
    cmd = plan.cmd,
    cmd_env = plan.environment,
    root_dir = plan.root,
    capabilities = capabilities,
    -- Each change is sent as it is made.
    flags = { debounce_text_changes = 0 },
    handlers = {
      ['window/showMessage'] = function(_, params)
        table.insert(told, params.message)
      end,
    },
  }, { bufnr = file.buffer })
end
client = assert(vim.lsp.get_client_by_id(client))
wait('the server', function()
  return client.initialized
end)

local function keys(text)
  vim.api.nvim_feedkeys(vim.keycode('<Esc>' .. text .. '<Esc>'), 'tx', false)
end

-- The numbers of the lines that were typed.
local function typed(file)
  local lines = {}
  for at, line in ipairs(vim.api.nvim_buf_get_lines(file.buffer, 0, -1, true)) do
    if line:find(MARK, 1, true) then
      table.insert(lines, at)
    end
  end
  return lines
end

local function any(list)
  return list[math.random(#list)]
end

local function go(line)
  vim.api.nvim_win_set_cursor(0, { line, 0 })
end

-- Where a line may be typed: below the one that was there, or below one that was typed.
local function place(file, lines)
  return math.random(3) == 1 and any(lines) or file.line
end

-- As a person types a line: one character, one change.
local function type_line(file, lines, text)
  go(#lines > 0 and place(file, lines) or file.line)
  keys('o')
  for _, character in ipairs(vim.fn.split(text, '\\zs')) do
    local row = vim.api.nvim_win_get_cursor(0)[1]
    local line = vim.api.nvim_get_current_line()
    vim.api.nvim_buf_set_text(file.buffer, row - 1, #line, row - 1, #line, { character })
  end
end

local gestures = {
  function(file, lines)
    type_line(file, lines, file.code)
  end,
  function(file, lines)
    type_line(file, lines, file.comment)
  end,
  -- A line opened with keys, all at once.
  function(file, lines)
    go(#lines > 0 and place(file, lines) or file.line)
    keys('o' .. file.code)
  end,
  -- A line goes; more of them where there are many.
  function(_, lines)
    for _ = 1, #lines > MOST and #lines - MOST / 2 or 1 do
      if #lines > 0 then
        go(table.remove(lines, math.random(#lines)))
        keys('dd')
        for at = 1, #lines do
          lines[at] = lines[at] > vim.api.nvim_win_get_cursor(0)[1] - 1 and lines[at] - 1 or lines[at]
        end
      end
    end
  end,
  function()
    keys('u')
  end,
  function()
    keys('uu')
    keys('<C-r>')
  end,
  -- Several places at once, from the last to the first.
  function(file, lines)
    for at = #lines, 1, -1 do
      local line = vim.api.nvim_buf_get_lines(file.buffer, lines[at] - 1, lines[at], true)[1]
      local first = line:find('😀', 1, true)
      if first then
        vim.api.nvim_buf_set_text(file.buffer, lines[at] - 1, first - 1, lines[at] - 1, first - 1 + #'😀', { '😀x' })
      end
    end
  end,
  -- A wide character before a finding, and away again.
  function(_, lines)
    if #lines > 0 then
      go(any(lines))
      keys('0f😀x')
      keys('i𝒳😀')
    end
  end,
  -- What is broken until it goes as every line that was typed does.
  function(file)
    go(file.line)
    keys('o)] typed')
  end,
}

local function one_gesture()
  local file = any(plan.buffers)
  vim.api.nvim_set_current_win(file.window)
  local lines = typed(file)
  if #lines > MOST then
    gestures[4](file, lines)
  else
    any(gestures)(file, lines)
  end
  vim.wait(PAUSE_MS, function()
    return false
  end, 1)
  say('gesture', { linked = #told > 0 and told[#told]:find('analyses what you type', 1, true) ~= nil })
end

-- What is found in a text as it is now, and that it is what is shown.
local function found(file)
  local params = { textDocument = vim.lsp.util.make_text_document_params(file.buffer) }
  local answer
  wait('an answer about ' .. file.file, function()
    if answer == nil then
      answer = false
      client:request('textDocument/diagnostic', params, function(failure, result, context)
        -- Asked again if the server had something else to do.
        answer = not failure and result or nil
        -- By itself Neovim asks about the buffer that is typed into.
        vim.lsp.diagnostic.on_diagnostic(failure, result, context)
      end, file.buffer)
    end
    return answer
  end)
  local pulled = vim.lsp.diagnostic.get_namespace(client.id, true)
  local function order(a, b)
    return a < b
  end
  local expected = vim.iter(answer.items):map(function(item)
    return item.range.start.line .. ' ' .. item.code
  end):totable()
  table.sort(expected, order)
  local shown
  wait('what is found to be shown', function()
    shown = vim.iter(vim.diagnostic.get(file.buffer, { namespace = pulled })):map(function(item)
      return item.lnum .. ' ' .. item.code
    end):totable()
    table.sort(shown, order)
    return vim.deep_equal(shown, expected)
  end, function()
    return { shown = shown, expected = expected }
  end)
  return answer.items
end

-- What is found in all files. The first answer about broken code may depend on the texts before it; a moment after the last edit it is
-- parsed anew. So it is asked until two answers that are further apart than that are the same.
local function settled()
  local answers
  repeat
    local before = answers
    answers = vim.iter(plan.buffers):map(found):totable()
    local same = before and vim.deep_equal(before, answers)
    if not same then
      vim.wait(SETTLED_MS, function()
        return false
      end)
    end
  until same
  return answers
end

local function check()
  local buffers, began = {}, vim.uv.hrtime()
  local answers = settled()
  for at, file in ipairs(plan.buffers) do
    local items = answers[at]
    table.insert(buffers, {
      uri = vim.uri_from_bufnr(file.buffer),
      filetype = file.filetype,
      text = table.concat(vim.api.nvim_buf_get_lines(file.buffer, 0, -1, true), '\n') .. '\n',
      found = items,
    })
  end
  say('check', { buffers = buffers, told = told, waited = math.floor((vim.uv.hrtime() - began) / 1e6) })
end

local function signalled(name)
  return vim.uv.fs_stat(plan.signals .. '/' .. name) ~= nil
end

local fine, failure = pcall(function()
  check()
  local next = plan.every
  while edits < plan.edits or not signalled('stormed') and edits < plan.most do
    one_gesture()
    if edits >= next then
      check()
      next = next + plan.every
    end
  end
  say('typed')
  wait('the network to be calm', function()
    return signalled('calm')
  end)
  local stop = vim.uv.now() + PATIENCE_MS
  while not signalled('enough') and vim.uv.now() < stop do
    one_gesture()
    found(plan.buffers[1])
  end
  check()
  say('end', { told = told })
end)
client:stop()
if not fine then
  io.stderr:write(tostring(failure), '\n')
end
vim.cmd(fine and 'qall!' or 'cquit!')
