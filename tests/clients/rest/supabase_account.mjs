// supabase-js's auth, unmodified: sessions handed on and ended, their events, and all that mail opens.
import { createClient } from '@supabase/supabase-js';
import { tour } from './tour.mjs';

const { EMAIL: email, PASSWORD: password, NEW: renamed, GUEST: guest, SUITE_URL: url, MAILBOX: mailbox } = process.env;
const options = { auth: { persistSession: false, autoRefreshToken: false }, realtime: { transport: class {} } };
const client = (auth = {}) => createClient(url, 'sb_publishable_any', { ...options, auth: { ...options.auth, ...auth } });
const supabase = client();
const told = ({ error }) => ({ error: error && { status: error.status, code: error.code } });
const alive = async (one) => (await one.auth.getUser()).data.user !== null;
const events = [];
const read = new Set();
let first, second, third, subscription;

// the letters that came to an address since we last looked
async function letters(...recipients) {
  for (let tries = 0; tries < 100; tries += 1) {
    const all = await (await fetch(mailbox)).json();
    const found = recipients.map((to) => all.find((one) => one.to === to && !read.has(one.id)));
    if (found.every(Boolean)) {
      found.forEach((one) => read.add(one.id));
      return found;
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`no letter to ${recipients}`);
}

await tour({
  listen: async () => {
    ({ data: { subscription } } = supabase.auth.onAuthStateChange((event, session) => events.push([event, session?.user.email ?? null])));
    await supabase.auth.initialize();
    await new Promise((resolve) => setTimeout(resolve, 0));
    return { events: [...events] };
  },
  'sign in': () => supabase.auth.signInWithPassword({ email, password }).then(({ data }) => ({ email: (first = data.session).user.email })),
  claims: () => supabase.auth.getClaims().then(({ data }) => ({ email: data.claims.email, aal: data.claims.aal, alg: data.header.alg })),
  'claims of a forged token': () => supabase.auth.getClaims(`${first.access_token.slice(0, -6)}AAAAAA`).then(told),
  'claims without a key that is known': () => client().auth.getClaims(first.access_token, { keys: [] }).then(({ data }) => ({ email: data.claims.email })),
  refresh: () => supabase.auth.refreshSession().then(({ data, error }) => ((second = data.session), { error, other: second.refresh_token !== first.refresh_token })),
  'hand on': async () => {
    third = client();
    const { data, error } = await third.auth.setSession({ access_token: second.access_token, refresh_token: second.refresh_token });
    return { error, email: data.user.email };
  },
  'hand on, out of date': async () => {
    const { data, error } = await client().auth.setSession({ access_token: expired(second.access_token), refresh_token: second.refresh_token });
    return { error, email: data.session?.user.email };
  },
  'a refresh token that is none': () => client().auth.refreshSession({ refresh_token: 'none' }).then(told),
  identities: () => supabase.auth.getUserIdentities().then(({ data }) => data.identities.map(({ provider, identity_data }) => [provider, identity_data.email])),
  'link an identity': () => supabase.auth.linkIdentity({ provider: 'github' }).then(told),
  'unlink it': async () => supabase.auth.unlinkIdentity((await supabase.auth.getUserIdentities()).data.identities[0]).then(told),
  'a provider': async () => {
    const { data } = await supabase.auth.signInWithOAuth({ provider: 'github', options: { skipBrowserRedirect: true } });
    const answer = await fetch(data.url, { redirect: 'manual' });
    return { status: answer.status, code: (await answer.json()).code };
  },
  sso: () => client().auth.signInWithSSO({ domain: 'example.com' }).then(told),
  'an id token': () => client().auth.signInWithIdToken({ provider: 'google', token: 'x' }).then(told),
  anonymously: () => client().auth.signInAnonymously().then(told),
  'by phone': () => client().auth.signInWithPassword({ phone: '+4711', password: 'x' }).then(told),
  'by a text message': () => client().auth.signInWithOtp({ phone: '+4711' }).then(told),
  settings: async () => {
    const { external, disable_signup, mailer_autoconfirm } = await (await fetch(`${url}/auth/v1/settings`)).json();
    return { external, disable_signup, mailer_autoconfirm };
  },
  health: async () => ({ status: (await fetch(`${url}/auth/v1/health`)).status }),

  // the own account
  'change data': () => supabase.auth.updateUser({ data: { nickname: 'C' } }).then(({ data }) => data.user.user_metadata),
  'same password': () => supabase.auth.updateUser({ password }).then(told),
  reauthenticate: () => supabase.auth.reauthenticate().then(told),
  'new password with a nonce': async () => {
    const [letter] = await letters(email);
    return told(await supabase.auth.updateUser({ password: `${password}, and more`, nonce: letter.code }));
  },
  'change address': () => supabase.auth.updateUser({ email: renamed }).then(({ data, error }) => ({ ...told({ error }), email: data.user.email, waits: data.user.new_email })),
  'confirm it': async () => {
    const [to, from] = await letters(renamed, email);
    const halfway = await client().auth.verifyOtp({ type: 'email_change', token_hash: to.token });
    const done = await third.auth.verifyOtp({ type: 'email_change', email, token: from.code });
    return { halfway: halfway.data.session, ...told(halfway), done: done.data.user.email };
  },
  'is it': () => supabase.auth.getUser().then(({ data }) => ({ email: data.user.email, waits: data.user.new_email ?? null })),

  // mail
  'mail login': () => client().auth.signInWithOtp({ email: renamed, options: { shouldCreateUser: false } }).then(told),
  'its code': async () => {
    const [letter] = await letters(renamed);
    const wrong = await client().auth.verifyOtp({ type: 'email', email: renamed, token: letter.code === '00000000' ? '00000001' : '00000000' });
    const right = await client().auth.verifyOtp({ type: 'email', email: renamed, token: letter.code });
    return { wrong: told(wrong).error, right: right.data.session.user.email };
  },
  forgotten: () => client().auth.resetPasswordForEmail(renamed, { redirectTo: 'https://evil.example' }).then(told),
  'found again': async () => {
    const [letter] = await letters(renamed);
    const one = client();
    const seen = [];
    one.auth.onAuthStateChange((event) => seen.push(event));
    await one.auth.verifyOtp({ type: 'recovery', token_hash: letter.token });
    const { error } = await one.auth.updateUser({ password: `${password}, and yet more` });
    return { error, seen: seen.filter((event) => event !== 'INITIAL_SESSION'), elsewhere: letter.text.includes('evil') };
  },
  'signed out by it': () => alive(supabase).then((is) => ({ alive: is })),
  'sign up': () => client().auth.signUp({ email: guest, password: 'three brown foxes at noon' }).then(({ data, error }) => ({ error, session: data.session, identities: data.user.identities.length })),
  'sign up again': () => client().auth.signUp({ email: guest, password: 'four brown foxes at noon' }).then(({ data, error }) => ({ error, session: data.session, identities: data.user.identities.length })),
  'ask again at once': () => client().auth.resend({ type: 'signup', email: guest }).then(told),
  'confirm the sign-up': async () => {
    const [letter] = await letters(guest);
    const { data } = await client().auth.verifyOtp({ type: 'email', email: guest, token: letter.code });
    return { email: data.user.email, confirmed: Boolean(data.user.email_confirmed_at) };
  },

  // ends
  'ends of sessions': async () => {
    const credentials = { email: renamed, password: `${password}, and yet more` };
    const [one, two, three] = [client(), client(), client()];
    for (const each of [one, two, three]) await each.auth.signInWithPassword(credentials);
    await one.auth.signOut({ scope: 'others' });
    const others = [await alive(one), await alive(two), await alive(three)];
    await two.auth.signInWithPassword(credentials);
    await two.auth.signOut({ scope: 'local' });
    const local = [await alive(one), await alive(two)];
    await three.auth.signInWithPassword(credentials);
    await three.auth.signOut({ scope: 'global' });
    return { others, local, global: [await alive(one), await alive(three)] };
  },
  events: async () => {
    subscription.unsubscribe();
    return { events: events.map(([event]) => event) };
  },
});

// the same token as a browser sees it whose clock has gone on: its claims are believed, its signature is not looked at
function expired(token) {
  const [header, claims, signature] = token.split('.');
  const found = JSON.parse(Buffer.from(claims, 'base64url'));
  return [header, Buffer.from(JSON.stringify({ ...found, exp: 1 })).toString('base64url'), signature].join('.');
}
