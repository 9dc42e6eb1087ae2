-- What wrk sends. Arguments: a file with a path to GET on each line, the share of requests that create
-- instead (0 to 1), the path to POST to, and the body. Every request is made beforehand, so that
-- sending costs next to nothing. At the end one line of JSON for the program that started wrk.

local gets = {}
local post = nil
local share = 0

function init(args)
  if args[5] then
    wrk.headers[args[5]] = args[6]
  end
  for path in io.lines(args[1]) do
    gets[#gets + 1] = wrk.format('GET', path)
  end
  share = tonumber(args[2])
  post = wrk.format('POST', args[3], { ['Content-Type'] = 'application/json' }, args[4])
  math.randomseed(os.time())
end

function request()
  if share > 0 and math.random() < share then
    return post
  end
  return gets[math.random(#gets)]
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    '\nRESULT {"requests":%d,"microseconds":%d,"failures":%d,"refusals":%d,"p50Us":%d,"p99Us":%d}\n',
    summary.requests, summary.duration,
    errors.connect + errors.read + errors.write + errors.timeout, errors.status,
    latency:percentile(50), latency:percentile(99)))
end
