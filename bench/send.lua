-- Sends the requests of a file in turn. In the file each is its length on a line of its own, and then its text.

local texts, at = {}, 0

function init(args)
   local file = assert(io.open(args[1], "rb"))
   for length in function() return file:read("*n", 1) end do
      texts[#texts + 1] = file:read(length)
   end
   file:close()
end

function request()
   at = at % #texts + 1
   return texts[at]
end

function done(summary, latency)
   local errors = summary.errors
   io.stderr:write(string.format(
      '{"requests":%d,"seconds":%.6f,"p50":%.6f,"p99":%.6f,"errors":%d}\n',
      summary.requests, summary.duration / 1e6, latency:percentile(50) / 1e6, latency:percentile(99) / 1e6,
      errors.connect + errors.read + errors.write + errors.status + errors.timeout))
end
