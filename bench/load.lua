-- Gives wrk the body, and prints one JSON line at the end.
-- wrk ... URL -- METHOD BODY [FIRST LAST]: "{flow}" in BODY becomes a number from FIRST to LAST, another one in each call.

local threads = {}

function setup(thread)
  table.insert(threads, thread)
end

function init(args)
  wrk.method = args[1]
  wrk.body = args[2]
  wrong = 0
  if args[3] then
    local first, last = tonumber(args[3]), tonumber(args[4])
    math.randomseed(first + last)
    request = function()
      local body = args[2]:gsub("{flow}", tostring(math.random(first, last)))
      return wrk.format(nil, nil, nil, body)
    end
  end
end

function response(status, headers, body)
  if status < 200 or status > 299 or body:find('"error"', 1, true) then
    wrong = wrong + 1
  end
end

function done(summary, latency)
  local refused = 0
  for _, thread in ipairs(threads) do
    refused = refused + thread:get("wrong")
  end
  local e = summary.errors
  io.write(string.format(
    '{"calls": %d, "micros": %d, "refused": %d, "broken": %d, "median_micros": %d, "p99_micros": %d}\n',
    summary.requests, summary.duration, refused, e.connect + e.read + e.write + e.timeout,
    latency:percentile(50), latency:percentile(99)))
end
