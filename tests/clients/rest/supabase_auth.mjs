// supabase-js's auth, unmodified: sign-in, refresh, user, update, second factor, sign-out.
import { createHmac } from 'node:crypto';
import { createClient } from '@supabase/supabase-js';
import { tour } from './tour.mjs';

const options = { auth: { persistSession: false, autoRefreshToken: false }, realtime: { transport: class {} } };
const client = () => createClient(process.env.SUITE_URL, 'any key', options);
const { EMAIL: email, PASSWORD: password } = process.env;
const supabase = client();
const told = ({ error }) => ({ error: error && { status: error.status, code: error.code } });
let first, factor, codes, later;

// the code of an authenticator app (RFC 6238), so many steps of 30 seconds from now
function code(secret, steps) {
  const bits = [...secret].map((letter) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(letter).toString(2).padStart(5, '0')).join('');
  const key = Buffer.from(bits.match(/.{8}/g).map((byte) => parseInt(byte, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30000) + steps));
  const hash = createHmac('sha1', key).update(counter).digest();
  return String((hash.readUInt32BE(hash[19] & 15) & 0x7fffffff) % 1e6).padStart(6, '0');
}

async function level(of) {
  const { data } = await of.auth.mfa.getAuthenticatorAssuranceLevel();
  return { current: data.currentLevel, next: data.nextLevel };
}

await tour({
  'sign up': () => supabase.auth.signUp({ email: 'new@example.com', password: 'three brown foxes at noon' }).then(told),
  'sign in': () => supabase.auth.signInWithPassword({ email, password }).then(({ data }) => ({ email: (first = data.session).user.email })),
  refresh: () => supabase.auth.refreshSession().then(({ data }) => ({ other: data.session.refresh_token !== first.refresh_token })),
  user: () => supabase.auth.getUser().then(({ data }) => ({ email: data.user.email })),
  update: () => supabase.auth.updateUser({ data: { nickname: 'C' } }).then(({ data }) => data.user.user_metadata),
  'weak password': () => supabase.auth.updateUser({ password: 'password1' }).then(({ error }) => ({ name: error.name, code: error.code, reasons: error.reasons })),
  'new password': () => supabase.auth.updateUser({ password: `${password}, and more of it` }).then(told),
  'old password': () => client().auth.signInWithPassword({ email, password }).then(told),
  'level before': () => level(supabase),
  enroll: () => supabase.auth.mfa.enroll({ factorType: 'totp', friendlyName: 'phone' }).then(({ data }) => ((factor = data), { type: data.type, picture: data.totp.qr_code.slice(0, 29), secret: data.totp.secret.length })),
  'wrong code': () => supabase.auth.mfa.challengeAndVerify({ factorId: factor.id, code: '000000' }).then(told),
  'right code': () => supabase.auth.mfa.challengeAndVerify({ factorId: factor.id, code: code(factor.totp.secret, 0) }).then(({ data, error }) => ((codes = data?.recovery_codes), { error, codes: codes?.length })),
  'level after': () => level(supabase),
  factors: () => supabase.auth.mfa.listFactors().then(({ data }) => data.totp.map(({ friendly_name, status }) => ({ friendly_name, status }))),
  'another login': async () => {
    later = client();
    return told(await later.auth.signInWithPassword({ email, password: `${password}, and more of it` }));
  },
  'its level': () => level(later),
  'what it may read': () => later.from('orders').select('id').limit(1).then(({ status, error }) => ({ status, code: error?.code })),
  'its code': () => later.auth.mfa.challengeAndVerify({ factorId: factor.id, code: code(factor.totp.secret, 1) }).then(told),
  'what it may read then': () => later.from('orders').select('id').limit(1).then(({ status }) => ({ status })),
  'refreshed level': async () => (await later.auth.refreshSession(), level(later)),
  unenroll: () => later.auth.mfa.unenroll({ factorId: factor.id }).then(told),
  'password back': () => later.auth.updateUser({ password, data: { nickname: null } }).then(({ error, data }) => ({ code: error?.code ?? null, data: data?.user?.user_metadata ?? null })),
  'sign out': () => later.auth.signOut({ scope: 'global' }).then(told),
  'after it': () => supabase.auth.getUser().then(({ error }) => ({ error: error.name })),
});
