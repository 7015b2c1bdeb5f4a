// Changes of the page one after the other: who clicks twice in a moment gets what was clicked last.
let turn = Promise.resolve();
let newest = 0;

/** Do this once what is under way is done; left out where another change has been asked for by then. */
export function inTurn(work) {
  const mine = ++newest;
  turn = turn.catch(() => {}).then(() => (mine === newest ? work() : null));
  return turn;
}
