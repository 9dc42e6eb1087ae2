-- Sends the bytes of a file. Arguments: the file, and what in it shall be another number of eight digits in each
-- request, if anything. A file that holds several requests is a pipeline: wrk counts each answer.

local folder = debug.getinfo(1, 'S').source:match('^@(.*/)')
dofile(folder .. '../wrk.lua')

local before = nil
local after = nil
local count = 0

function init(args)
  local file = assert(io.open(args[1], 'rb'))
  before = file:read('*a')
  file:close()
  if args[2] then
    local first, last = before:find(args[2], 1, true)
    before, after = before:sub(1, first - 1), before:sub(last + 1)
  end
end

function request()
  if after == nil then
    return before
  end
  count = count + 1
  return before .. string.format('%08x', count) .. after
end
