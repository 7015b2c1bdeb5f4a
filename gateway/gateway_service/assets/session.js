// Who asks: nobody, or an account with its tokens. They stay in this page's memory and nowhere else.
const MARGIN = 30_000; // milliseconds before its end at which a token is renewed

let login = null; // { email, role, password (a demo's only), access, refresh, ends }

/** `fetch` without the browser's own credentials: else it would ask for a password itself wherever a 401 comes. */
export const send = (address, options = {}) => fetch(address, { cache: "no-store", ...options, credentials: "omit" });

/** The account at hand: { email, role, password }, or null for the anonymous caller. */
export const account = () => login;

/** Become this account. Throws an Error in words for people where auth refuses. */
export async function signIn(email, password, { role = "", known = false } = {}) {
  const tokens = await grant("password", { email, password });
  login = { email, role, password: known ? password : null, ...tokens };
}

/** Become anonymous again; the session at auth is ended too. */
export async function signOut() {
  const headers = await authorization();
  login = null;
  if (headers.Authorization) {
    await send("/auth/v1/logout?scope=local", { method: "POST", headers }).catch(() => {});
  }
}

/** The headers that prove the account: none for the anonymous caller. */
export async function authorization() {
  if (!login) return {};
  if (Date.now() > login.ends - MARGIN) {
    try {
      Object.assign(login, await grant("refresh_token", { refresh_token: login.refresh }));
    } catch {
      login = null;
      return {};
    }
  }
  return { Authorization: `Bearer ${login.access}` };
}

async function grant(type, body) {
  const response = await send(`/auth/v1/token?grant_type=${type}`, {
    method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body),
  });
  const found = await response.json().catch(() => ({}));
  if (!response.ok) throw new Error(found.msg || found.error_description || `auth answered ${response.status}`);
  return { access: found.access_token, refresh: found.refresh_token, ends: Date.now() + found.expires_in * 1000 };
}
