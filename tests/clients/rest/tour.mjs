// Runs each stop of a tour and prints what the client made of the answers, as one JSON object by the stop's name.
export async function tour(stops) {
  const seen = {};
  for (const [name, stop] of Object.entries(stops)) {
    try {
      seen[name] = plain(await stop());
    } catch (fault) {
      seen[name] = { thrown: String(fault.message ?? fault), status: fault.status ?? null, code: fault.code ?? fault.body?.code ?? null };
    }
  }
  console.log(JSON.stringify(seen));
}

// an Error's own message is not among its enumerable members, and JSON would leave it out
function plain(answer) {
  if (!(answer?.error instanceof Error)) return answer;
  const { code, details, hint, message } = answer.error;
  return { ...answer, error: { code, details, hint, message } };
}
